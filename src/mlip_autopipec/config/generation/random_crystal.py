"""Config of the random crystals."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from mlip_autopipec.config.base import Count, Positive
from mlip_autopipec.config.generation.base import FormulaText, GeneratorBaseConfig

SpaceGroup = Annotated[Count, Field(le=230)]


class RandomCrystalConfig(GeneratorBaseConfig):
    """Atoms at random places of a random cell of given symmetry (needs the extra structures)."""

    kind: Literal["random_crystal"] = "random_crystal"
    formula: FormulaText = Field(description="Chemical formula of the crystals, such as TiO2.")
    formula_units: Annotated[tuple[Annotated[Count, Field(le=1000)], ...], Field(min_length=1)] = (
        Field(
            (2, 4),
            description="Formula units of the conventional cell; the structures go through them in "
            "turn.",
        )
    )
    space_groups: Annotated[tuple[SpaceGroup, ...], Field(min_length=1)] | None = Field(
        None, description="Numbers of the space groups, one of which is drawn for each structure."
    )
    space_group_range: tuple[SpaceGroup, SpaceGroup] | None = Field(
        None, description="First and last number of the space groups, instead of space_groups."
    )
    volume_factor: Annotated[Positive, Field(ge=0.5, le=5.0)] = Field(
        1.1,
        description="Volume of the cell, as a multiple of that of spheres whose radii are drawn "
        "between the covalent and the van der Waals radius of each element.",
    )

    @model_validator(mode="after")
    def _one_choice_of_groups(self) -> Self:
        if self.space_groups is not None and self.space_group_range is not None:
            message = "should have either space_groups or space_group_range"
            raise ValueError(message)
        if (
            self.space_group_range is not None
            and self.space_group_range[0] > (self.space_group_range[1])
        ):
            first, last = self.space_group_range
            message = f"space_group_range should begin below its end, not at {first} for {last}"
            raise ValueError(message)
        return self

    @property
    def allowed_groups(self) -> tuple[int, ...]:
        """The space groups that may be drawn."""
        if self.space_groups is not None:
            return self.space_groups
        first, last = self.space_group_range or (1, 230)
        return tuple(range(first, last + 1))
