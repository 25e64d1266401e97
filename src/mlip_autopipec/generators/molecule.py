"""Single molecules in a box."""

import numpy as np
from ase import Atoms
from scipy.spatial.transform import Rotation

from mlip_autopipec.config.generation import MoleculeConfig
from mlip_autopipec.errors import GenerationError
from mlip_autopipec.generators.base import BaseStructureGenerator
from mlip_autopipec.structures.molecules import known_molecule


class MoleculeGenerator(BaseStructureGenerator[MoleculeConfig]):
    """Molecules that ASE knows, turned at random, each in a box that leaves room around it.

    Raises:
        GenerationError: ASE does not know a molecule.
    """

    def __init__(self, config: MoleculeConfig, *, label: str, seed: int) -> None:
        """Look the molecules up."""
        super().__init__(config, label=label, seed=seed)
        self._molecules = [self._known(name) for name in config.names]

    @property
    def n_recipes(self) -> int:
        """Each molecule is a recipe."""
        return len(self._molecules)

    @property
    def detail(self) -> str:
        """Which molecules, in how much room."""
        return f"{', '.join(self.config.names)}, {self.config.vacuum_A:g} Å to the walls"

    def build(self, index: int, rng: np.random.Generator) -> Atoms:
        """Return one molecule, turned."""
        number = index % len(self._molecules)
        atoms = self._molecules[number].copy()
        if self.config.rotate:
            atoms.positions = Rotation.random(rng=rng).apply(atoms.positions)
        atoms.center(vacuum=self.config.vacuum_A)
        atoms.pbc = self.config.periodic
        atoms.info = {"molecule": self.config.names[number]}
        return atoms

    def is_random(self, index: int) -> bool:  # noqa: ARG002 - all alike
        """Turning makes no other structure."""
        return False

    def _known(self, name: str) -> Atoms:
        """Return a molecule by its name."""
        try:
            return known_molecule(name)
        except ValueError as error:
            message = f"{self.label}: {error}"
            raise GenerationError(message) from error
