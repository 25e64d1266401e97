"""Potentials: one factory, the ZBL repulsion, and their sum."""
