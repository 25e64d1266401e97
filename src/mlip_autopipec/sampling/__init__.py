"""Samplers: the few frames out of many that say the most."""
