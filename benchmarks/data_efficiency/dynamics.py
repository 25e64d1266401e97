"""Plain molecular dynamics of ASE on the oracle."""

from collections.abc import Iterator

import numpy as np
from ase import Atoms, units
from ase.calculators.calculator import Calculator
from ase.md.langevinbaoab import LangevinBAOAB
from ase.md.velocitydistribution import MaxwellBoltzmannDistribution, Stationary

from benchmarks.data_efficiency.labels import labelled

THERMOSTAT_TIME_FS = 100.0


def trajectory(
    atoms: Atoms,
    calculator: Calculator,
    name: str,
    temperatures_K: tuple[tuple[float, int], ...],
    *,
    timestep_fs: float,
    every: int,
    rng: np.random.Generator,
) -> Iterator[Atoms]:
    """Yield labelled frames of NVT dynamics (Langevin, BAOAB).

    Args:
        atoms: Where it begins.
        calculator: The oracle.
        name: Of the trajectory.
        temperatures_K: Temperatures and the number of steps at each, one after the other; frames
            of all but the last are thrown away, unless there is one only.
        timestep_fs: Of the dynamics.
        every: Steps between two frames.
        rng: Of velocities and noise.
    """
    atoms = atoms.copy()
    atoms.calc = calculator
    MaxwellBoltzmannDistribution(atoms, temperature_K=temperatures_K[0][0], rng=rng)
    Stationary(atoms)
    for place, (temperature_K, n_steps) in enumerate(temperatures_K):
        dynamics = LangevinBAOAB(
            atoms,
            timestep=timestep_fs * units.fs,
            temperature_K=temperature_K,
            T_tau=THERMOSTAT_TIME_FS * units.fs,
            rng=rng,
        )
        kept = place == len(temperatures_K) - 1
        for step in range(0, n_steps + 1, every):
            if step:
                dynamics.run(every)
            if kept:
                yield labelled(atoms, calculator, name, step=step, temperature_K=temperature_K)
