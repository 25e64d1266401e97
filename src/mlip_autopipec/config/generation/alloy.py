"""Config of the alloys."""

import math
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from mlip_autopipec.config.base import Count, Element, Fraction, Number, Positive, Section
from mlip_autopipec.config.generation.base import (
    COMPOSITION_TOLERANCE,
    Composition,
    CrystalBaseConfig,
    Repeats,
    unless_sized,
)

_ORDERS = {  # parent lattice, and the fractions of the two elements
    "L1_0": ("fcc", (0.5, 0.5)),
    "L1_2": ("fcc", (0.25, 0.75)),
    "B2": ("bcc", (0.5, 0.5)),
    "D0_3": ("bcc", (0.25, 0.75)),
    "D0_19": ("hcp", (0.25, 0.75)),
}


class CompositionGridConfig(Section):
    """All compositions of some elements in equal steps."""

    elements: Annotated[tuple[Element, ...], Field(min_length=2, max_length=6)] = Field(
        description="Two to six elements."
    )
    divisions: Annotated[Count, Field(ge=2, le=50)] = Field(
        4, description="Number of steps from 0 to 1: 4 gives 0, 0.25, 0.5, 0.75 and 1."
    )
    pure: bool = Field(True, description="Take compositions in which an element is absent, too.")

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        if len(set(self.elements)) < len(self.elements):
            message = "elements should differ"
            raise ValueError(message)
        if not self.pure and self.divisions < len(self.elements):
            message = f"divisions {self.divisions} leave no composition of all elements"
            raise ValueError(message)
        return self


class SQSConfig(Section):
    """Which correlations a special quasirandom structure matches, and how long it is sought."""

    pair_reach: Annotated[Number, Field(ge=1.0, le=4.0)] = Field(
        2.05, description="Longest pairs that count, in distances of nearest neighbours."
    )
    triplet_reach: Annotated[Number, Field(ge=1.0, le=2.0)] | None = Field(
        1.2,
        description="Longest edge of the triplets that count, in distances of nearest neighbours; "
        "null: pairs alone count.",
    )
    n_steps: Annotated[Count, Field(le=1_000_000)] = Field(
        3000, description="Exchanges of two atoms that are tried for one structure."
    )


class AlloyCrystalConfig(Section):
    """A simple lattice that several elements share."""

    kind: Literal["alloy"] = "alloy"
    lattice: Literal["fcc", "bcc", "hcp", "sc", "diamond"] = Field(description="Parent lattice.")
    composition: Composition | None = Field(
        None, description="Atomic fraction of each element; they sum to 1."
    )
    compositions: Annotated[tuple[Composition, ...], Field(min_length=1)] | None = Field(
        None, description="Several compositions, which the structures go through in turn."
    )
    composition_grid: CompositionGridConfig | None = Field(
        None, description="All compositions of a grid, which the structures go through in turn."
    )
    order: Literal["random", "sqs", "L1_0", "L1_2", "B2", "D0_3", "D0_19"] = Field(
        "random",
        description="Which element sits where: at random, as a special quasirandom structure "
        "(needs the extra structures), or as in a prototype, which needs its own fractions.",
    )
    sqs: SQSConfig = Field(
        default_factory=SQSConfig, description="Correlations and effort of order sqs."
    )
    disorder: Fraction = Field(
        0.0, description="Share of an ordered alloy's sites that are occupied at random."
    )
    lattice_constant_A: Positive | Literal["relaxed"] | None = Field(
        None,
        description="Lattice constant a in Å; by Vegard's law from the elements if absent; "
        "relaxed: of least energy on the run's own potential, for a random cell of each "
        "composition.",
    )
    c_over_a: Annotated[Positive, Field(ge=1.0, le=2.5)] | None = Field(
        None, description="Ratio c/a of hcp; ideal (1.633) if absent."
    )

    @model_validator(mode="after")
    def _one_choice_of_compositions(self) -> Self:
        given = [self.composition, self.compositions, self.composition_grid]
        if sum(choice is not None for choice in given) != 1:
            message = "should have one of composition, compositions and composition_grid"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _fitting_order(self) -> Self:
        if self.order != "sqs" and self.sqs != SQSConfig():
            message = f"sqs has no meaning for order {self.order}"
            raise ValueError(message)
        if self.order in {"random", "sqs"}:
            if self.disorder > 0.0:
                message = "disorder has no meaning for a random alloy"
                raise ValueError(message)
            return self
        lattice, fractions = _ORDERS[self.order]
        if self.lattice != lattice:
            message = f"order {self.order} belongs to {lattice}, not to {self.lattice}"
            raise ValueError(message)
        given = sorted((self.composition or {}).values())
        if len(given) != len(fractions) or not all(
            math.isclose(x, y, abs_tol=COMPOSITION_TOLERANCE)
            for x, y in zip(given, fractions, strict=True)
        ):
            needed = " and ".join(f"{x:g}" for x in fractions)
            message = f"order {self.order} needs one composition, of {needed}"
            raise ValueError(message)
        return self


class AlloyConfig(AlloyCrystalConfig, CrystalBaseConfig):
    """Solid solutions on a simple lattice, random or ordered."""

    supercell: Repeats | None = Field(
        default_factory=unless_sized((2, 2, 2)),
        description="Repeats of the conventional cell along a, b and c; (2, 2, 2) if absent.",
    )
