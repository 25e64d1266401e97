"""What the configs of all generators have in common."""

import math
from collections.abc import Callable
from typing import Annotated, Any, Self

from ase.formula import Formula
from pydantic import AfterValidator, Field, model_validator

from mlip_autopipec.config.base import ELEMENTS, Count, Element, Fraction, NonNegative, Section
from mlip_autopipec.config.generation.checks import ChecksConfig
from mlip_autopipec.config.generation.transforms import ClosePairConfig, Repeats, TransformConfig

COMPOSITION_TOLERANCE = 1e-6
"""Largest distance of a composition's sum from 1: three thirds written as 0.333333 pass."""


def _sums_to_one(composition: dict[str, float]) -> dict[str, float]:
    """Refuse fractions that do not sum to 1."""
    total = math.fsum(composition.values())
    if abs(total - 1.0) > COMPOSITION_TOLERANCE:
        message = f"sums to {total:g}; the fractions should sum to 1"
        raise ValueError(message)
    return composition


Composition = Annotated[dict[Element, Fraction], Field(min_length=1), AfterValidator(_sums_to_one)]


def _formula(text: str) -> str:
    """Refuse what is no chemical formula."""
    try:
        counts = Formula(text).count()
    except ValueError:
        counts = {}
    if not counts or not ELEMENTS.issuperset(counts):
        message = "is not a chemical formula such as 'TiO2'"
        raise ValueError(message)
    return text


FormulaText = Annotated[str, AfterValidator(_formula)]
Label = Annotated[str, Field(pattern=r"^[a-z0-9]+(_[a-z0-9]+)*$", max_length=40)]


class GeneratorBaseConfig(Section):
    """What every generator has in common."""

    kind: str = Field(description="What is generated.")
    label: Label | None = Field(
        None,
        description="Begins the identifiers of the structures (label-0000); the kind by default.",
    )
    n_structures: Count | None = Field(
        None, description="Number of structures to make; one of each recipe if absent."
    )
    min_distance_scale: Annotated[NonNegative, Field(le=1.0)] = Field(
        0.6,
        description="Shortest distance allowed, as a fraction of the pair's sum of covalent radii.",
    )
    max_attempts: Count = Field(
        20, description="Tries for one structure before the generator gives up on it."
    )
    checks: ChecksConfig = Field(
        default_factory=ChecksConfig, description="What every structure has to pass."
    )
    transforms: tuple[TransformConfig, ...] = Field(
        (), description="Transforms applied in this order."
    )

    @property
    def pushes_pairs(self) -> bool:
        """Whether structures depend on the shortest distances that the exploration allows."""
        return any(isinstance(step, ClosePairConfig) for step in self.transforms)


def unless_sized(repeats: Repeats) -> Callable[[dict[str, Any]], Repeats | None]:
    """Return the default of supercell: some repeats, or nothing where n_atoms is given.

    So a resolved config that is read again does not seem to ask for both.
    """
    return lambda given: repeats if given.get("n_atoms") is None else None


class CrystalBaseConfig(GeneratorBaseConfig):
    """What the generators of crystals have in common."""

    n_atoms: Annotated[Count, Field(le=10_000)] | None = Field(
        None,
        description="Largest number of sites, instead of supercell; of the supercells that have "
        "at least three quarters of it, the most cubic is taken.",
    )
    supercell: Repeats | None = Field(
        default_factory=unless_sized((1, 1, 1)),
        description="Repeats of the cell along a, b and c; (1, 1, 1) if absent.",
    )

    @model_validator(mode="after")
    def _one_size(self) -> Self:
        if (self.n_atoms is None) == (self.supercell is None):
            message = "should have either supercell or n_atoms"
            raise ValueError(message)
        return self


__all__ = [
    "Composition",
    "CrystalBaseConfig",
    "FormulaText",
    "GeneratorBaseConfig",
    "Label",
    "Repeats",
    "unless_sized",
]
