"""Prefect flows: they compose tasks, and hold nothing but the decorated functions."""
