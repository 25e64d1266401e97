"""Crystals are bulk, whatever their pores and layers; the same crystals cut open are slabs.

Crystal structures are built from their published space groups and coordinates (R. W. G. Wyckoff,
Crystal Structures, 1963; J. Donohue, The Structures of the Elements, 1974; LTA: the database of
zeolite structures).
"""

from collections.abc import Callable

import numpy as np
import pytest
from ase import Atoms
from ase.build import add_vacuum, bulk, molecule, surface
from ase.data import chemical_symbols, reference_states
from ase.spacegroup import crystal

from mlip_autopipec.structures.vacuum import VacuumReport, detect_vacuum

Builder = Callable[[], Atoms]

# ASE's own cell for these holds too few atoms, or none: a quarter of uranium's, for instance.
ELEMENTS: dict[str, Builder] = {
    "H": lambda: packed_dimers("H", 3.79, 6.19, 0.74),
    "He": lambda: bulk("He", "hcp", a=3.57, c=5.83),
    "B": lambda: crystal(
        ["B", "B"],
        [(0.1187, 0.8813, 0.8913), (0.1961, 0.8039, 0.0244)],
        spacegroup=166,
        cellpar=[4.908, 4.908, 12.567, 90, 90, 120],
    ),
    "N": lambda: crystal(
        "N", [(0.056, 0.056, 0.056)], spacegroup=205, cellpar=[5.661] * 3 + [90] * 3
    ),
    "O": lambda: crystal(
        "O", [(0.054, 0.0, 0.133)], spacegroup=12, cellpar=[5.403, 3.429, 5.086, 90, 132.53, 90]
    ),
    "P": lambda: crystal(
        "P", [(0.0, 0.1017, 0.0806)], spacegroup=64, cellpar=[3.314, 10.478, 4.376, 90, 90, 90]
    ),
    "Cl": lambda: crystal(
        "Cl", [(0.0, 0.1015, 0.1173)], spacegroup=64, cellpar=[6.145, 4.395, 8.154, 90, 90, 90]
    ),
    "Mn": lambda: crystal(
        ["Mn"] * 4,
        [(0, 0, 0), (0.317, 0.317, 0.317), (0.356, 0.356, 0.034), (0.089, 0.089, 0.282)],
        spacegroup=217,
        cellpar=[8.912] * 3 + [90] * 3,
    ),
    "Ga": lambda: crystal(
        "Ga", [(0.0, 0.1539, 0.0810)], spacegroup=64, cellpar=[4.519, 7.658, 4.526, 90, 90, 90]
    ),
    "Se": lambda: crystal(
        "Se", [(0.2254, 0, 1 / 3)], spacegroup=152, cellpar=[4.366, 4.366, 4.954, 90, 90, 120]
    ),
    "Br": lambda: crystal(
        "Br", [(0.0, 0.135, 0.110)], spacegroup=64, cellpar=[6.737, 4.548, 8.761, 90, 90, 90]
    ),
    "Te": lambda: crystal(
        "Te", [(0.2636, 0, 1 / 3)], spacegroup=152, cellpar=[4.457, 4.457, 5.929, 90, 90, 120]
    ),
    "I": lambda: crystal(
        "I", [(0.0, 0.1543, 0.1174)], spacegroup=64, cellpar=[7.136, 4.686, 9.784, 90, 90, 90]
    ),
    "Pa": lambda: crystal(
        "Pa", [(0, 0, 0)], spacegroup=139, cellpar=[3.925, 3.925, 3.238, 90, 90, 90]
    ),
    "U": lambda: crystal(
        "U", [(0.0, 0.1025, 0.25)], spacegroup=63, cellpar=[2.854, 5.869, 4.955, 90, 90, 90]
    ),
    "Np": lambda: crystal(
        ["Np", "Np"],
        [(0.036, 0.25, 0.208), (0.319, 0.25, 0.842)],
        spacegroup=62,
        cellpar=[6.663, 4.723, 4.887, 90, 90, 90],
    ),
}


def packed_dimers(symbol: str, a: float, c: float, bond: float) -> Atoms:
    atoms = bulk(symbol, "hcp", a=a, c=c)
    other = atoms.copy()
    other.positions[:, 2] += bond
    return atoms + other


def has_bulk(symbol: str) -> bool:
    try:
        bulk(symbol)
    except (ValueError, RuntimeError, KeyError):
        return False
    return True


EVERY_ELEMENT = [s for s in chemical_symbols[1:] if s in ELEMENTS or has_bulk(s)]


@pytest.mark.parametrize("symbol", EVERY_ELEMENT)
def test_every_element_is_bulk(symbol: str) -> None:
    atoms = ELEMENTS[symbol]() if symbol in ELEMENTS else bulk(symbol)
    report = detect_vacuum(atoms)
    assert report == VacuumReport((False,) * 3, 3, report.reason), report.reason


def test_the_elements_are_all_that_ase_has_a_lattice_for() -> None:
    known = {
        symbol
        for symbol, reference in zip(chemical_symbols, reference_states, strict=False)
        if (reference or {}).get("a") is not None
    }
    assert known - set(EVERY_ELEMENT) <= {"S"}  # 128 atoms in sulphur's cell: eight-membered rings
    assert len(EVERY_ELEMENT) > 80


@pytest.mark.parametrize("symbol", ["Cs", "K", "Xe", "Cu", "W", "Ba", "Po"])
def test_the_conventional_cell_and_its_supercells_are_bulk_too(symbol: str) -> None:
    cubic = bulk(symbol, cubic=True)
    for repeats in ((1, 1, 1), (2, 2, 2), (1, 1, 4), (3, 1, 1)):
        assert detect_vacuum(cubic * repeats).dimensionality == 3


def cubic_cell(symbols: list[str], basis: list[tuple[float, ...]], number: int, a: float) -> Atoms:
    return crystal(symbols, basis, spacegroup=number, cellpar=[a] * 3 + [90] * 3)


def hexagonal(
    symbols: list[str], basis: list[tuple[float, ...]], number: int, a: float, c: float
) -> Atoms:
    return crystal(symbols, basis, spacegroup=number, cellpar=[a, a, c, 90, 90, 120])


def lta() -> Atoms:
    # empty cages of 11 Å across
    basis = [(0, 0.1847, 0.3683), (0, 0.2122, 0.5), (0, 0.2967, 0.2967), (0.1103, 0.1103, 0.3385)]
    return cubic_cell(["Si", "O", "O", "O"], basis, 221, 11.867)


def holed() -> Atoms:
    atoms = bulk("Cu", cubic=True) * (4, 4, 4)
    inside = np.linalg.norm(atoms.positions - atoms.positions.mean(axis=0), axis=1) < 4.5
    return atoms[~inside]


def fullerite() -> Atoms:
    atoms = molecule("C60")
    atoms.set_cell(7.085 * (np.ones((3, 3)) - np.eye(3)))
    atoms.pbc = True
    return atoms


def liquid() -> Atoms:
    atoms = bulk("Cu", "fcc", a=3.75, cubic=True) * (3, 3, 3)
    atoms.rattle(0.5, seed=1)
    return atoms


def swollen(atoms: Atoms, factor: float) -> Atoms:
    atoms.set_cell(atoms.cell * factor, scale_atoms=True)
    return atoms


BULK: dict[str, Builder] = {
    "rock salt": lambda: bulk("NaCl", "rocksalt", a=5.64),
    "rock salt, cubic": lambda: bulk("NaCl", "rocksalt", a=5.64, cubic=True),
    "rubidium iodide": lambda: bulk("RbI", "rocksalt", a=7.34),
    "caesium chloride": lambda: bulk("CsCl", "cesiumchloride", a=4.12),
    "potassium chloride, molten volume": lambda: swollen(bulk("KCl", "rocksalt", a=6.29), 1.08),
    "zinc blende": lambda: bulk("ZnS", "zincblende", a=5.41),
    "wurtzite": lambda: bulk("ZnO", "wurtzite", a=3.25, c=5.2),
    "fluorite": lambda: bulk("CaF2", "fluorite", a=5.46),
    "perovskite": lambda: cubic_cell(
        ["Sr", "Ti", "O"], [(0, 0, 0), (0.5, 0.5, 0.5), (0.5, 0.5, 0)], 221, 3.905
    ),
    "rutile": lambda: crystal(
        ["Ti", "O"],
        [(0, 0, 0), (0.305, 0.305, 0)],
        spacegroup=136,
        cellpar=[4.594, 4.594, 2.959, 90, 90, 90],
    ),
    "quartz": lambda: hexagonal(
        ["Si", "O"], [(0.4697, 0, 0), (0.4133, 0.2672, 0.1188)], 154, 4.916, 5.405
    ),
    "zeolite A": lta,
    "sodalite, empty": lambda: cubic_cell(
        ["Al", "Si", "O"], [(0.25, 0, 0.5), (0.25, 0.5, 0), (0.139, 0.149, 0.438)], 218, 8.88
    ),
    "graphite": lambda: hexagonal(
        ["C", "C"], [(0, 0, 0.25), (1 / 3, 2 / 3, 0.25)], 194, 2.464, 6.711
    ),
    "graphite at 3000 K": lambda: hexagonal(
        ["C", "C"], [(0, 0, 0.25), (1 / 3, 2 / 3, 0.25)], 194, 2.48, 7.4
    ),
    "graphite, supercell": lambda: BULK["graphite"]() * (3, 3, 2),
    "boron nitride": lambda: hexagonal(
        ["B", "N"], [(1 / 3, 2 / 3, 0.25), (1 / 3, 2 / 3, 0.75)], 194, 2.504, 6.661
    ),
    "molybdenite": lambda: hexagonal(
        ["Mo", "S"], [(1 / 3, 2 / 3, 0.25), (1 / 3, 2 / 3, 0.621)], 194, 3.16, 12.295
    ),
    "bismuth telluride": lambda: hexagonal(
        ["Bi", "Te", "Te"], [(0, 0, 0.4), (0, 0, 0), (0, 0, 0.2097)], 166, 4.386, 30.497
    ),
    "lead iodide": lambda: hexagonal(
        ["Pb", "I"], [(0, 0, 0), (1 / 3, 2 / 3, 0.265)], 164, 4.555, 6.977
    ),
    "brucite": lambda: hexagonal(
        ["Mg", "O", "H"],
        [(0, 0, 0), (1 / 3, 2 / 3, 0.22), (1 / 3, 2 / 3, 0.43)],
        164,
        3.147,
        4.769,
    ),
    "dicalcium nitride": lambda: hexagonal(
        ["N", "Ca"], [(0, 0, 0), (0, 0, 0.268)], 166, 3.624, 19.1
    ),
    "dry ice": lambda: cubic_cell(["C", "O"], [(0, 0, 0), (0.118, 0.118, 0.118)], 205, 5.62),
    "fullerite": fullerite,
    "polyethylene": lambda: crystal(
        ["C", "H", "H"],
        [(0.038, 0.065, 0.25), (0.186, 0.06, 0.25), (0.011, 0.277, 0.25)],
        spacegroup=62,
        cellpar=[7.42, 4.945, 2.547, 90, 90, 90],
    ),
    "copper with a void": holed,
    "liquid copper": liquid,
    "sodium, swollen by a third": lambda: swollen(bulk("Na"), 1.10),
    "argon near its boiling point": lambda: swollen(bulk("Ar"), 1.05),
}


@pytest.mark.parametrize("name", BULK)
def test_bulk_is_bulk(name: str) -> None:
    report = detect_vacuum(BULK[name]())
    assert report.axes == (False, False, False), report.reason
    assert report.dimensionality == 3
    assert report.reason == "bulk: atoms cover every layer along a, b, c"


def turned(atoms: Atoms, axis: int) -> Atoms:
    """Let the third cell vector become the one asked for."""
    cell = np.roll(atoms.cell.array, axis - 2, axis=0)
    return Atoms(atoms.numbers, positions=atoms.positions, cell=cell, pbc=True)


def cut(atoms: Atoms, vacuum_A: float) -> Atoms:
    """Open a crystal along c by a thickness of vacuum."""
    add_vacuum(atoms, vacuum_A)
    return atoms


def bulk_111(symbol: str) -> Atoms:
    return surface(bulk(symbol, cubic=True), (1, 1, 1), 3, periodic=True)


SLABS: dict[str, Builder] = {
    "Cu(111)": lambda: bulk_111("Cu"),
    "Cu(100)": lambda: bulk("Cu", cubic=True) * (1, 1, 3),
    "Al(111)": lambda: bulk_111("Al"),
    "W(100)": lambda: bulk("W", cubic=True) * (1, 1, 4),
    "Cs(100)": lambda: bulk("Cs", cubic=True) * (1, 1, 3),
    "K(100)": lambda: bulk("K", cubic=True) * (2, 1, 3),
    "Mg(0001)": lambda: bulk("Mg") * (1, 1, 3),
    "Si(100)": lambda: bulk("Si", cubic=True) * (1, 1, 2),
    "diamond(100)": lambda: bulk("C", cubic=True) * (1, 1, 3),
    "MgO(100)": lambda: bulk("MgO", "rocksalt", a=4.21, cubic=True) * (1, 1, 2),
    "NaCl(100)": lambda: bulk("NaCl", "rocksalt", a=5.64, cubic=True) * (1, 1, 2),
    "Xe(111)": lambda: bulk_111("Xe"),
    "graphite(0001)": BULK["graphite"],
    "molybdenite(0001)": BULK["molybdenite"],
    "SrTiO3(100)": lambda: BULK["perovskite"]() * (1, 1, 3),
}


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("vacuum_A", [4.0, 6.0, 10.0, 20.0])
@pytest.mark.parametrize("name", SLABS)
def test_slabs_are_slabs_along_each_axis(name: str, vacuum_A: float, axis: int) -> None:
    report = detect_vacuum(turned(cut(SLABS[name](), vacuum_A), axis))
    assert report.axes == tuple(k == axis for k in range(3)), report.reason
    assert report.dimensionality == 2
