"""Two atoms shot at each other: is the energy kept, and do they turn where the surface says?

Each pair is shot head-on with kinetic energies of 20, 100 and 300 eV in the centre-of-mass frame,
at constant energy, on the model with ZBL and a floor, with ZBL alone, and on the bare model.

    uv run python benchmarks/collisions.py sevennet Cu-Cu Au-Cu O-Si H-O
    uv run python benchmarks/collisions.py emt Cu-Cu Au-Cu
"""

import argparse
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from ase import Atoms, units
from ase.calculators.calculator import Calculator
from ase.data import covalent_radii
from ase.md.verlet import VelocityVerlet
from scipy.optimize import brentq

from mlip_autopipec.calculators.factory import build_calculator
from mlip_autopipec.calculators.pair_scan import scan_pairs
from mlip_autopipec.config.exploration import ExplorationConfig

ENERGIES_EV = (20.0, 100.0, 300.0)

# How far the atoms approach each other in a step at first. It sets the timestep.
STEP_A = 0.005

# Where a shot is given up: the atoms have fallen into each other.
CLOSEST_FRACTION = 0.05


# Largest deviation of the energy, over the kinetic energy, that passes for constant.
LARGEST_DRIFT = 0.01


@dataclass(frozen=True)
class Shot:
    """What came of a collision.

    Attributes:
        timestep_fs: Of velocity Verlet.
        closest_A: Smallest distance on the way.
        expected_A: Where the potential energy along the line first equals the total energy.
        drift: Largest deviation of the total energy, over the kinetic energy of the shot.
        returned: Whether the atoms came back to the distance that they started from.
    """

    timestep_fs: float
    closest_A: float
    expected_A: float
    drift: float
    returned: bool


def shoot(calculator: Calculator, pair: str, energy_eV: float, *, step_A: float = STEP_A) -> Shot:
    """Shoot two atoms at each other from 1.2 times the sum of their covalent radii."""
    atoms = Atoms(pair.split("-"), positions=np.zeros((2, 3)), calculator=calculator)
    start_A = 1.2 * float(covalent_radii[atoms.numbers].sum())
    atoms.positions[1, 2] = start_A
    masses = atoms.get_masses()
    reduced = masses.prod() / masses.sum()
    speed = np.sqrt(2.0 * energy_eV / reduced)
    atoms.set_momenta([[0, 0, reduced * speed], [0, 0, -reduced * speed]])
    total = atoms.get_total_energy()
    expected_A = _turning_point(atoms, total)
    timestep = step_A / speed
    dynamics = VelocityVerlet(atoms, timestep=timestep)
    closest_A, drift, distance_A = start_A, 0.0, start_A
    giving_up_A = CLOSEST_FRACTION * start_A
    for _ in range(int(6.0 * start_A / step_A)):
        dynamics.run(1)
        distance_A = float(atoms.positions[1, 2] - atoms.positions[0, 2])
        closest_A = min(closest_A, distance_A)
        drift = max(drift, abs(atoms.get_total_energy() - total) / energy_eV)
        if not giving_up_A < distance_A < start_A or not np.isfinite(drift):
            break
    return Shot(timestep / units.fs, closest_A, expected_A, drift, distance_A >= start_A)


def _turning_point(atoms: Atoms, total_eV: float) -> float:
    """Return where the potential energy first reaches the total, coming from outside."""
    dimer = atoms.copy()
    dimer.calc = atoms.calc

    def above(distance_A: float) -> float:
        dimer.positions[1, 2] = dimer.positions[0, 2] + distance_A
        return float(dimer.get_potential_energy() - total_eV)

    distances = atoms.positions[1, 2] * np.arange(1.0, 0.02, -0.02)
    for farther, nearer in pairwise(distances):
        if above(nearer) > 0.0:
            return float(brentq(above, nearer, farther, xtol=1e-5))
    return 0.0


def main() -> None:
    """Print one line a shot."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kind", choices=["sevennet", "emt"])
    parser.add_argument("pairs", nargs="+", metavar="PAIR")
    parser.add_argument("--step", type=float, default=STEP_A, help="approach in a step, in Å")
    options = parser.parse_args()
    print(
        f"{'pair':6} {'eV':>4}  {'surface':17} {'dt/fs':>7} {'closest/Å':>10} "
        f"{'expected/Å':>10} {'drift':>9}  outcome"
    )
    for pair in options.pairs:
        for name, calculator in _surfaces(options.kind, pair):
            for energy_eV in ENERGIES_EV:
                shot = shoot(calculator, pair, energy_eV, step_A=options.step)
                outcome = _outcome(shot)
                print(
                    f"{pair:6} {energy_eV:4.0f}  {name:17} {shot.timestep_fs:7.4f} "
                    f"{shot.closest_A:10.4f} {shot.expected_A:10.4f} {shot.drift:9.1e}  "
                    f"{outcome}",
                    flush=True,
                )


def _outcome(shot: Shot) -> str:
    """Say in a word or two how the shot ended."""
    if shot.drift > LARGEST_DRIFT:
        return "energy not kept"
    return "turned back" if shot.returned else "fell in"


def _surfaces(kind: str, pair: str) -> list[tuple[str, Calculator]]:
    """Return the surfaces to be compared."""
    base = {"calculator": {"kind": kind}}
    bare = ExplorationConfig.model_validate({**base, "zbl": {"enabled": False}})
    mixed = ExplorationConfig.model_validate(base)
    surface = build_calculator(mixed)
    surfaces = [("model", build_calculator(bare)), ("model + ZBL", surface)]
    scan = scan_pairs(surface, mixed, set(pair.split("-")))
    if any(curve.floor_A is not None for curve in scan.curves):
        floored = build_calculator(scan.applied_to(mixed))
        surfaces.append(("floor + ZBL", floored))
    return surfaces


if __name__ == "__main__":
    main()
