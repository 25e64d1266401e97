from itertools import combinations_with_replacement, product

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk, molecule
from ase.collections import g2
from ase.data import covalent_radii
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mlip_autopipec.structures.checks import closest_scaled_distance, shortest_distance_fault

USUAL_SCALE = 0.6


@pytest.mark.parametrize("name", g2.names)
def test_no_bond_of_a_known_molecule_is_refused(name: str) -> None:
    # G2: 162 molecules with H–H, O–H, C–H, N≡N, C≡O, Li–F, P2, … at measured geometries
    assert shortest_distance_fault(molecule(name), USUAL_SCALE) is None


DIMERS = [  # bond lengths in Å from Huber and Herzberg's tables: the shortest known for their radii
    ("NN", 1.098),
    ("OH", 0.970),
    ("BaO", 1.940),
    ("LaO", 1.825),
    ("ThO", 1.840),
    ("CrCr", 1.679),
    ("MoMo", 1.940),
    ("CsF", 2.345),
    ("HH", 0.741),
]


@pytest.mark.parametrize(("symbols", "distance_A"), DIMERS)
def test_the_shortest_known_bonds_pass(symbols: str, distance_A: float) -> None:
    dimer = Atoms(symbols, positions=[[0, 0, 0], [0, 0, distance_A]])
    assert shortest_distance_fault(dimer, USUAL_SCALE) is None


def test_overlapping_metal_atoms_are_named() -> None:
    atoms = bulk("Cu", cubic=True) * (2, 2, 2)
    atoms.numbers[5] = 79
    atoms.positions[5] = atoms.positions[9] + [1.2, 0.0, 0.0]
    assert shortest_distance_fault(atoms, USUAL_SCALE) == (
        "Au (atom 5) is 1.200 Å from Cu (atom 9); the limit is 1.608 Å"
    )


def test_an_atom_may_meet_its_own_image() -> None:
    atoms = Atoms("Cu", cell=[1.5, 9.0, 9.0], pbc=True)
    assert shortest_distance_fault(atoms, USUAL_SCALE) == (
        "Cu (atom 0) is 1.500 Å from its own periodic image; the limit is 1.584 Å"
    )
    atoms.pbc = (False, True, True)
    assert shortest_distance_fault(atoms, USUAL_SCALE) is None


def test_atoms_in_one_place_are_found() -> None:
    atoms = Atoms("CuAu", positions=np.zeros((2, 3)), cell=np.eye(3) * 5.0, pbc=True)
    pair = closest_scaled_distance(atoms)
    assert pair == (0.0, 0, 1, 0.0)
    assert shortest_distance_fault(atoms, USUAL_SCALE) == (
        "Cu (atom 0) is 0.000 Å from Au (atom 1); the limit is 1.608 Å"
    )


def test_the_least_ratio_need_not_be_the_least_distance() -> None:
    # H–H at 0.74 Å is a bond (1.19 of the radii), Cs–Cs at 2.6 Å is not (0.53)
    atoms = Atoms("H2Cs2", positions=[[0, 0, 0], [0, 0, 0.74], [9, 0, 0], [9, 0, 2.6]])
    pair = closest_scaled_distance(atoms)
    assert pair is not None
    assert (pair.i, pair.j) == (2, 3)
    assert pair.ratio == pytest.approx(2.6 / (2 * 2.44), rel=1e-12)


def test_large_atoms_far_apart_are_compared_with_small_ones() -> None:
    atoms = Atoms("H2Cs2", positions=[[0, 0, 0], [0, 0, 50], [500, 0, 0], [500, 0, 180]])
    pair = closest_scaled_distance(atoms)
    assert pair is not None
    assert (pair.i, pair.j) == (2, 3)  # 180 Å are 37 radii of Cs, 50 Å are 81 of H


def test_a_lone_atom_is_close_to_nothing() -> None:
    assert closest_scaled_distance(Atoms("H")) is None
    assert closest_scaled_distance(Atoms()) is None
    assert shortest_distance_fault(Atoms(), USUAL_SCALE) is None


def test_a_limit_of_zero_refuses_nothing() -> None:
    assert shortest_distance_fault(Atoms("H2"), 0.0) is None


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_positions_that_are_no_numbers_are_refused(value: float) -> None:
    atoms = Atoms("H2", positions=[[0, 0, 0], [0, 0, value]])
    with pytest.raises(ValueError, match="positions and cell should be finite"):
        shortest_distance_fault(atoms, USUAL_SCALE)


def test_a_flat_cell_is_refused() -> None:
    atoms = Atoms("H", cell=[[1, 0, 0], [0, 1, 0], [1, 1, 0]], pbc=True)
    with pytest.raises(ValueError, match="lie in a plane"):
        closest_scaled_distance(atoms)


def least_ratio_by_brute_force(atoms: Atoms) -> float:
    heights_A = 1.0 / np.linalg.norm(np.linalg.inv(atoms.cell.array), axis=0)
    reach = np.where(atoms.pbc, np.ceil(30.0 / heights_A).astype(int), 0)
    shifts = np.array(list(product(*(range(-n, n + 1) for n in reach)))) @ atoms.cell.array
    wrapped = atoms.copy()
    wrapped.wrap()
    radii_A = covalent_radii[atoms.numbers]
    ratios = [np.inf]
    for i, j in combinations_with_replacement(range(len(atoms)), 2):
        gaps_A = np.linalg.norm(wrapped.positions[i] - wrapped.positions[j] + shifts, axis=1)
        if i == j:
            gaps_A = gaps_A[shifts.any(axis=1)]
        ratios.append(gaps_A.min(initial=np.inf) / (radii_A[i] + radii_A[j]))
    return min(ratios)


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 2**32 - 1), n_atoms=st.integers(1, 6))
def test_it_agrees_with_brute_force_in_cells_of_any_shape(seed: int, n_atoms: int) -> None:
    rng = np.random.default_rng(seed)
    atoms = Atoms(
        rng.integers(1, 96, n_atoms),
        positions=rng.normal(size=(n_atoms, 3)) * 6.0,
        cell=rng.normal(size=(3, 3)) * 3.0 + np.eye(3) * rng.uniform(1.0, 6.0),
        pbc=rng.random(3) < 0.6,
    )
    assume(abs(atoms.cell.volume) > 20.0)
    expected = least_ratio_by_brute_force(atoms)
    pair = closest_scaled_distance(atoms)
    if pair is None:
        assert expected == np.inf
        return
    # both compute the distances in double precision, from positions of some 20 Å
    assert pair.ratio == pytest.approx(expected, rel=1e-9)
    radii_A = covalent_radii[atoms.numbers]
    assert pair.ratio * (radii_A[pair.i] + radii_A[pair.j]) == pytest.approx(pair.distance_A)
    assert shortest_distance_fault(atoms, 0.9 * pair.ratio) is None
    assert shortest_distance_fault(atoms, 1.1 * pair.ratio) is not None
