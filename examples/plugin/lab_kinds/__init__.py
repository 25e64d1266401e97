"""Kinds of a laboratory of its own."""
