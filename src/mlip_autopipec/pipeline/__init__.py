"""A run: its directory, its records and keys, and the stages as plain functions."""
