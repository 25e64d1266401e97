"""Close-packed layers in any sequence: fcc (ABC), hcp (AB), dhcp (ABAC), and their faults."""

from typing import Annotated, Literal, Self

import numpy as np
from ase import Atoms
from pydantic import Field, model_validator

from mlip_autopipec.config.base import Count, Element, Positive
from mlip_autopipec.config.generation import GeneratorBaseConfig
from mlip_autopipec.generators.base import BaseStructureGenerator

SHIFTS = {"A": 0.0, "B": 1.0 / 3.0, "C": 2.0 / 3.0}


class StackingConfig(GeneratorBaseConfig):
    """Close-packed layers of one element."""

    kind: Literal["stacking"] = "stacking"
    element: Element = Field(description="The element.")
    sequence: Annotated[str, Field(pattern="^[ABC]{2,40}$")] = Field(
        description="The layers, for instance ABCABCBC for a stacking fault of fcc."
    )
    neighbour_A: Positive = Field(description="Distance of nearest neighbours, in Å.")
    repeats: tuple[Count, Count] = Field((2, 2), description="Repeats in the plane.")

    @model_validator(mode="after")
    def _close_packed(self) -> Self:
        if any(
            a == b for a, b in zip(self.sequence, self.sequence[-1] + self.sequence, strict=False)
        ):
            message = f"sequence {self.sequence} puts two like layers upon each other"
            raise ValueError(message)
        return self


class StackingGenerator(BaseStructureGenerator[StackingConfig]):
    """Layers, one above the other."""

    config_type = StackingConfig

    @property
    def detail(self) -> str:
        """What `validate` says of it."""
        return f"{self.config.element} in layers {self.config.sequence}"

    def build(self, index: int, rng: np.random.Generator) -> Atoms:  # noqa: ARG002 - nothing drawn
        """Return one crystal; the transforms of the config make the structures differ."""
        config = self.config
        height_A = np.sqrt(2.0 / 3.0) * config.neighbour_A
        places = [
            (SHIFTS[layer], SHIFTS[layer], number / len(config.sequence))
            for number, layer in enumerate(config.sequence)
        ]
        cell = config.neighbour_A * np.array([[1, 0, 0], [0.5, np.sqrt(0.75), 0], [0, 0, 0]])
        cell[2, 2] = height_A * len(config.sequence)
        atoms = Atoms([config.element] * len(places), scaled_positions=places, cell=cell, pbc=True)
        return atoms.repeat((*config.repeats, 1))
