"""Clusters of metals and alloys."""

import numpy as np
from ase import Atoms

from mlip_autopipec.config.generation import ClusterConfig
from mlip_autopipec.config.generation.cluster import SphereConfig, WulffConfig
from mlip_autopipec.errors import GenerationError
from mlip_autopipec.generators.base import BaseStructureGenerator
from mlip_autopipec.generators.crystal import occupy
from mlip_autopipec.structures.clusters import cluster_sites
from mlip_autopipec.structures.elements import vegard_constant
from mlip_autopipec.structures.occupancy import SITE, Crystal, is_mixed, occupation_fault


class ClusterGenerator(BaseStructureGenerator[ClusterConfig]):
    """Clusters whose sites are occupied at random with an exact composition.

    Raises:
        GenerationError: No lattice constant is given or known.
    """

    def __init__(self, config: ClusterConfig, *, label: str, seed: int) -> None:
        """Place the sites."""
        super().__init__(config, label=label, seed=seed)
        self._lattice_constant_A = self._lattice_constant()
        sites = cluster_sites(config.shape, self._lattice_constant_A)
        cell = Atoms("X" * len(sites), positions=sites, info={"shape": config.shape.kind})
        cell.center(vacuum=config.vacuum_A)
        cell.pbc = config.periodic
        cell.set_array(SITE, np.zeros(len(cell), dtype=int))
        self._crystal = Crystal(cell, {0: config.composition})

    @property
    def detail(self) -> str:
        """Shape and size."""
        n_sites, a = len(self._crystal.cell), self._lattice_constant_A
        return f"{self.config.shape.kind} of {n_sites} sites, a = {a:.3f} Å"

    def build(self, index: int, rng: np.random.Generator) -> Atoms:  # noqa: ARG002 - all alike
        """Return the cluster, its atoms shuffled."""
        return occupy(self._crystal, rng, label=self.label)

    def composition_fault(self, atoms: Atoms, index: int) -> str | None:  # noqa: ARG002 - all alike
        """Say which element differs from the composition."""
        return occupation_fault(atoms, self._crystal)

    def is_random(self, index: int) -> bool:  # noqa: ARG002 - all alike
        """Chance decides in an alloy."""
        return is_mixed(self._crystal)

    def _lattice_constant(self) -> float:
        """Return the lattice constant given, or Vegard's, in Å."""
        if self.config.lattice_constant_A is not None:
            return self.config.lattice_constant_A
        shape = self.config.shape
        lattice = shape.lattice if isinstance(shape, WulffConfig | SphereConfig) else "fcc"
        try:
            return vegard_constant(self.config.composition, lattice)
        except ValueError as error:
            message = f"{self.label}: {error}"
            raise GenerationError(message) from error
