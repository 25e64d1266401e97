"""Descriptors: the environments of atoms, and whole frames, as points of one space."""
