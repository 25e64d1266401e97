"""Solid solutions on a simple lattice, random or ordered."""

from collections import Counter
from collections.abc import Mapping
from itertools import combinations

import numpy as np
from ase import Atoms
from ase.build import bulk
from ase.calculators.calculator import Calculator

from mlip_autopipec.config.generation.alloy import (
    AlloyConfig,
    AlloyCrystalConfig,
    CompositionGridConfig,
)
from mlip_autopipec.config.generation.base import Repeats
from mlip_autopipec.errors import GenerationError
from mlip_autopipec.generators.crystal import CrystalGenerator, CrystalSource
from mlip_autopipec.generators.extras import require
from mlip_autopipec.generators.quasirandom import Correlations
from mlip_autopipec.seeds import child_rng
from mlip_autopipec.structures.composition import exact_counts
from mlip_autopipec.structures.elements import IDEAL_C_OVER_A, vegard_constant
from mlip_autopipec.structures.occupancy import SITE, Crystal, Shares, occupied
from mlip_autopipec.structures.primitive import primitive_cell
from mlip_autopipec.structures.relaxation import relaxed_scale
from mlip_autopipec.structures.supercells import most_cubic_supercell

Point = tuple[float, float, float]

_CORRELATIONS_KEPT = 64
_RELAXED_SITES = 54
"""Atoms of the random cells whose lattice constant is relaxed."""

_MINORITY: Mapping[
    str, tuple[Repeats, list[Point]]
] = {  # sites, in fractions of the cell, that prototypes give to one element alone
    "L1_0": ((1, 1, 1), [(0.5, 0, 0.5), (0, 0.5, 0.5)]),
    "L1_2": ((1, 1, 1), [(0, 0, 0)]),
    "B2": ((1, 1, 1), [(0.5, 0.5, 0.5)]),
    "D0_3": ((2, 2, 2), [(0, 0, 0), (0, 0.5, 0.5), (0.5, 0, 0.5), (0.5, 0.5, 0)]),
    "D0_19": ((2, 2, 1), [(0, 0, 0), (2 / 3, 1 / 3, 0.5)]),
}
"""Repeats of the parent's conventional cell, and the sites of the rarer (or second) element."""


class AlloySource(CrystalSource[AlloyCrystalConfig]):
    """Conventional cells of a lattice or an ordered prototype, one for each composition.

    Raises:
        GenerationError: No lattice constant is given or known.
    """

    def __init__(self, config: AlloyCrystalConfig, *, label: str) -> None:
        """Settle lattices and shares."""
        super().__init__(config, label=label)
        self._compositions = _compositions(config)
        self._constants_A = [self._lattice_constant(x) for x in self._compositions]
        self._calculator: Calculator | None = None
        self._relaxed: set[int] = set()

    @property
    def n_crystals(self) -> int:
        """Number of compositions."""
        return len(self._compositions)

    @property
    def needs_potential(self) -> bool:
        """Whether lattice constants are relaxed."""
        return self.config.lattice_constant_A == "relaxed"

    def use_potential(self, calculator: Calculator) -> None:
        """Relax the lattice constant of each crystal from now on, when it is first asked for."""
        self._calculator = calculator
        self._relaxed.clear()

    @property
    def detail(self) -> str:
        """Order, lattice and lattice constant."""
        source = "given"
        if self.config.lattice_constant_A is None:
            source = "Vegard"
        elif self.needs_potential:
            whole = len(self._relaxed) == self.n_crystals
            source = "relaxed" if whole else "Vegard, to be relaxed"
        shortest_A, longest_A = min(self._constants_A), max(self._constants_A)
        a = f"{shortest_A:.3f}" + (f" to {longest_A:.3f}" if longest_A > shortest_A else "")
        disorder = f" ({self.config.disorder:g} disordered)" if self.config.disorder else ""
        return f"{self.config.order} {self.config.lattice}{disorder}, a = {a} Å ({source})"

    def crystal(self, index: int) -> Crystal:
        """Return the conventional cell of one composition.

        Raises:
            GenerationError: The potential has no minimum near Vegard's constant.
        """
        composition = self._compositions[index]
        if self._calculator is not None and self.needs_potential and index not in self._relaxed:
            guess = self._crystal(composition, self._constants_A[index])
            try:
                scale = relaxed_scale(_random_cell(guess, index), self._calculator)
            except ValueError as error:
                message = f"{self.label}: lattice_constant_A: {error}"
                raise GenerationError(message) from error
            self._constants_A[index] *= scale
            self._relaxed.add(index)
        return self._crystal(composition, self._constants_A[index])

    def _lattice_constant(self, composition: Shares) -> float:
        """Return the lattice constant given, or Vegard's, in Å."""
        given_A = self.config.lattice_constant_A
        if isinstance(given_A, float):
            return given_A
        try:
            return vegard_constant(composition, self.config.lattice, self._c_over_a)
        except ValueError as error:
            message = f"{self.label}: {error}"
            raise GenerationError(message) from error

    def _crystal(self, composition: Shares, a: float) -> Crystal:
        """Return a cell with the shares of its sites."""
        lattice, order = self.config.lattice, self.config.order
        if lattice == "hcp":
            cell = bulk("X", "hcp", a=a, c=a * self._c_over_a)
        else:
            cell = bulk("X", lattice, a=a, cubic=True)
        cell.info = {"lattice": lattice}
        if order in {"random", "sqs"}:
            cell.set_array(SITE, np.zeros(len(cell), dtype=int))
            return Crystal(cell, {0: composition})
        cell.info["order"] = order
        repeats, places = _MINORITY[order]
        cell = cell.repeat(repeats)
        cell.set_array(SITE, _at(cell, places).astype(int))
        common, rare = sorted(composition, key=lambda symbol: -composition[symbol])
        return Crystal(
            cell,
            {
                0: _mixed({common: 1.0}, composition, self.config.disorder),
                1: _mixed({rare: 1.0}, composition, self.config.disorder),
            },
        )

    @property
    def _c_over_a(self) -> float:
        """Ratio c/a of hcp."""
        return IDEAL_C_OVER_A if self.config.c_over_a is None else self.config.c_over_a


class AlloyGenerator(CrystalGenerator):
    """Supercells of a simple lattice, occupied with an exact composition.

    Raises:
        GenerationError: No lattice constant is given or known, or order sqs is asked for and its
            library is missing.
    """

    config: AlloyConfig
    source_type = AlloySource

    def __init__(self, config: AlloyConfig, *, label: str, seed: int) -> None:
        """Settle the crystals."""
        super().__init__(config, label=label, seed=seed)
        self._correlations: dict[int, Correlations] = {}
        if config.order == "sqs":
            require("icet", extra="sqs", by=f"{label}: order sqs")

    def use_potential(self, calculator: Calculator) -> None:
        """Take the run's potential, and forget correlations of lattices that go by estimates."""
        super().use_potential(calculator)
        self._correlations.clear()

    def build(self, index: int, rng: np.random.Generator) -> Atoms:
        """Return one supercell, quasirandom if that is asked for."""
        atoms = super().build(index, rng)
        if self.config.order != "sqs":
            return atoms
        correlations = self._correlations_of(index % self.n_recipes, atoms)
        return correlations.quasirandom(atoms, rng)

    @property
    def makes_drafts(self) -> bool:
        """Whether the most random cell is to be looked for, which takes its time."""
        return self.config.order == "sqs"

    def draft(self, index: int, rng: np.random.Generator) -> Atoms:
        """Return one supercell without looking for the most random one."""
        return super().build(index, rng)

    def _correlations_of(self, number: int, atoms: Atoms) -> Correlations:
        """Return the correlation functions of a crystal, those of the latest crystals kept."""
        if number not in self._correlations:
            lattice = primitive_cell(atoms, np.zeros(len(atoms), dtype=int))
            counts = Counter(atoms.get_chemical_symbols())
            if len(self._correlations) >= _CORRELATIONS_KEPT:
                self._correlations.clear()
            self._correlations[number] = Correlations(lattice, counts, self.config.sqs)
        return self._correlations[number]


def _compositions(config: AlloyCrystalConfig) -> list[Mapping[str, float]]:
    """Return the compositions in question."""
    if config.composition is not None:
        return [config.composition]
    if config.compositions is not None:
        return list(config.compositions)
    return [] if config.composition_grid is None else _grid(config.composition_grid)


def _grid(grid: CompositionGridConfig) -> list[Mapping[str, float]]:
    """Return all compositions of a grid: each way to share the steps among the elements."""
    n, k = grid.divisions, len(grid.elements)
    found: list[Mapping[str, float]] = []
    for bars in combinations(range(n + k - 1), k - 1):
        counts = np.diff([-1, *bars, n + k - 1]) - 1
        if grid.pure or counts.all():
            shares = zip(grid.elements, counts.tolist(), strict=True)
            found.append({symbol: count / n for symbol, count in shares if count})
    return found


def _random_cell(crystal: Crystal, number: int) -> Atoms:
    """Return a cell of some fifty atoms, its sites occupied as nearly as can be; always the same.

    A crystal whose sites hold one element each is returned as it is.
    """
    sites = crystal.cell.arrays[SITE]
    if all(max(shares.values()) == 1.0 for shares in crystal.shares.values()):
        return occupied(crystal, child_rng(0))
    primitive = primitive_cell(crystal.cell, sites)
    cell = most_cubic_supercell(primitive, max(1, _RELAXED_SITES // len(primitive)))
    shares = {}
    for group, wanted in crystal.shares.items():
        counts = exact_counts(wanted, int((cell.arrays[SITE] == group).sum()))
        shares[group] = {name: n / sum(counts.values()) for name, n in counts.items() if n}
    return occupied(Crystal(cell, shares), child_rng(0, "relax", number))


def _at(cell: Atoms, places: list[Point]) -> np.ndarray:
    """Say of each atom whether it is at one of some places, shape ``(n_atoms,)``."""
    apart = cell.get_scaled_positions()[:, None] - np.array(places)
    return np.asarray(np.abs(apart - np.rint(apart)).max(axis=2).min(axis=1) < 1e-6)  # noqa: PLR2004 - rounding


def _mixed(ordered: Shares, random: Shares, disorder: float) -> dict[str, float]:
    """Return shares between those of the ordered and of the random alloy."""
    return {
        symbol: (1.0 - disorder) * ordered.get(symbol, 0.0) + disorder * random[symbol]
        for symbol in random
    }
