import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk, fcc111, make_supercell, molecule
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from mlip_autopipec.structures.fingerprint import N_HARMONICS, FingerprintIndex, fingerprint

ROUNDING = 1e-6  # single precision of numbers up to 1
TOLERANCE = 1e-4  # what counts as a near-duplicate by default


def apart(one: Atoms, other: Atoms) -> float:
    return float(np.abs(fingerprint(one) - fingerprint(other)).max())


def rough_alloy(seed: int, repeats: tuple[int, int, int] = (2, 1, 1)) -> Atoms:
    rng = np.random.default_rng(seed)
    atoms = bulk("Cu", a=3.8, cubic=True).repeat(repeats)
    atoms.numbers = rng.permutation([29, 79] * (len(atoms) // 2))
    atoms.positions += rng.normal(scale=0.1, size=atoms.positions.shape)
    atoms.set_cell(atoms.cell.array @ (np.eye(3) + rng.uniform(-0.05, 0.05, size=(3, 3))))
    return atoms


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 2**32 - 1),
    changes=st.lists(st.integers(-2, 2), min_size=6, max_size=6),
    times=st.integers(1, 2),
)
def test_order_place_orientation_and_cell_do_not_matter(
    seed: int, changes: list[int], times: int
) -> None:
    rng = np.random.default_rng(seed)
    atoms = rough_alloy(seed)
    # a lower times an upper unit matrix has determinant 1: other vectors of the same lattice
    lower, upper = np.eye(3), np.eye(3)
    lower[np.tril_indices(3, -1)] = changes[:3]
    upper[np.triu_indices(3, 1)] = changes[3:]
    other = make_supercell(atoms, np.diag([times, 1, 1]) @ lower @ upper)
    other = other[rng.permutation(len(other))]
    turn = Rotation.random(rng=rng).as_matrix()
    other.set_cell(other.cell.array @ turn)
    other.positions = other.positions @ turn + rng.uniform(-50.0, 50.0, size=3)
    assert len(other) == times * len(atoms)
    assert apart(atoms, other) < ROUNDING


@pytest.mark.parametrize("name", ["CH3CH2OH", "C6H6", "SiH4", "LiF"])
def test_a_molecule_is_known_in_any_box(name: str) -> None:
    alone = molecule(name)
    boxed = molecule(name, vacuum=6.0)
    boxed.rotate(77.0, (1, 2, 3))
    boxed.pbc = True
    assert apart(alone, boxed) < ROUNDING


def different_pairs() -> dict[str, tuple[Atoms, Atoms]]:
    copper = bulk("Cu", a=3.6, cubic=True).repeat(2)
    gold = copper.copy()
    gold.numbers[:] = 79
    near, far = copper.copy(), copper.copy()
    del near[[0, 1]]  # neighbours
    del far[[0, 4]]  # a lattice constant apart
    slab, thicker = fcc111("Cu", (1, 1, 4), vacuum=8.0), fcc111("Cu", (1, 1, 5), vacuum=8.0)
    salt, sulfide = bulk("NaCl", "rocksalt", a=5.0), bulk("NaCl", "zincblende", a=5.0)
    return {
        "element": (copper, gold),
        "exchanged elements": (bulk("CaF2", "fluorite", a=5.5), bulk("FCa2", "fluorite", a=5.5)),
        "size": (bulk("Cu", a=3.600), bulk("Cu", a=3.601)),
        "stacking": (bulk("Cu", "fcc", a=3.6), bulk("Cu", "hcp", a=3.6 / np.sqrt(2.0))),
        "coordination": (salt, sulfide),
        "pair of vacancies": (near, far),
        "slab": (slab, thicker),
        "bond angle": (
            molecule("H2O"),
            Atoms("OH2", positions=[[0, 0, 0], [0.97, 0, 0], [0, 1, 0]]),
        ),
        "isomer": (molecule("trans-butane"), molecule("isobutane")),
        "cis": (molecule("HCOOH"), molecule("CO2")),
    }


@pytest.mark.parametrize("name", different_pairs())
def test_different_structures_are_told_apart(name: str) -> None:
    one, other = different_pairs()[name]
    assert apart(one, other) > 10 * TOLERANCE


def test_a_random_displacement_shows_in_proportion() -> None:
    crystal = bulk("Cu", a=3.6, cubic=True).repeat(2)
    rng = np.random.default_rng(3)
    noise = rng.normal(size=crystal.positions.shape)
    shown = []
    for stdev_A in (1e-3, 1e-2):
        moved = crystal.copy()
        moved.positions += stdev_A * noise
        shown.append(apart(crystal, moved))
    assert shown[0] > TOLERANCE
    assert shown[1] == pytest.approx(10 * shown[0], rel=0.2)  # linear, but for the curvature


def test_equal_decorations_of_a_small_cell_are_found_and_no_others() -> None:
    # four sites of fcc, two of each: all six arrangements are L1_0
    square = bulk("Cu", a=3.8, cubic=True)
    marks = []
    for pair in ((0, 1), (0, 2), (1, 3), (2, 3)):
        square.numbers[:] = 29
        square.numbers[list(pair)] = 79
        marks.append(fingerprint(square))
    assert np.ptp(marks, axis=0).max() < ROUNDING
    rng = np.random.default_rng(1)
    cell = bulk("Cu", a=3.8, cubic=True).repeat(3)
    index = FingerprintIndex(TOLERANCE)
    for _ in range(200):  # chance hardly makes two alike of 108 choose 54
        cell.numbers = rng.permutation([29, 79] * 54)
        mark = fingerprint(cell)
        assert index.find(mark) is None
        index.add(mark)


@settings(deadline=None, max_examples=50)
@given(seed=st.integers(0, 2**32 - 1), n_known=st.integers(0, 60))
def test_the_index_finds_what_a_search_of_all_finds(seed: int, n_known: int) -> None:
    rng = np.random.default_rng(seed)
    index = FingerprintIndex(0.3)
    known = rng.uniform(-1.0, 1.0, size=(n_known, N_HARMONICS)).astype(np.float32)
    for mark in known:
        index.add(mark)
    wanted = rng.uniform(-1.0, 1.0, size=N_HARMONICS).astype(np.float32)
    if n_known:
        wanted = known[rng.integers(n_known)] + rng.uniform(-0.4, 0.4, N_HARMONICS).astype("f4") * (
            rng.random() < 0.7
        )
    close = np.flatnonzero((np.abs(known - wanted) <= 0.3).all(axis=1))
    assert index.find(wanted) == (close[0] if len(close) else None)
    assert len(index) == n_known


def test_lone_atoms_and_nothing_have_fingerprints() -> None:
    assert apart(Atoms("He"), Atoms("He", cell=[20, 20, 20], pbc=True)) == 0.0
    assert apart(Atoms("He"), Atoms("Ne")) > TOLERANCE
