"""Generators of starting structures."""
