"""Slabs, sheets, wires and clusters, each labelled with what has to be found."""

from collections.abc import Callable

import numpy as np
import pytest
from ase import Atoms
from ase.build import (
    add_adsorbate,
    add_vacuum,
    bcc110,
    bulk,
    diamond111,
    fcc100,
    fcc111,
    graphene,
    hcp0001,
    make_supercell,
    molecule,
    mx2,
    nanotube,
    surface,
)
from ase.cluster import Icosahedron, Octahedron
from hypothesis import given, settings
from hypothesis import strategies as st

from mlip_autopipec.structures.vacuum import detect_vacuum

Builder = Callable[[], Atoms]
Three = tuple[bool, bool, bool]

TFF, FTF, FFT = (True, False, False), (False, True, False), (False, False, True)
FTT, TFT, TTF = (False, True, True), (True, False, True), (True, True, False)
FFF, TTT = (False, False, False), (True, True, True)


@pytest.mark.parametrize("symbol", ["Cu", "Al", "Ni", "Pd", "Ag", "Pt", "Au"])
def test_four_angstrom_between_the_outermost_atoms_are_enough(symbol: str) -> None:
    atoms = fcc111(symbol, (1, 1, 4), vacuum=2.0, periodic=True)
    report = detect_vacuum(atoms)
    assert report.axes == FFT, report.reason


def leaning(atoms: Atoms) -> Atoms:
    cell = atoms.cell.array
    cell[2] += 0.4 * cell[0] + 0.7 * cell[1]
    atoms.set_cell(cell)
    return atoms


def straddling(atoms: Atoms) -> Atoms:
    atoms.positions -= atoms.positions.mean(axis=0)
    atoms.wrap(pbc=True)
    return atoms


def with_pbc(atoms: Atoms, pbc: Three) -> Atoms:
    atoms.pbc = pbc
    return atoms


def adsorbed() -> Atoms:
    slab = fcc111("Pt", (3, 3, 3), vacuum=8.0, periodic=True)
    add_adsorbate(slab, molecule("C6H6"), 3.3, "ontop")
    return slab


def wire(vacuum_A: float = 8.0) -> Atoms:
    atoms = bulk("Cu", cubic=True) * (2, 2, 1)
    atoms.center(vacuum_A, axis=(0, 1))
    return atoms


def diagonal_wire() -> Atoms:
    places = [[0, 0, 0], [2, 2, 0], [4, 4, 0]]
    return Atoms("Cu3", positions=places, cell=[6, 6, 12], pbc=True)


def lying_wire() -> Atoms:
    atoms = wire()
    atoms.rotate(90, "y", rotate_cell=True)
    return Atoms(atoms.numbers, positions=atoms.positions, cell=atoms.cell[[2, 1, 0]], pbc=True)


def bilayer() -> Atoms:
    atoms = graphene(vacuum=5.0)
    other = atoms.copy()
    other.positions += [0.0, 1.42, 3.35]
    return cut(atoms + other)


def cut(atoms: Atoms) -> Atoms:
    add_vacuum(atoms, 4.0)
    atoms.pbc = True
    return atoms


def boxed(atoms: Atoms, vacuum_A: float = 6.0) -> Atoms:
    atoms.center(vacuum_A)
    atoms.pbc = True
    return atoms


OPEN: dict[str, tuple[Builder, Three, int]] = {
    "leaning slab": (lambda: leaning(fcc111("Cu", (2, 2, 4), vacuum=5, periodic=True)), FFT, 2),
    "leaning bcc slab": (lambda: leaning(bcc110("Fe", (1, 1, 5), vacuum=4, periodic=True)), FFT, 2),
    "straddling slab": (
        lambda: straddling(fcc100("Al", (2, 2, 4), 4.05, 5, periodic=True)),
        FFT,
        2,
    ),
    "straddling, leaning": (
        lambda: straddling(leaning(hcp0001("Ti", (2, 2, 4), vacuum=6, periodic=True))),
        FFT,
        2,
    ),
    "diamond slab": (lambda: diamond111("Si", (1, 1, 4), vacuum=4, periodic=True), FFT, 2),
    "benzene on platinum": (adsorbed, FFT, 2),
    "benzene on platinum, straddling": (lambda: straddling(adsorbed()), FFT, 2),
    "stepped surface": (lambda: with_pbc(surface("Cu", (3, 2, 1), 8, vacuum=5), TTT), FFT, 2),
    "one layer of atoms": (lambda: fcc111("Au", (1, 1, 1), vacuum=6, periodic=True), FFT, 2),
    "graphene": (lambda: with_pbc(graphene(vacuum=8), TTT), FFT, 2),
    "graphene, 4 Å each side": (lambda: with_pbc(graphene(vacuum=4), TTT), FFT, 2),
    "graphene without a third vector": (graphene, FFT, 2),
    "bilayer of graphite": (bilayer, FFT, 2),
    "monolayer of molybdenite": (lambda: with_pbc(mx2("MoS2", vacuum=7), TTT), FFT, 2),
    "open along c, full cell": (
        lambda: with_pbc(bulk("Cu", cubic=True), TTF),
        FFT,
        2,
    ),
    "open along a": (lambda: with_pbc(bulk("NaCl", "rocksalt", a=5.64), FTT), TFF, 2),
    "slab, open and empty": (lambda: fcc111("Cu", (2, 2, 3), vacuum=9), FFT, 2),
    "copper wire": (wire, TTF, 1),
    "copper wire, straddling": (lambda: straddling(wire()), TTF, 1),
    "copper wire, 4 Å": (lambda: wire(2.0), TTF, 1),
    "wire along a": (lying_wire, FTT, 1),
    "nanotube": (
        lambda: with_pbc(nanotube(6, 0, length=2, vacuum=5), TTT),
        TTF,
        1,
    ),
    "nanotube, open": (lambda: nanotube(6, 0, length=2, vacuum=5), TTF, 1),
    "chain along the diagonal": (diagonal_wire, TTT, 1),
    "bulk open along two": (lambda: with_pbc(bulk("Fe", cubic=True), TFF), FTT, 1),
    "slab open along another": (
        lambda: with_pbc(fcc100("Cu", (3, 3, 3), vacuum=6, periodic=True), TFT),
        FTT,
        1,
    ),
    "icosahedron in a box": (lambda: boxed(Icosahedron("Cu", 3)), TTT, 0),
    "icosahedron, straddling": (lambda: straddling(boxed(Icosahedron("Cu", 3))), TTT, 0),
    "octahedron, no cell": (lambda: Octahedron("Pt", 4, 1), TTT, 0),
    "octahedron in a tight box": (lambda: boxed(Octahedron("Pt", 4, 1), 2.0), TTT, 0),
    "water in a box": (lambda: boxed(molecule("H2O")), TTT, 0),
    "water in a leaning box": (lambda: leaning(boxed(molecule("H2O"))), TTT, 0),
    "water in a small box": (lambda: boxed(molecule("H2O"), 2.5), TTT, 0),
    "water, no cell": (lambda: molecule("H2O"), TTT, 0),
    "fullerene in a box": (lambda: boxed(molecule("C60")), TTT, 0),
    "atom in a box": (lambda: Atoms("Cs", cell=[12, 13, 14], pbc=True), TTT, 0),
    "atom, periodic without a cell": (lambda: Atoms("Cu", pbc=True), TTT, 0),
    "chain, empty along its one periodic vector": (
        lambda: with_pbc(boxed(molecule("CO2")), FFT),
        TTT,
        0,
    ),
    "two molecules apart": (lambda: boxed(molecule("H2O") + Atoms("Ar", [(7, 0, 0)])), TTT, 0),
}


@pytest.mark.parametrize("name", OPEN)
def test_what_ends_somewhere_is_no_bulk(name: str) -> None:
    build, axes, dimensionality = OPEN[name]
    report = detect_vacuum(build())
    assert (report.axes, report.dimensionality) == (axes, dimensionality), report.reason


def test_a_slab_is_known_in_a_cell_whose_faces_do_not_show_it() -> None:
    slab = fcc100("Cu", (2, 2, 4), vacuum=6.0, periodic=True)
    hidden = make_supercell(slab, [[1, 0, 1], [0, 1, 1], [1, 0, 2]])
    report = detect_vacuum(hidden)
    # every vector of this cell leads through the gap, none through it alone
    assert (report.axes, report.dimensionality) == (TTT, 2)
    assert report.reason == "slab: 9.6 Å empty between (1 1 2) planes"


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), name=st.sampled_from(sorted(OPEN)))
def test_place_and_direction_do_not_matter(seed: int, name: str) -> None:
    rng = np.random.default_rng(seed)
    atoms = OPEN[name][0]()
    before = detect_vacuum(atoms)
    rotation, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    atoms.positions = (atoms.positions + rng.uniform(-20, 20, 3)) @ rotation
    atoms.set_cell(atoms.cell.array @ rotation)
    after = detect_vacuum(atoms[rng.permutation(len(atoms))])
    assert (after.axes, after.dimensionality) == (before.axes, before.dimensionality)


@pytest.mark.parametrize(
    ("atoms", "reason"),
    [
        (bulk("Cu"), "bulk: atoms cover every layer along a, b, c"),
        (
            fcc111("Cu", (1, 1, 4), a=3.61, vacuum=5.0, periodic=True),
            "slab: 7.6 Å empty along c",
        ),
        (
            fcc111("Cu", (1, 1, 4), vacuum=5.0),
            "slab: not periodic along c, atoms cover every layer along a, b",
        ),
        (molecule("H2O"), "cluster: not periodic along a, b, c"),
    ],
)
def test_the_reason_is_one_line_with_the_figures(atoms: Atoms, reason: str) -> None:
    # 10 Å between the planes less two radii of 0.9 × 1.32 Å leave 7.6 Å
    assert detect_vacuum(atoms).reason == reason


def test_nothing_is_neither_bulk_nor_slab() -> None:
    with pytest.raises(ValueError, match="a structure without atoms"):
        detect_vacuum(Atoms())


def test_a_flat_cell_is_refused() -> None:
    with pytest.raises(ValueError, match="lie in a plane"):
        detect_vacuum(Atoms("Cu", cell=[[1, 0, 0], [0, 1, 0], [1, 1, 0]], pbc=True))
