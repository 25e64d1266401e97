"""Plain molecular dynamics of ASE on the oracle, and the cells that it begins with."""

from collections.abc import Iterator

import numpy as np
from ase import Atoms, units
from ase.build import bulk
from ase.calculators.calculator import Calculator
from ase.md.langevinbaoab import LangevinBAOAB
from ase.md.velocitydistribution import MaxwellBoltzmannDistribution, Stationary

from benchmarks.data_efficiency.oracle import labelled
from benchmarks.data_efficiency.settings import ELEMENTS

LATTICE_A = {"Cu": 3.61, "Au": 4.08}
EXPANSION = 1.02
"""Thermal expansion, and what the oracle's density functional overestimates."""

THERMOSTAT_TIME_FS = 100.0
TIMESTEP_FS = 2.0


def solid_solution(
    fraction_Cu: float, rng: np.random.Generator, *, expansion: float = EXPANSION
) -> Atoms:
    """Return 32 atoms on an fcc lattice, occupied at random, with Vegard's lattice constant."""
    a_A = fraction_Cu * LATTICE_A["Cu"] + (1.0 - fraction_Cu) * LATTICE_A["Au"]
    atoms = bulk(ELEMENTS[1], "fcc", a=expansion * a_A, cubic=True) * (2, 2, 2)
    symbols = np.full(len(atoms), ELEMENTS[1])
    symbols[rng.permutation(len(atoms))[: round(fraction_Cu * len(atoms))]] = ELEMENTS[0]
    atoms.set_chemical_symbols(symbols.tolist())
    return atoms


def trajectory(
    atoms: Atoms,
    calculator: Calculator,
    name: str,
    temperatures_K: tuple[tuple[float, int], ...],
    *,
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
            timestep=TIMESTEP_FS * units.fs,
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
