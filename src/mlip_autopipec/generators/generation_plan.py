"""What a generator is going to make."""

from collections.abc import Mapping
from dataclasses import dataclass

_FORMULAS_SHOWN = 3


@dataclass(frozen=True)
class GenerationPlan:
    """What a generator is going to make.

    Attributes:
        label: Begins the identifiers of the structures.
        kind: Kind of the generator.
        n_structures: Number of structures.
        n_atoms: Number of atoms of the largest structure.
        formula: Formulas of the structures, metals first; three at most are spelled out.
        elements: Chemical symbols of all structures, sorted.
        detail: One line on how they are built.
        rejections: How many candidates were refused on the way to know, by reason.
    """

    label: str
    kind: str
    n_structures: int
    n_atoms: int
    formula: str
    elements: tuple[str, ...]
    detail: str
    rejections: Mapping[str, int]


def listed(formulas: list[str]) -> str:
    """List formulas, the first few by name."""
    shown = ", ".join(formulas[:_FORMULAS_SHOWN])
    rest = len(formulas) - _FORMULAS_SHOWN
    return f"{shown}, and {rest} more" if rest > 0 else shown
