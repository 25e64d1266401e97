"""Exploration of a structure by molecular dynamics and Monte Carlo."""
