"""Changes to a structure: pure functions of the atoms, a config and a random generator."""

from mlip_autopipec.structures.transforms.application import apply_transforms, is_random

__all__ = ["apply_transforms", "is_random"]
