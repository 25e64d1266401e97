"""Config of the slabs."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from mlip_autopipec.config.base import Count, Integer, NonNegativeCount, Positive
from mlip_autopipec.config.generation.alloy import AlloyCrystalConfig
from mlip_autopipec.config.generation.base import GeneratorBaseConfig
from mlip_autopipec.config.generation.file import FileCrystalConfig
from mlip_autopipec.config.generation.ionic import IonicCrystalConfig

CrystalConfig = Annotated[
    AlloyCrystalConfig | FileCrystalConfig | IonicCrystalConfig, Field(discriminator="kind")
]
"""What a slab is cut from."""

MillerIndex = Annotated[Integer, Field(ge=-20, le=20)]


class SlabConfig(GeneratorBaseConfig):
    """Slabs cut from a crystal, with vacuum between them."""

    kind: Literal["slab"] = "slab"
    crystal: CrystalConfig = Field(description="What the slab is cut from.")
    miller: tuple[MillerIndex, MillerIndex, MillerIndex] = Field(
        description="Miller indices of the surface, in the conventional cell of the crystal."
    )
    layers: Annotated[Count, Field(le=1000)] = Field(description="Number of atomic layers.")
    repeats: tuple[Count, Count] = Field(
        (1, 1), description="Repeats of the smallest surface cell in its plane."
    )
    termination: NonNegativeCount | Literal["all"] = Field(
        0, description="Number of the atomic layer that lies lowest, or all of them in turn."
    )
    vacuum_A: Positive = Field(
        15.0, description="Distance between the outermost atoms of a slab and its image, in Å."
    )
    fixed_layers: NonNegativeCount = Field(
        0, description="Number of atomic layers, from below, that do not move."
    )

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        if not any(self.miller):
            message = "miller (0, 0, 0) is no plane"
            raise ValueError(message)
        if isinstance(self.crystal, AlloyCrystalConfig) and self.crystal.order == "sqs":
            message = "order sqs is for bulk; the sites of a slab are occupied after the cut"
            raise ValueError(message)
        if self.fixed_layers >= self.layers:
            message = f"fixed_layers {self.fixed_layers} should be below layers {self.layers}"
            raise ValueError(message)
        return self
