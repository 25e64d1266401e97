"""Crystals whose sites are occupied at random: where they come from, and their supercells."""

from abc import ABC, abstractmethod
from collections import Counter
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np
from ase import Atoms
from ase.calculators.calculator import Calculator

from mlip_autopipec.config.base import Section
from mlip_autopipec.config.generation.base import CrystalBaseConfig
from mlip_autopipec.errors import GenerationError
from mlip_autopipec.generators.base import BaseStructureGenerator, ConfigT
from mlip_autopipec.structures.occupancy import SITE, Crystal, is_mixed, occupation_fault, occupied
from mlip_autopipec.structures.primitive import primitive_cell
from mlip_autopipec.structures.supercells import most_cubic_supercell

_SUPERCELLS_KEPT = 64

SourceConfigT = TypeVar("SourceConfigT", bound=Section)


class CrystalSource(ABC, Generic[SourceConfigT]):
    """Where crystals come from: a lattice, a prototype or files.

    Attributes:
        config: What is asked for.
        label: Begins the messages of errors.
        skipped: One line for each file that was left out, with the reason.
    """

    def __init__(self, config: SourceConfigT, *, label: str) -> None:
        """Keep what the crystals depend on."""
        self.config = config
        self.label = label
        self.skipped: list[str] = []

    @property
    def n_crystals(self) -> int:
        """Number of different crystals."""
        return 1

    @property
    def inputs(self) -> tuple[Path, ...]:
        """Files whose content the crystals depend on."""
        return ()

    @property
    def rejections(self) -> Counter[str]:
        """How many sources were left out, by reason."""
        return Counter({"file cannot be read": len(self.skipped)} if self.skipped else {})

    @property
    def needs_potential(self) -> bool:
        """Whether the crystals depend on the run's potential."""
        return False

    def use_potential(self, calculator: Calculator) -> None:
        """Take the run's potential; until then, crystals go by estimates."""

    @property
    @abstractmethod
    def detail(self) -> str:
        """What the crystals are, in one line."""

    @abstractmethod
    def crystal(self, index: int) -> Crystal:
        """Return a cell, not yet occupied; its ``info`` goes to the structures.

        Args:
            index: Number of the crystal, below `n_crystals`.
        """


class SourcedGenerator(BaseStructureGenerator[ConfigT]):
    """Structures made from a source's crystals: its files and its need of a potential are theirs.

    A subclass that keeps what it made of crystals forgets it in `_begin`.

    Attributes:
        source: Where the crystals come from.

    Raises:
        GenerationError: The source has nothing.
    """

    def __init__(self, config: ConfigT, *, label: str, seed: int) -> None:
        """Settle the crystals."""
        self.source = self._source_of(config, label)
        super().__init__(config, label=label, seed=seed)

    @abstractmethod
    def _source_of(self, config: ConfigT, label: str) -> CrystalSource[Any]:
        """Return the source that a config asks for."""

    def _begin(self) -> None:
        """Forget what was made; what the source left out stays left out."""
        super()._begin()
        self.rejections += self.source.rejections

    @property
    def inputs(self) -> tuple[Path, ...]:
        """Files that the source reads."""
        return self.source.inputs

    @property
    def needs_potential(self) -> bool:
        """Whether the source needs it."""
        return self.source.needs_potential

    def use_potential(self, calculator: Calculator) -> None:
        """Hand the potential to the source, and forget crystals that go by estimates."""
        self.source.use_potential(calculator)
        super().use_potential(calculator)


class CrystalGenerator(SourcedGenerator[CrystalBaseConfig]):
    """Supercells of a source's crystals; a subclass names the source.

    Raises:
        GenerationError: The source has nothing.
    """

    filled = True
    source_type: ClassVar[type[CrystalSource[Any]]]

    def _source_of(self, config: CrystalBaseConfig, label: str) -> CrystalSource[Any]:
        """Return the source of the class."""
        return self.source_type(config, label=label)

    def _begin(self) -> None:
        """Forget the supercells too."""
        super()._begin()
        self._supercells: dict[int, Crystal] = {}

    @property
    def n_recipes(self) -> int:
        """Each crystal is a recipe."""
        return self.source.n_crystals

    @property
    def detail(self) -> str:
        """What the crystals are, and how large."""
        if self.config.n_atoms is not None:
            return f"{self.source.detail}, up to {self.config.n_atoms} atoms"
        repeats = "×".join(map(str, self.config.supercell or ()))
        return f"{self.source.detail}, {repeats} cells"

    def build(self, index: int, rng: np.random.Generator) -> Atoms:
        """Return one supercell."""
        return occupy(self._supercell(index % self.n_recipes), rng, label=self.label)

    def composition_fault(self, atoms: Atoms, index: int) -> str | None:
        """Say which element differs from the shares of the crystal's sites."""
        return occupation_fault(atoms, self._supercell(index % self.n_recipes))

    def is_random(self, index: int) -> bool:
        """Chance decides where species share sites."""
        return is_mixed(self._supercell(index % self.n_recipes))

    def parent(self, recipe: int) -> Atoms | None:
        """Return the crystal, its sites not occupied yet."""
        return self.source.crystal(recipe).cell

    def _supercell(self, number: int) -> Crystal:
        """Return the supercell of a crystal; the one of the latest crystals is kept.

        Raises:
            GenerationError: A number of atoms is asked for that is too small, or of no bulk.
        """
        known = self._supercells.get(number)
        if known is not None:
            return known
        crystal = self.source.crystal(number)
        if self.config.n_atoms is not None:
            cell = self._sized(crystal.cell, self.config.n_atoms)
        else:
            cell = crystal.cell.repeat(self.config.supercell or (1, 1, 1))
        if len(self._supercells) >= _SUPERCELLS_KEPT:
            self._supercells.clear()
        self._supercells[number] = Crystal(cell, crystal.shares)
        return self._supercells[number]

    def _sized(self, cell: Atoms, n_atoms: int) -> Atoms:
        """Return the most cubic supercell of a size."""
        if not cell.pbc.all():
            message = f"{self.label}: n_atoms is for what is periodic in three directions"
            raise GenerationError(message)
        primitive = primitive_cell(cell, cell.arrays[SITE])
        if n_atoms < len(primitive):
            message = f"{self.label}: the primitive cell has {len(primitive)} sites, not {n_atoms}"
            raise GenerationError(message)
        return most_cubic_supercell(primitive, n_atoms // len(primitive))


def occupy(crystal: Crystal, rng: np.random.Generator, *, label: str) -> Atoms:
    """Occupy the sites of a crystal, or of what was cut from it.

    Raises:
        GenerationError: There are too few sites for the shares.
    """
    try:
        return occupied(crystal, rng)
    except ValueError as error:
        origin = crystal.cell.info.get("source")
        message = f"{label}: {error}" + (f" ({origin})" if origin else "")
        raise GenerationError(message) from error
