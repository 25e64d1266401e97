"""ZBL's energies, forces and stresses beside ``pair_style zbl``."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from ase import Atoms, units
from ase.data import chemical_symbols

from mlip_autopipec.calculators.zbl import ZBLCalculator

PAIRS_DRAWN = ("H-O", "O-Si", "Cu-Cu", "Au-Cu")


@dataclass(frozen=True, slots=True)
class Comparison:
    """One structure on both sides.

    Attributes:
        name: Of the structure.
        distance_A: Of a dimer; None for a mixture.
        pair: Of a dimer, in alphabetical order.
        energy_eV: This package's.
        lammps_energy_eV: LAMMPS's.
        energy_deviation: Relative.
        force_deviation: Largest of a component, over the largest component; 0 for a lone atom.
        stress_deviation: The same of the stress; None without a periodic cell.
    """

    name: str
    distance_A: float | None
    pair: str | None
    energy_eV: float
    lammps_energy_eV: float
    energy_deviation: float
    force_deviation: float
    stress_deviation: float | None


def compare(reference: Path) -> list[Comparison]:
    """Compare all cases of the file that ``tests/data/make_zbl_reference.py`` made."""
    stored = json.loads(reference.read_text(encoding="utf-8"))
    # LAMMPS rounds e²/(4πε0) to eight digits, which is taken out
    ratio = units.Hartree * units.Bohr / stored["coulomb_eV_A"]
    return [_compared(case, ratio) for case in stored["cases"]]


def _compared(case: dict[str, Any], ratio: float) -> Comparison:
    """Compare one case."""
    radii = {pair: tuple(values) for pair, values in case["radii_A"].items()}
    atoms = Atoms(
        case["symbols"], positions=case["positions_A"], cell=case["cell_A"], pbc=case["pbc"]
    )
    sums = ZBLCalculator(pairs=radii).sums(atoms)
    expected_eV = ratio * case["energy_eV"]
    is_dimer = len(atoms) == 2 and not atoms.pbc.any()
    symbols = sorted(chemical_symbols[number] for number in atoms.numbers)
    stress = case["stress_eV_A3"]
    return Comparison(
        name=case["name"],
        distance_A=float(atoms.get_distance(0, 1)) if is_dimer else None,
        pair="-".join(symbols) if is_dimer else None,
        energy_eV=sums.energy_eV,
        lammps_energy_eV=expected_eV,
        energy_deviation=_deviation(np.array([sums.energy_eV]), np.array([expected_eV])),
        # of a lone atom among its images, rounding is all there is
        force_deviation=0.0
        if len(atoms) == 1
        else _deviation(sums.forces_eV_A, ratio * np.array(case["forces_eV_A"])),
        stress_deviation=None
        if stress is None
        else _deviation(sums.stress(atoms.get_volume()), ratio * np.array(stress)),
    )


def _deviation(found: npt.NDArray[np.float64], expected: npt.NDArray[np.float64]) -> float:
    """Return the largest deviation over the largest value; 0 where both are zero throughout."""
    largest = float(np.abs(expected).max())
    deviation = float(np.abs(found - expected).max())
    return deviation / largest if deviation > 0.0 else 0.0


def largest_deviations(rows: list[Comparison]) -> dict[str, dict[str, float]]:
    """Return the largest deviations of dimers and of mixtures, and how many there are."""
    found = {}
    for label, is_dimer in (("dimers", True), ("mixtures", False)):
        chosen = [row for row in rows if (row.pair is not None) is is_dimer]
        stresses = [row.stress_deviation for row in chosen if row.stress_deviation is not None]
        found[label] = {
            "structures": len(chosen),
            "energy": max(row.energy_deviation for row in chosen),
            "force": max(row.force_deviation for row in chosen),
            **({"stress": max(stresses)} if stresses else {}),
        }
    return found


def as_records(rows: list[Comparison]) -> list[dict[str, Any]]:
    """Return the comparisons as JSON-ready data."""
    return [asdict(row) for row in rows]
