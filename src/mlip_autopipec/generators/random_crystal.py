"""Random crystals of given symmetry, by PyXtal."""

import warnings
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
from ase import Atoms
from ase.data import atomic_numbers, covalent_radii
from ase.formula import Formula

from mlip_autopipec.config.generation import RandomCrystalConfig
from mlip_autopipec.generators.base import BaseStructureGenerator
from mlip_autopipec.generators.checking import Rejected, refuse
from mlip_autopipec.generators.extras import require
from mlip_autopipec.structures.vacuum import detect_vacuum

_BULK = 3


class RandomCrystalGenerator(BaseStructureGenerator[RandomCrystalConfig]):
    """Atoms on random Wyckoff positions of a space group, in a random cell that fits it.

    S. Fredericks et al. (2021), https://doi.org/10.1016/j.cpc.2020.107810.

    Raises:
        GenerationError: The library is missing.
    """

    filled = True

    def __init__(self, config: RandomCrystalConfig, *, label: str, seed: int) -> None:
        """Look for the library."""
        super().__init__(config, label=label, seed=seed)
        require("pyxtal", extra="structures", by=f"{label}: kind random_crystal")
        self._unit = Formula(config.formula).count()

    @property
    def n_recipes(self) -> int:
        """Each number of formula units is a recipe."""
        return len(self.config.formula_units)

    @property
    def detail(self) -> str:
        """What the cells hold, and their symmetry."""
        units = ", ".join(map(str, self.config.formula_units))
        groups = self.config.allowed_groups
        if self.config.space_groups is None:
            named = f"space groups {groups[0]} to {groups[-1]}"
        else:
            named = f"space groups {', '.join(map(str, groups))}"
        return f"{units} units of {self.config.formula}, {named}"

    def build(self, index: int, rng: np.random.Generator) -> Atoms:
        """Return one crystal in the conventional cell of its space group."""
        n_units = self.config.formula_units[index % self.n_recipes]
        counts = [n_units * count for count in self._unit.values()]
        group = self._drawn_group(counts, rng)
        atoms = self._placed(group, counts, rng)
        if atoms is None:
            reason = "no crystal found"
            raise Rejected(reason, f"no places in space group {group} keep the atoms apart")
        atoms.info = {"space_group": group}
        return atoms

    def check(self, atoms: Atoms) -> None:
        """Refuse what falls into layers, too: it is no crystal, and would be explored as a slab.

        Raises:
            Rejected: With the reason.
        """
        super().check(atoms)
        vacuum = detect_vacuum(atoms)
        refuse("vacuum", vacuum.reason if vacuum.dimensionality < _BULK else None)

    def _drawn_group(self, counts: list[int], rng: np.random.Generator) -> int:
        """Draw a space group whose Wyckoff positions can hold the atoms."""
        from pyxtal.symmetry import Group  # noqa: PLC0415 - an extra, seconds to import

        for group in rng.permutation(self.config.allowed_groups):
            fits, _ = Group(int(group)).check_compatible(counts)
            if fits:
                return int(group)
        reason = "no space group fits"
        atoms = ", ".join(f"{count} {name}" for name, count in zip(self._unit, counts, strict=True))
        raise Rejected(reason, f"no space group allowed holds {atoms} in its conventional cell")

    def _placed(self, group: int, counts: list[int], rng: np.random.Generator) -> Atoms | None:
        """Return atoms on Wyckoff positions that keep them apart, or None if there are none."""
        from pyxtal.crystal import random_crystal  # noqa: PLC0415 - an extra, seconds to import

        with warnings.catch_warnings():
            # PyXtal remarks on it when it enlarges a cell that its own bounds find too small
            warnings.filterwarnings("ignore", "Warning: increase the volume", UserWarning)
            try:
                found = random_crystal(
                    dim=_BULK,
                    group=group,
                    species=list(self._unit),
                    numIons=counts,
                    factor=self.config.volume_factor,
                    tm=self._distances(),
                    random_state=rng,
                )
            except RuntimeError:  # no cell of that volume fits the lattice type
                return None
        if not found.valid:
            return None
        symbols = [site.specie for site in found.atom_sites for _ in site.coords]
        places = np.concatenate([site.coords for site in found.atom_sites])
        return Atoms(symbols, scaled_positions=places % 1.0, cell=found.lattice.matrix, pbc=True)

    def _distances(self) -> Any:  # noqa: ANN401 - PyXtal has no types
        """Return the shortest distance of each pair of elements, as the checks have it."""
        from pyxtal.tolerance import Tol_matrix  # noqa: PLC0415 - an extra, seconds to import

        scale = self.config.min_distance_scale
        radii_A = {symbol: covalent_radii[atomic_numbers[symbol]] for symbol in self._unit}
        pairs = combinations_with_replacement(radii_A, 2)
        return Tol_matrix(*((a, b, scale * (radii_A[a] + radii_A[b])) for a, b in pairs))
