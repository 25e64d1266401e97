"""Slabs cut from crystals."""

from functools import cached_property
from typing import Any

import numpy as np
from ase import Atoms
from ase.constraints import FixAtoms

from mlip_autopipec.config.generation import SlabConfig
from mlip_autopipec.errors import GenerationError
from mlip_autopipec.generators.crystal import CrystalSource, SourcedGenerator, occupy
from mlip_autopipec.generators.registry import build_source
from mlip_autopipec.structures.occupancy import SITE, Crystal, is_mixed, occupation_fault
from mlip_autopipec.structures.slabs import LayeredCrystal, layered


class SlabGenerator(SourcedGenerator[SlabConfig]):
    """Slabs of a given number of atomic layers, their sites occupied after the cut.

    Raises:
        GenerationError: The crystal cannot be had or is not periodic, or there is no such
            termination.
    """

    def _source_of(self, config: SlabConfig, label: str) -> CrystalSource[Any]:
        """Return the source of the crystals that are cut."""
        return build_source(config.crystal, label=label)

    def _begin(self) -> None:
        """Forget the oriented crystals too."""
        super()._begin()
        self.__dict__.pop("_recipes", None)

    @property
    def n_recipes(self) -> int:
        """Each crystal with each of its terminations is a recipe."""
        return len(self._recipes)

    @property
    def detail(self) -> str:
        """Surface and thickness."""
        miller = "".join(str(index) for index in self.config.miller)
        a, b = self.config.repeats
        return (
            f"({miller}) of {self.source.detail}: {self.config.layers} layers, {a}×{b}, "
            f"{self.config.vacuum_A:g} Å vacuum"
        )

    def build(self, index: int, rng: np.random.Generator) -> Atoms:
        """Return one slab."""
        atoms = occupy(self._sites(index), rng, label=self.label)
        if self.config.fixed_layers:
            lowest = self.config.layers - self.config.fixed_layers
            atoms.set_constraint(FixAtoms(mask=atoms.get_tags() > lowest))
        return atoms

    def composition_fault(self, atoms: Atoms, index: int) -> str | None:
        """Say which element differs from the shares of the crystal's sites."""
        return occupation_fault(atoms, self._sites(index))

    def is_random(self, index: int) -> bool:
        """Chance decides where species share sites."""
        crystal, _, _ = self._recipes[index % len(self._recipes)]
        return is_mixed(crystal)

    def parent(self, recipe: int) -> Atoms | None:
        """Return the crystal that the slab is cut from."""
        crystal, _, _ = self._recipes[recipe]
        return crystal.cell

    def _sites(self, index: int) -> Crystal:
        """Return a slab, its sites not occupied yet."""
        crystal, oriented, termination = self._recipes[index % len(self._recipes)]
        slab = oriented.slab(
            self.config.layers, termination=termination, vacuum_A=self.config.vacuum_A
        ).repeat((*self.config.repeats, 1))
        slab.info = {
            **crystal.cell.info,
            "miller": " ".join(str(k) for k in self.config.miller),
            "termination": termination,
        }
        return Crystal(slab, crystal.shares)

    @cached_property
    def _recipes(self) -> list[tuple[Crystal, LayeredCrystal, int]]:
        """Crystals, oriented, with the terminations asked for."""
        recipes: list[tuple[Crystal, LayeredCrystal, int]] = []
        for number in range(self.source.n_crystals):
            crystal = self.source.crystal(number)
            if not crystal.cell.pbc.all():
                message = f"{self.label}: a slab is cut from what is periodic in three directions"
                raise GenerationError(message)
            oriented = layered(crystal.cell, crystal.cell.arrays[SITE], self.config.miller)
            recipes.extend(
                (crystal, oriented, termination)
                for termination in self._terminations(oriented.n_terminations)
            )
        return recipes

    def _terminations(self, n_terminations: int) -> list[int]:
        """Return the terminations asked for."""
        if self.config.termination == "all":
            return list(range(n_terminations))
        if self.config.termination >= n_terminations:
            message = (
                f"{self.label}: termination {self.config.termination} is not one of "
                f"{n_terminations} (0 to {n_terminations - 1})"
            )
            raise GenerationError(message)
        return [self.config.termination]
