"""Liquids: atoms, ions and molecules packed at random."""

import math
from collections import Counter

import numpy as np
from ase import Atoms, units
from ase.data import atomic_masses, atomic_numbers, covalent_radii, vdw_radii
from ase.formula import Formula

from mlip_autopipec.config.generation import LiquidConfig
from mlip_autopipec.errors import GenerationError
from mlip_autopipec.generators.base import BaseStructureGenerator
from mlip_autopipec.generators.checking import Rejected
from mlip_autopipec.generators.extras import require
from mlip_autopipec.generators.packing import Ingredient, PackingError, packed
from mlip_autopipec.structures.composition import exact_counts, formula
from mlip_autopipec.structures.elements import atomic_volume
from mlip_autopipec.structures.ions import guessed_charges, written
from mlip_autopipec.structures.molecules import known_molecule

_AMU_PER_A3_IN_G_CM3 = units._amu * 1e27  # noqa: SLF001 - kg, where ASE keeps the constants
_APART = 0.75
"""Shortest distance between what is packed, as a fraction of the sum of radii."""

_LIQUID_SCALE = 1.1
"""Volume of a liquid over that of the elements' solids, when nothing is said of it."""


class LiquidGenerator(BaseStructureGenerator[LiquidConfig]):
    """Random packings at a density, in a periodic cube.

    Raises:
        GenerationError: The packing program is missing, a molecule is not known, the formula is
            not neutral, n_atoms holds no unit of it, or no density follows from the elements.
    """

    filled = True

    def __init__(self, config: LiquidConfig, *, label: str, seed: int) -> None:
        """Settle what is packed, and its volume."""
        super().__init__(config, label=label, seed=seed)
        require("packmol", extra="structures", by=f"{label}: kind liquid")
        self._states = ""
        try:
            self._ingredients = [
                Ingredient(known_molecule(name), count, self._radii(name))
                for name, count in self._counts().items()
            ]
            volume_A3 = self._volume()
        except ValueError as error:
            message = f"{label}: {error}"
            raise GenerationError(message) from error
        self._edge_A = math.cbrt(volume_A3)
        self._density_g_cm3 = self._mass() * _AMU_PER_A3_IN_G_CM3 / volume_A3

    @property
    def detail(self) -> str:
        """What is packed, and how densely."""
        contents = " + ".join(
            f"{each.count} {each.molecule.get_chemical_formula('metal')}"
            for each in self._ingredients
        )
        source = "solids" if self.config.density_g_cm3 is None else "given"
        states = f", {self._states}" if self._states else ""
        return (
            f"{contents} at {self._density_g_cm3:.3f} g/cm³ ({source}), "
            f"a = {self._edge_A:.3f} Å{states}"
        )

    def build(self, index: int, rng: np.random.Generator) -> Atoms:  # noqa: ARG002 - all alike
        """Return one packing."""
        try:
            atoms = packed(self._ingredients, self._edge_A, rng)
        except PackingError as error:
            reason = "no packing found"
            raise Rejected(reason, str(error)) from error
        atoms.info = {"density_g_cm3": self._density_g_cm3}
        if self._states:
            atoms.info["oxidation_states"] = self._states
        return atoms

    def _counts(self) -> dict[str, int]:
        """Return how many of each atom or molecule are packed."""
        if self.config.counts is not None:
            return dict(self.config.counts)
        n_atoms = self.config.n_atoms or 0
        if self.config.composition is not None:
            counts = exact_counts(self.config.composition, n_atoms)
            return {symbol: count for symbol, count in counts.items() if count}
        unit = Formula(self.config.formula or "").count()
        self._states = written(guessed_charges(unit, self.config.charges))
        n_units = n_atoms // sum(unit.values())
        if n_units == 0:
            message = f"{n_atoms} atoms hold no unit of {formula(unit)}"
            raise ValueError(message)
        return {symbol: n_units * count for symbol, count in unit.items()}

    def _radii(self, name: str) -> np.ndarray:
        """Return the radius that each atom of a molecule keeps free, in Å, shape ``(n_atoms,)``."""
        numbers = known_molecule(name).numbers
        if self.config.min_distance_A is not None:
            return np.full(len(numbers), 0.5 * self.config.min_distance_A)
        radii_A = covalent_radii[numbers] if len(numbers) == 1 else vdw_radii[numbers]
        return np.asarray(_APART * radii_A)

    def _volume(self) -> float:
        """Return the volume of the cube, in Å³."""
        if self.config.density_g_cm3 is not None:
            return float(self._mass() * _AMU_PER_A3_IN_G_CM3 / self.config.density_g_cm3)
        total_A3 = 0.0
        for symbol, count in self._atoms().items():
            volume_A3 = atomic_volume(symbol)
            if volume_A3 is None:
                message = f"{symbol} has no solid on record; give density_g_cm3"
                raise ValueError(message)
            total_A3 += count * volume_A3
        scale = self.config.volume_scale
        return total_A3 * (_LIQUID_SCALE if scale is None else scale)

    def _mass(self) -> float:
        """Return the mass of all atoms, in atomic mass units."""
        return math.fsum(
            count * atomic_masses[atomic_numbers[symbol]] for symbol, count in self._atoms().items()
        )

    def _atoms(self) -> Counter[str]:
        """Return how many atoms of each element there are."""
        total: Counter[str] = Counter()
        for each in self._ingredients:
            for symbol in each.molecule.symbols:
                total[symbol] += each.count
        return total
