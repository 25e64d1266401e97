"""Structures as data: files, identity, composition, checks, vacuum and transforms."""
