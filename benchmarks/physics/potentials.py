"""Lennard-Jones of several species and embedded atoms, as LAMMPS has them, for cubic cells.

All pairs are looked at, at their shortest distance: with 108 atoms that costs a tenth of a
millisecond, and there is no neighbour list that could be wrong.
"""

from pathlib import Path
from typing import Any

import numba
import numpy as np
import numpy.typing as npt
from ase import Atoms
from ase.calculators.calculator import Calculator, all_changes
from ase.calculators.eam import EAM
from ase.data import atomic_numbers
from ase.stress import full_3x3_to_voigt_6_stress
from ase.units import Bohr, Hartree

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Sums = tuple[float, Floats, Floats]

_N_TABLE = 20_000
LAMMPS_HARTREE_BOHR = 27.2 * 0.529
"""In eV Å: LAMMPS multiplies the squared charges of single-element files (``funcfl``) with it."""
_SHORTEST_A = 1.0


class CubicCalculator(Calculator):  # type: ignore[misc] # ASE is not typed
    """A potential of finite range in a cubic cell wider than two cutoffs."""

    implemented_properties = ("energy", "free_energy", "forces", "stress")

    def __init__(self, cutoff_A: float) -> None:
        """Take the range."""
        super().__init__()
        self.cutoff_A = cutoff_A

    def sums(self, atoms: Atoms, length_A: float) -> Sums:
        """Return energy, forces ``(n, 3)`` and the sum of r ∂E/∂r ``(3, 3)``."""
        raise NotImplementedError

    def calculate(
        self,
        atoms: Atoms | None = None,
        properties: Any = ("energy",),  # noqa: ANN401 - ASE's signature
        system_changes: Any = all_changes,  # noqa: ANN401 - ASE's signature
    ) -> None:
        """Fill ``results``.

        Raises:
            ValueError: The cell is not a cube, or too small.
        """
        super().calculate(atoms, properties, system_changes)
        cell = self.atoms.cell.array
        length_A = float(cell[0, 0])
        if not np.allclose(cell, length_A * np.eye(3), rtol=0.0, atol=1e-9 * length_A):
            message = f"the cell should be a cube, not {cell.tolist()}"
            raise ValueError(message)
        if length_A <= 2.0 * self.cutoff_A:
            message = f"the cell of {length_A:.3f} Å is not wider than two cutoffs"
            raise ValueError(message)
        energy, forces, derivative = self.sums(self.atoms, length_A)
        self.results = {
            "energy": energy,
            "free_energy": energy,
            "forces": forces,
            "stress": full_3x3_to_voigt_6_stress(derivative / length_A**3),
        }


class PairLennardJones(CubicCalculator):
    """Lennard-Jones whose energy and force are shifted to zero at the cutoff."""

    def __init__(self, epsilon_eV: dict[str, float], *, sigma_A: float, cutoff_A: float) -> None:
        """Take the depth of each pair (``Ar-Kr``); the diameter is that of all."""
        super().__init__(cutoff_A)
        symbols = sorted({symbol for pair in epsilon_eV for symbol in pair.split("-")})
        self._kinds = {atomic_numbers[symbol]: k for k, symbol in enumerate(symbols)}
        self._epsilon = np.zeros((len(symbols), len(symbols)))
        for pair, value in epsilon_eV.items():
            i, j = (symbols.index(symbol) for symbol in pair.split("-"))
            self._epsilon[i, j] = self._epsilon[j, i] = value
        self._sigma_A = sigma_A

    def sums(self, atoms: Atoms, length_A: float) -> Sums:
        """See `CubicCalculator`."""
        kinds = np.array([self._kinds[number] for number in atoms.numbers])
        return _lennard_jones(
            atoms.positions, kinds, length_A, self._epsilon, self._sigma_A, self.cutoff_A
        )


class EmbeddedAtoms(CubicCalculator):
    """One species of embedded atoms, from the file and the splines that ASE's `EAM` reads.

    Pair energies of a single-element file are squares of charges times e²/(4πε0), which LAMMPS
    takes for 0.075 % less than ASE does: 1.8 meV an atom of copper. LAMMPS's value is used.
    """

    def __init__(self, path: Path) -> None:
        """Read a potential file and tabulate it finely."""
        splines = EAM(potential=str(path))
        super().__init__(float(splines.cutoff))
        distances = np.linspace(_SHORTEST_A, self.cutoff_A, _N_TABLE)
        densities = np.linspace(0.0, float(splines.rho[-1]), _N_TABLE)
        self._pair = _table(splines.phi[0, 0], splines.d_phi[0, 0], distances)
        if splines.form == "eam":
            self._pair *= LAMMPS_HARTREE_BOHR / (Hartree * Bohr)
        self._density = _table(
            splines.electron_density[0], splines.d_electron_density[0], distances
        )
        self._embedding = _table(
            splines.embedded_energy[0], splines.d_embedded_energy[0], densities
        )
        self._steps = (distances[1] - distances[0], densities[1] - densities[0])

    def sums(self, atoms: Atoms, length_A: float) -> Sums:
        """See `CubicCalculator`."""
        return _embedded(
            atoms.positions,
            length_A,
            self._pair,
            self._density,
            self._embedding,
            self._steps,
            self.cutoff_A,
        )


def _table(function: Any, slope: Any, grid: Floats) -> Floats:  # noqa: ANN401 - scipy's splines
    """Return values and slopes on a grid, ``(n, 2)``."""
    return np.column_stack([function(grid), slope(grid)])


@numba.njit
def _hermite(table: Floats, x: float, step: float) -> tuple[float, float]:
    """Return the value and slope of a table at ``x``, measured from its first point."""
    k = min(int(x / step), len(table) - 2)
    t = x / step - k
    low, high = table[k, 0], table[k + 1, 0]
    d_low, d_high = table[k, 1] * step, table[k + 1, 1] * step
    b = 3.0 * (high - low) - 2.0 * d_low - d_high
    c = 2.0 * (low - high) + d_low + d_high
    value = low + t * (d_low + t * (b + t * c))
    return value, (d_low + t * (2.0 * b + 3.0 * t * c)) / step


@numba.njit
def _lennard_jones(
    positions: Floats,
    kinds: Integers,
    length: float,
    epsilon: Floats,
    sigma: float,
    cutoff: float,
) -> Sums:
    n = len(positions)
    forces, derivative, energy = np.zeros((n, 3)), np.zeros((3, 3)), 0.0
    edge = (sigma / cutoff) ** 6
    shift = 4.0 * edge * (edge - 1.0)
    slope = -24.0 * edge * (2.0 * edge - 1.0) / cutoff
    vector = np.empty(3)
    for i in range(n):
        for j in range(i):
            square = 0.0
            for a in range(3):
                x = positions[i, a] - positions[j, a]
                vector[a] = x - length * np.rint(x / length)
                square += vector[a] ** 2
            if square >= cutoff**2:
                continue
            r = np.sqrt(square)
            sixth = (sigma / r) ** 6
            depth = epsilon[kinds[i], kinds[j]]
            energy += depth * (4.0 * sixth * (sixth - 1.0) - shift - (r - cutoff) * slope)
            pull = depth * (-24.0 * sixth * (2.0 * sixth - 1.0) / r - slope) / r
            for a in range(3):
                forces[i, a] -= pull * vector[a]
                forces[j, a] += pull * vector[a]
                for b in range(3):
                    derivative[a, b] += pull * vector[a] * vector[b]
    return energy, forces, derivative


@numba.njit
def _embedded(
    positions: Floats,
    length: float,
    pair: Floats,
    density: Floats,
    embedding: Floats,
    steps: tuple[float, float],
    cutoff: float,
) -> Sums:
    n = len(positions)
    forces, derivative, energy = np.zeros((n, 3)), np.zeros((3, 3)), 0.0
    densities, embedding_slopes = np.zeros(n), np.zeros(n)
    near = np.empty((n * (n - 1) // 2, 2), dtype=np.int64)
    vectors = np.empty((len(near), 4))
    n_near = 0
    for i in range(n):
        for j in range(i):
            square = 0.0
            for a in range(3):
                x = positions[i, a] - positions[j, a]
                vectors[n_near, a] = x - length * np.rint(x / length)
                square += vectors[n_near, a] ** 2
            if square < cutoff**2:
                r = np.sqrt(square)
                rho, _ = _hermite(density, r - _SHORTEST_A, steps[0])
                densities[i] += rho
                densities[j] += rho
                near[n_near, 0], near[n_near, 1], vectors[n_near, 3] = i, j, r
                n_near += 1
    for i in range(n):
        value, embedding_slopes[i] = _hermite(embedding, densities[i], steps[1])
        energy += value
    for k in range(n_near):
        i, j, r = near[k, 0], near[k, 1], vectors[k, 3]
        value, pull = _hermite(pair, r - _SHORTEST_A, steps[0])
        _, slope = _hermite(density, r - _SHORTEST_A, steps[0])
        energy += value
        pull = (pull + (embedding_slopes[i] + embedding_slopes[j]) * slope) / r
        for a in range(3):
            forces[i, a] -= pull * vectors[k, a]
            forces[j, a] += pull * vectors[k, a]
            for b in range(3):
                derivative[a, b] += pull * vectors[k, a] * vectors[k, b]
    return energy, forces, derivative
