"""Ionic crystals: neutral, sized by ionic radii, with compensated defects."""

from collections import Counter
from functools import cached_property

import numpy as np
from ase import Atoms

from mlip_autopipec.config.generation.ionic import DopantConfig, IonicConfig, IonicCrystalConfig
from mlip_autopipec.errors import GenerationError
from mlip_autopipec.generators.crystal import CrystalGenerator, CrystalSource
from mlip_autopipec.structures.defects import with_defect
from mlip_autopipec.structures.ions import (
    guessed_charges,
    ionic_radius,
    usual_charge,
    written,
)
from mlip_autopipec.structures.occupancy import SITE, Crystal
from mlip_autopipec.structures.prototypes import PROTOTYPES, Point, Role


class IonicSource(CrystalSource[IonicCrystalConfig]):
    """Conventional cells of a prototype, with oxidation states that make them neutral.

    Attributes:
        charges: Oxidation state of each element.

    Raises:
        GenerationError: No oxidation states make the crystal neutral, or an ion has no radius.
    """

    def __init__(self, config: IonicCrystalConfig, *, label: str) -> None:
        """Settle charges and size."""
        super().__init__(config, label=label)
        self._prototype = PROTOTYPES[config.prototype]
        self._roles = self._prototype.roles
        try:
            self.charges = self._settled_charges()
            self._lengths_A = self._settled_lengths()
        except ValueError as error:
            message = f"{label}: {error}"
            raise GenerationError(message) from error
        cell = self._prototype.cell(self._lengths_A)
        cell.set_tags(cell.arrays[SITE])
        cell.info = {"prototype": config.prototype, "oxidation_states": written(self.charges)}
        shares = {number: config.species[role] for number, role in enumerate(self._roles)}
        self._crystal = Crystal(cell, shares)

    @property
    def detail(self) -> str:
        """Prototype, lattice constant and oxidation states."""
        source = "radii" if self.config.lattice_constant_A is None else "given"
        return (
            f"{self.config.prototype}, a = {self._lengths_A[0]:.3f} Å ({source}), "
            f"{written(self.charges)}"
        )

    def crystal(self, index: int) -> Crystal:  # noqa: ARG002 - all alike
        """Return the conventional cell."""
        return self._crystal

    def _settled_charges(self) -> dict[str, float]:
        """Return the oxidation states given, and guesses of the others."""
        amounts: Counter[str] = Counter()
        for number, role in enumerate(self._roles):
            for symbol, share in self.config.species[role].items():
                if share > 0.0:
                    amounts[symbol] += share * self.formula_unit[number]  # type: ignore[assignment]
        return {**self.config.charges, **guessed_charges(amounts, self.config.charges)}

    def _settled_lengths(self) -> Point:
        """Return the cell lengths, from the mean radius of the ions of each role, in Å."""
        given_A = self.config.lattice_constant_A
        a, b, c = self._prototype.lengths_A(
            {role: 1.0 if given_A is not None else self._mean_radius(role) for role in self._roles}
        )
        if given_A is not None:
            a, b, c = given_A, b / a * given_A, c / a * given_A
        return (a, b, c if self.config.c_over_a is None else a * self.config.c_over_a)

    def _mean_radius(self, role: Role) -> float:
        """Return the mean radius of the ions of a role, in Å."""
        coordination = self._prototype.coordination[role]
        return sum(
            share * ionic_radius(symbol, self.charges[symbol], coordination)
            for symbol, share in self.config.species[role].items()
            if share > 0.0
        )

    @cached_property
    def formula_unit(self) -> dict[int, int]:
        """Number of sites of each role in a formula unit, by the number of the role."""
        sites = np.bincount(self._prototype.cell((1.0, 1.0, 1.0)).arrays[SITE])
        return {role: int(n) // int(np.gcd.reduce(sites)) for role, n in enumerate(sites)}


class IonicGenerator(CrystalGenerator):
    """Supercells of an ionic crystal with its defects; what is not neutral is refused.

    Raises:
        GenerationError: The crystal cannot be had (see `IonicSource`), or a dopant has no
            oxidation state.
    """

    config: IonicConfig
    source: IonicSource
    source_type = IonicSource

    def __init__(self, config: IonicConfig, *, label: str, seed: int) -> None:
        """Settle the crystal and the charges of dopants."""
        super().__init__(config, label=label, seed=seed)
        self._charges = dict(self.source.charges)
        for defect in config.defects:
            if isinstance(defect, DopantConfig):
                self._learn(defect.element)

    @property
    def detail(self) -> str:
        """Crystal, size and defects."""
        defects = "".join(f", {defect.count} {defect.kind}" for defect in self.config.defects)
        return f"{super().detail}{defects}"

    def build(self, index: int, rng: np.random.Generator) -> Atoms:
        """Return one supercell with its defects."""
        atoms = super().build(index, rng)
        for defect in self.config.defects:
            atoms = with_defect(
                atoms,
                defect,
                rng,
                formula_unit=self.source.formula_unit,
                charges=self._charges,
            )
        atoms.info["oxidation_states"] = written(self._charges)
        return atoms

    def composition_fault(self, atoms: Atoms, index: int) -> str | None:
        """Say which element differs from the formula; defects are checked by their charge."""
        return None if self.config.defects else super().composition_fault(atoms, index)

    def is_random(self, index: int) -> bool:
        """Chance decides where defects are, and where species share sites."""
        return bool(self.config.defects) or super().is_random(index)

    def charges(self, atoms: Atoms) -> dict[str, float]:
        """Return the oxidation states of all elements, those that transforms brought included.

        Raises:
            GenerationError: The oxidation state of one is not known.
        """
        for symbol in atoms.symbols.species():
            self._learn(symbol)
        return self._charges

    def _learn(self, symbol: str) -> None:
        """Look up the oxidation state of an element that is not in the crystal itself."""
        if symbol in self._charges:
            return
        try:
            self._charges[symbol] = usual_charge(symbol)
        except ValueError as error:
            message = f"{self.label}: {error}"
            raise GenerationError(message) from error
