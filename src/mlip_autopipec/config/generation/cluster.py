"""Config of the clusters."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from mlip_autopipec.config.base import Count, NonNegativeCount, Positive, Section
from mlip_autopipec.config.generation.base import Composition, GeneratorBaseConfig

_MOST_ATOMS = 20_000


class IcosahedronConfig(Section):
    """Mackay's icosahedron: 1, 13, 55, 147, … atoms."""

    kind: Literal["icosahedron"] = "icosahedron"
    shells: Annotated[Count, Field(le=15)] = Field(description="Shells, the central atom being 1.")


class OctahedronConfig(Section):
    """An octahedron of fcc, truncated or not."""

    kind: Literal["octahedron"] = "octahedron"
    length: Annotated[Count, Field(le=30)] = Field(
        description="Atoms along an edge of the whole octahedron."
    )
    cutoff: NonNegativeCount = Field(0, description="Layers cut off at each corner.")

    @model_validator(mode="after")
    def _cut_within(self) -> Self:
        if self.length < 2 * self.cutoff + 1:
            message = f"cutoff {self.cutoff} should be at most {(self.length - 1) // 2}"
            raise ValueError(message)
        return self


class WulffConfig(Section):
    """The shape of least surface energy, with complete facets."""

    kind: Literal["wulff"] = "wulff"
    lattice: Literal["fcc", "bcc"] = Field(description="Lattice of the cluster.")
    n_atoms: Annotated[Count, Field(le=_MOST_ATOMS)] = Field(
        description="Number of atoms; the nearest number of complete facets is made."
    )
    surface_energies: dict[Annotated[str, Field(pattern=r"^\d\d\d$")], Positive] = Field(
        min_length=1,
        description="Energy of each facet, in any unit, by its Miller indices: {'111': 1.2}.",
    )

    @model_validator(mode="after")
    def _facets(self) -> Self:
        if "000" in self.surface_energies:
            message = "000 is no facet"
            raise ValueError(message)
        return self


class SphereConfig(Section):
    """All atoms of a lattice within a sphere around one of them."""

    kind: Literal["sphere"] = "sphere"
    lattice: Literal["fcc", "bcc"] = Field(description="Lattice of the cluster.")
    n_atoms: Annotated[Count, Field(le=_MOST_ATOMS)] = Field(
        description="Number of atoms; the nearest number of complete shells is made."
    )


ShapeConfig = Annotated[
    IcosahedronConfig | OctahedronConfig | WulffConfig | SphereConfig, Field(discriminator="kind")
]


class ClusterConfig(GeneratorBaseConfig):
    """Clusters of a metal or an alloy."""

    kind: Literal["cluster"] = "cluster"
    shape: ShapeConfig = Field(description="Shape and size.")
    composition: Composition = Field(description="Atomic fraction of each element; they sum to 1.")
    n_structures: Count = Field(1, description="Number of structures to make.")
    lattice_constant_A: Positive | None = Field(
        None, description="Lattice constant a in Å; by Vegard's law from the elements if absent."
    )
    vacuum_A: Positive = Field(8.0, description="Distance from the cluster to each wall, in Å.")
    periodic: bool = Field(False, description="Repeat the box in all directions.")
