"""What the configs of all generators have in common."""

import math
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from mlip_autopipec.config.base import Count, Element, Fraction, NonNegative, Section
from mlip_autopipec.config.generation.checks import ChecksConfig
from mlip_autopipec.config.generation.transforms import Repeats, TransformConfig

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


class CrystalBaseConfig(GeneratorBaseConfig):
    """What the generators of crystals have in common."""

    supercell: Repeats = Field((1, 1, 1), description="Repeats of the cell along a, b and c.")
    n_atoms: Annotated[Count, Field(le=10_000)] | None = Field(
        None,
        description="Largest number of sites, instead of supercell; of the supercells that have "
        "at least three quarters of it, the most cubic is taken.",
    )

    @model_validator(mode="after")
    def _one_size(self) -> Self:
        if self.n_atoms is not None and "supercell" in self.model_fields_set:
            message = "should have either supercell or n_atoms"
            raise ValueError(message)
        return self


__all__ = ["Composition", "CrystalBaseConfig", "GeneratorBaseConfig", "Label", "Repeats"]
