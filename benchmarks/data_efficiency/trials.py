"""What a potential is put through: heating, and collisions of two atoms."""

from dataclasses import dataclass

import numpy as np
from ase import Atoms, units
from ase.calculators.calculator import Calculator
from ase.md.langevinbaoab import LangevinBAOAB
from ase.md.md import MolecularDynamics
from ase.md.velocitydistribution import Stationary, thermalize_momenta
from ase.md.verlet import VelocityVerlet

from benchmarks.data_efficiency.dynamics import THERMOSTAT_TIME_FS
from benchmarks.data_efficiency.settings import Case
from mlip_autopipec.seeds import child_rng
from mlip_autopipec.structures.checks import closest_scaled_distance

SCALED_LIMIT = 0.4
"""Atoms nearer than this fraction of the sum of their covalent radii have fallen together."""

COLD_K = 300.0
COLLISION_STEP_FS = 0.25
COLLISION_FS = 60.0
COLLISION_LIMIT = 0.3
ENERGIES_EV = (20.0, 50.0, 100.0)
DRIFT_EV = 1.0
"""Energy that a collision may gain or lose; it begins with 20 eV or more."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one run ended: whether it survived, when it ended, and why."""

    survived: bool
    time_ps: float
    reason: str


@dataclass(frozen=True, slots=True)
class Heat:
    """How hot, for how long, in steps of what length."""

    temperature_K: float
    picoseconds: float
    timestep_fs: float


def heat(atoms: Atoms, trial: Heat, rng: np.random.Generator) -> Outcome:
    """Run NVT dynamics until its end, or until it fails."""
    thermalize_momenta(atoms, temperature_K=trial.temperature_K, rng=rng)
    Stationary(atoms)
    dynamics = LangevinBAOAB(
        atoms,
        timestep=trial.timestep_fs * units.fs,
        temperature_K=trial.temperature_K,
        T_tau=THERMOSTAT_TIME_FS * units.fs,
        rng=rng,
    )
    return _followed(
        dynamics, atoms, round(1e3 * trial.picoseconds / trial.timestep_fs), SCALED_LIMIT
    )


def collide(atoms: Atoms, energy_eV: float, rng: np.random.Generator) -> Outcome:
    """Shoot an atom at its nearest neighbour, at constant energy."""
    thermalize_momenta(atoms, temperature_K=COLD_K, rng=rng)
    Stationary(atoms)
    shot = int(rng.integers(len(atoms)))
    vectors_A = atoms.get_distances(shot, range(len(atoms)), mic=True, vector=True)
    distances_A = np.linalg.norm(vectors_A, axis=1)
    distances_A[shot] = np.inf
    target = int(np.argmin(distances_A))
    momenta = atoms.get_momenta()
    size = np.sqrt(2.0 * atoms.get_masses()[shot] * energy_eV)
    momenta[shot] = size * vectors_A[target] / distances_A[target]
    atoms.set_momenta(momenta)
    dynamics = VelocityVerlet(atoms, timestep=COLLISION_STEP_FS * units.fs)
    before_eV = atoms.get_total_energy()
    steps = round(COLLISION_FS / COLLISION_STEP_FS)
    outcome = _followed(dynamics, atoms, steps, COLLISION_LIMIT)
    drift_eV = abs(atoms.get_total_energy() - before_eV)
    if outcome.survived and not drift_eV <= DRIFT_EV:
        return Outcome(survived=False, time_ps=outcome.time_ps, reason=f"drift {drift_eV:.1f} eV")
    return outcome


def _followed(
    dynamics: MolecularDynamics, atoms: Atoms, n_steps: int, limit: float, every: int = 5
) -> Outcome:
    """Run dynamics and look every few steps."""
    step_ps = dynamics.dt / units.fs / 1e3
    for step in range(every, n_steps + 1, every):
        dynamics.run(every)
        reason = ""
        if not np.isfinite(atoms.positions).all():
            reason = "not finite"
        else:
            pair = closest_scaled_distance(atoms)
            if pair is not None and pair.ratio < limit:
                reason = f"two atoms at {pair.ratio:.2f} of their radii"
        if reason:
            return Outcome(survived=False, time_ps=step * step_ps, reason=reason)
    return Outcome(survived=True, time_ps=n_steps * step_ps, reason="")


def heatings(calculator: Calculator, case: Case, trial: int, picoseconds: float) -> list[Outcome]:
    """Heat one cell of each kind.

    Args:
        calculator: The potential.
        case: Gives the system and the seed.
        trial: Number of the trial: the same cells and noise for every potential.
        picoseconds: How long.
    """
    system = case.system
    hot = Heat(system.hot_K, picoseconds, system.timestep_fs)
    outcomes = []
    for kind in system.kinds:
        rng = child_rng(case.seed, "heat", trial, kind)
        atoms = system.cell(kind, rng, expansion=system.hot_expansion)
        atoms.calc = calculator
        outcomes.append(heat(atoms, hot, rng))
    return outcomes


def collisions(calculator: Calculator, case: Case, trial: int, energy_eV: float) -> list[Outcome]:
    """Shoot an atom of that energy in one cell of each kind."""
    outcomes = []
    for kind in case.system.kinds:
        rng = child_rng(case.seed, "collide", trial, kind, str(energy_eV))
        atoms = case.system.cell(kind, rng)
        atoms.calc = calculator
        outcomes.append(collide(atoms, energy_eV, rng))
    return outcomes
