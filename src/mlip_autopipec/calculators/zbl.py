"""The Ziegler-Biersack-Littmark repulsion between close atoms, as an ASE calculator."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from ase import Atoms, units
from ase.calculators.calculator import Calculator, PropertyNotImplementedError, all_changes
from ase.data import atomic_numbers, chemical_symbols, covalent_radii
from ase.data import missing as missing_radius

from mlip_autopipec.calculators import zbl_kernel as kernel
from mlip_autopipec.errors import CalculatorError

Floats = npt.NDArray[np.float64]

DEFAULT_INNER_SCALE = 0.5
DEFAULT_OUTER_SCALE = 0.7

COULOMB_CONSTANT_EV_A = units.Hartree * units.Bohr
SCREENING_LENGTH_A = 0.46850
SCREENING_EXPONENT = 0.23

_FULL_RANK = 3
_VOIGT = ((0, 1, 2, 1, 0, 0), (0, 1, 2, 2, 2, 1))


@dataclass(frozen=True, slots=True)
class ZBLSums:
    """The repulsion of one structure.

    Attributes:
        energy_eV: The total energy.
        energies_eV: Half of each pair's energy to each of its atoms, ``(n,)``.
        forces_eV_A: ``(n, 3)``.
        virial_eV: Derivative of the energy by strain, ``(3, 3)``.
    """

    energy_eV: float
    energies_eV: Floats
    forces_eV_A: Floats
    virial_eV: Floats

    def stress(self, volume_A3: float) -> Floats:
        """Return the stress in eV/Å³ in Voigt order (xx, yy, zz, yz, xz, xy).

        As in ASE it is the derivative of the energy by strain over the volume, so that repulsion
        gives negative diagonal elements: a positive pressure.
        """
        return self.virial_eV[_VOIGT] / volume_A3


class ZBLCalculator(Calculator):  # type: ignore[misc]  # ASE is not typed
    """Screened nuclear repulsion of pairs closer than an outer radius.

    E(r) = k Zi Zj/r φ(r/a) + S(r) with a = 0.46850 Å/(Zi^0.23 + Zj^0.23) and the universal
    screening function φ (Ziegler, Biersack and Littmark, The Stopping and Range of Ions in Matter,
    1985, doi:10.1007/978-1-4615-8103-1_3). Between the inner and the outer radius, S takes energy,
    force and curvature smoothly to zero, in the form of LAMMPS's ``pair_style zbl``; below the
    inner radius it is a constant.

    Example:
        >>> dimer = Atoms("Cu2", positions=[[0, 0, 0], [0, 0, 1.0]], calculator=ZBLCalculator())
        >>> round(float(dimer.get_potential_energy()))
        120
    """

    implemented_properties = ("energy", "free_energy", "energies", "forces", "stress")

    def __init__(
        self,
        *,
        inner_A: float | None = None,
        outer_A: float | None = None,
        inner_scale: float | None = None,
        outer_scale: float | None = None,
        pairs: Mapping[str, tuple[float, float]] | None = None,
    ) -> None:
        """Choose the radii: in Å for all pairs, or as fractions of the sum of covalent radii.

        Args:
            inner_A: Inner radius of all pairs, in Å.
            outer_A: Outer radius of all pairs, in Å.
            inner_scale: Inner radius over the pair's sum of covalent radii (0.5 by default).
            outer_scale: Outer radius over the pair's sum of covalent radii (0.7 by default).
            pairs: Inner and outer radius in Å of named pairs, such as ``{"Cu-Au": (1.3, 1.8)}``.

        Raises:
            CalculatorError: The radii do not fit together.
        """
        super().__init__()
        inner, outer = _radii(inner_A, outer_A, inner_scale, outer_scale)
        for name, radii in (pairs or {}).items():
            first, second = _pair_numbers(name)
            for i, j in ((first, second), (second, first)):
                inner[i, j], outer[i, j] = radii
        _check_order(inner, outer)
        self._table = pair_table(inner, outer)

    def radii(self, first: str, second: str) -> tuple[float, float]:
        """Return the inner and the outer radius of a pair of elements, in Å."""
        row = self._table[atomic_numbers[first], atomic_numbers[second]]
        return float(row[kernel.INNER]), float(row[kernel.OUTER])

    def sums(self, atoms: Atoms) -> ZBLSums:
        """Return energies, forces and virial of a structure, without keeping anything.

        Raises:
            CalculatorError: A pair of elements has no radii (no covalent radius is known).
        """
        numbers = atoms.numbers
        self._check_known(numbers)
        cell = atoms.cell.complete().array
        periodic = atoms.pbc & atoms.cell.array.any(axis=1)
        energies, forces, virial = kernel.zbl_sums(
            atoms.positions, numbers, cell, np.linalg.inv(cell), periodic, self._table
        )
        return ZBLSums(
            energy_eV=float(energies.sum()),
            energies_eV=energies,
            forces_eV_A=forces,
            virial_eV=virial,
        )

    def calculate(
        self,
        atoms: Atoms | None = None,
        properties: Any = ("energy",),  # noqa: ANN401 - ASE's signature
        system_changes: Any = all_changes,  # noqa: ANN401 - ASE's signature
    ) -> None:
        """Fill ``results``; there is a stress wherever the cell has a volume."""
        super().calculate(atoms, properties, system_changes)
        sums = self.sums(self.atoms)
        self.results = {
            "energy": sums.energy_eV,
            "free_energy": sums.energy_eV,
            "energies": sums.energies_eV,
            "forces": sums.forces_eV_A,
        }
        if self.atoms.cell.rank == _FULL_RANK:
            self.results["stress"] = sums.stress(self.atoms.get_volume())
        elif "stress" in properties:
            message = "a stress needs a cell with a volume"
            raise PropertyNotImplementedError(message)

    def _check_known(self, numbers: npt.NDArray[np.int64]) -> None:
        """Refuse a species whose radius is unknown."""
        unknown = np.isnan(self._table[numbers, numbers, kernel.OUTER])
        if unknown.any():
            symbol = chemical_symbols[numbers[unknown][0]]
            message = (
                f"exploration.zbl: no covalent radius is known for {symbol}; "
                "give inner_A and outer_A"
            )
            raise CalculatorError(message)


def pair_table(inner_A: Floats, outer_A: Floats) -> Floats:
    """Return the kernel's parameters for each pair of atomic numbers.

    Args:
        inner_A: Inner radii, ``(n, n)``, indexed by atomic number.
        outer_A: Outer radii, ``(n, n)``.

    Returns:
        ``(n, n, N_COLUMNS)``; columns as named in `mlip_autopipec.calculators.zbl_kernel`.
    """
    z = np.arange(len(inner_A), dtype=np.float64)
    inverse_length = np.add.outer(z**SCREENING_EXPONENT, z**SCREENING_EXPONENT) / SCREENING_LENGTH_A
    strength = COULOMB_CONSTANT_EV_A * np.multiply.outer(z, z)
    value, slope, curvature = _unswitched(outer_A, strength, inverse_length)
    width = outer_A - inner_A
    table = np.empty((*inner_A.shape, kernel.N_COLUMNS))
    table[..., kernel.OUTER] = outer_A
    table[..., kernel.INNER] = inner_A
    table[..., kernel.STRENGTH] = strength
    table[..., kernel.INVERSE_LENGTH] = inverse_length
    table[..., kernel.SWITCH_A] = (-3.0 * slope + width * curvature) / width**2
    table[..., kernel.SWITCH_B] = (2.0 * slope - width * curvature) / width**3
    table[..., kernel.SWITCH_C] = -value + width / 2.0 * slope - width**2 / 12.0 * curvature
    return table


def _unswitched(
    distance_A: Floats, strength: Floats, inverse_length: Floats
) -> tuple[Floats, Floats, Floats]:
    """Return k Zi Zj/r φ(r/a) and its first two derivatives by r."""
    weights = np.array([kernel.C1, kernel.C2, kernel.C3, kernel.C4])
    rates = np.array([kernel.D1, kernel.D2, kernel.D3, kernel.D4]) * inverse_length[..., None]
    terms = weights * np.exp(-rates * distance_A[..., None])
    screening = terms.sum(axis=-1)
    slope = -(rates * terms).sum(axis=-1)
    curvature = (rates**2 * terms).sum(axis=-1)
    r = distance_A
    return (
        strength * screening / r,
        strength * (slope / r - screening / r**2),
        strength * (curvature / r - 2.0 * slope / r**2 + 2.0 * screening / r**3),
    )


def _radii(
    inner_A: float | None,
    outer_A: float | None,
    inner_scale: float | None,
    outer_scale: float | None,
) -> tuple[Floats, Floats]:
    """Return the inner and outer radius of each pair of atomic numbers; NaN where unknown."""
    if (inner_A is None) != (outer_A is None):
        message = "exploration.zbl: inner_A and outer_A should be given together"
        raise CalculatorError(message)
    size = (len(covalent_radii), len(covalent_radii))
    if inner_A is not None and outer_A is not None:
        if inner_scale is not None or outer_scale is not None:
            message = "exploration.zbl: give radii in Å or as scales, not both"
            raise CalculatorError(message)
        return np.full(size, inner_A, dtype=np.float64), np.full(size, outer_A, dtype=np.float64)
    radii = np.where(covalent_radii == missing_radius, np.nan, covalent_radii)
    sums = np.add.outer(radii, radii)
    inner = DEFAULT_INNER_SCALE if inner_scale is None else inner_scale
    outer = DEFAULT_OUTER_SCALE if outer_scale is None else outer_scale
    return inner * sums, outer * sums


def _pair_numbers(name: str) -> tuple[int, int]:
    """Return the atomic numbers of a pair such as Cu-Au."""
    parts = name.split("-")
    if len(parts) != 2 or not all(part in atomic_numbers for part in parts):  # noqa: PLR2004 - a pair
        message = f"exploration.zbl.pairs: {name!r} is not a pair of elements such as 'Cu-Au'"
        raise CalculatorError(message)
    return atomic_numbers[parts[0]], atomic_numbers[parts[1]]


def _check_order(inner_A: Floats, outer_A: Floats) -> None:
    """Refuse radii that are not 0 < inner < outer."""
    wrong = np.argwhere((inner_A <= 0.0) | (inner_A >= outer_A))
    if len(wrong):
        i, j = wrong[-1]
        pair = f"{chemical_symbols[i]}-{chemical_symbols[j]}"
        radii = f"inner {inner_A[i, j]:g} Å and outer {outer_A[i, j]:g} Å"
        message = f"exploration.zbl: {pair} has {radii}; 0 < inner < outer is needed"
        raise CalculatorError(message)
