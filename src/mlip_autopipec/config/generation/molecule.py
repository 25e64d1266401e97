"""Config of the molecules."""

from typing import Annotated, Literal

from pydantic import Field

from mlip_autopipec.config.base import Positive
from mlip_autopipec.config.generation.base import GeneratorBaseConfig


class MoleculeConfig(GeneratorBaseConfig):
    """Single molecules in a box, turned at random."""

    kind: Literal["molecule"] = "molecule"
    names: Annotated[tuple[str, ...], Field(min_length=1)] = Field(
        description="Molecules that ASE knows (the G2 set), for instance [H2O, CH3CH2OH]."
    )
    vacuum_A: Positive = Field(6.0, description="Distance from the molecule to each wall, in Å.")
    periodic: bool = Field(False, description="Repeat the box in all directions.")
    rotate: bool = Field(True, description="Turn each molecule at random.")
