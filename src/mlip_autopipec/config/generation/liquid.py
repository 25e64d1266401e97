"""Config of the liquids."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from mlip_autopipec.config.base import Count, Element, Number, Positive
from mlip_autopipec.config.generation.base import Composition, FormulaText, GeneratorBaseConfig


class LiquidConfig(GeneratorBaseConfig):
    """Atoms, ions, molecules packed at random into a periodic cube (needs the extra structures)."""

    kind: Literal["liquid"] = "liquid"
    composition: Composition | None = Field(
        None, description="Atomic fractions of single atoms, of which n_atoms are packed."
    )
    formula: FormulaText | None = Field(
        None,
        description="Formula of a neutral melt such as NaCl, whose ions are packed singly, in as "
        "many formula units as n_atoms holds.",
    )
    counts: dict[str, Count] | None = Field(
        None,
        min_length=1,
        description="Numbers of single atoms and of molecules that ASE knows: {H2O: 32, Na: 1}.",
    )
    n_atoms: Annotated[Count, Field(le=10_000)] | None = Field(
        None, description="Number of atoms, with composition; the largest one, with formula."
    )
    charges: dict[Element, Number] = Field(
        default_factory=dict,
        description="Oxidation states in the formula; those not given are guessed, so that the sum "
        "is zero.",
    )
    density_g_cm3: Annotated[Positive, Field(le=30.0)] | None = Field(
        None, description="Density in g/cm³; from volume_scale if absent."
    )
    volume_scale: Annotated[Positive, Field(ge=0.3, le=10.0)] | None = Field(
        None,
        description="Volume as a multiple of that of the elements' solids, instead of a density; "
        "1.1 if both are absent.",
    )
    min_distance_A: Annotated[Positive, Field(le=10.0)] | None = Field(
        None,
        description="Shortest distance between what is packed, in Å; if absent, 0.75 of the sum of "
        "radii: covalent ones of single atoms, van der Waals ones of molecules.",
    )
    n_structures: Count = Field(1, description="Number of structures to make.")

    @model_validator(mode="after")
    def _one_content(self) -> Self:
        given = [self.composition, self.formula, self.counts]
        if sum(choice is not None for choice in given) != 1:
            message = "should have one of composition, formula and counts"
            raise ValueError(message)
        if (self.n_atoms is None) == (self.counts is None):
            message = "n_atoms belongs to composition or formula, which need it, not to counts"
            raise ValueError(message)
        if self.charges and self.formula is None:
            message = "charges belong to a formula"
            raise ValueError(message)
        if self.density_g_cm3 is not None and self.volume_scale is not None:
            message = "should have either density_g_cm3 or volume_scale"
            raise ValueError(message)
        return self
