import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk, fcc111, molecule
from ase.constraints import FixAtoms
from ase.data import covalent_radii
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mlip_autopipec.config.generation import ClosePairConfig, RattleConfig
from mlip_autopipec.errors import GenerationError
from mlip_autopipec.structures.checks import PairLimits, closest_scaled_distance
from mlip_autopipec.structures.transforms.displacements import close_pair, rattle


def test_rattle_is_gaussian_with_the_width_asked_for() -> None:
    atoms = bulk("Cu", cubic=True) * (8, 8, 8)
    moved = rattle(atoms, RattleConfig(stdev_A=0.07), np.random.default_rng(5))
    displacements_A = (moved.positions - atoms.positions).ravel()
    assert stats.kstest(displacements_A, stats.norm(scale=0.07).cdf).pvalue > 0.01  # fixed seed
    # the standard error of a standard deviation is sigma / sqrt(2 n); four of them
    n = len(displacements_A)
    assert displacements_A.std() == pytest.approx(0.07, abs=4 * 0.07 / np.sqrt(2 * n))
    assert np.array_equal(moved.cell.array, atoms.cell.array)


def test_rattle_of_zero_moves_nothing() -> None:
    atoms = bulk("Cu", cubic=True)
    moved = rattle(atoms, RattleConfig(stdev_A=0.0), np.random.default_rng(5))
    assert np.array_equal(moved.positions, atoms.positions)


def test_fixed_atoms_are_not_rattled() -> None:
    atoms = bulk("Cu", cubic=True)
    atoms.set_constraint(FixAtoms(indices=[2]))
    moved = rattle(atoms, RattleConfig(stdev_A=0.1), np.random.default_rng(5))
    still = np.isclose(moved.positions, atoms.positions, rtol=0, atol=0).all(axis=1)
    assert still.tolist() == [False, False, True, False]


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 2**32 - 1), scale=st.sampled_from([0.6, 0.75, 0.85]))
def test_a_careful_rattle_keeps_the_distances(seed: int, scale: float) -> None:
    atoms = bulk("NaCl", "rocksalt", a=5.2, cubic=True)
    config = RattleConfig(stdev_A=0.25, min_distance_scale=scale)
    moved = rattle(atoms, config, np.random.default_rng(seed))
    closest = closest_scaled_distance(moved)
    assert closest is not None
    assert closest.ratio >= scale


def test_a_careful_rattle_of_far_atoms_is_a_plain_one() -> None:
    atoms = bulk("Xe", cubic=True) * (6, 6, 6)
    config = RattleConfig(stdev_A=0.07, min_distance_scale=0.6)
    moved = rattle(atoms, config, np.random.default_rng(5))
    displacements_A = (moved.positions - atoms.positions).ravel()
    assert stats.kstest(displacements_A, stats.norm(scale=0.07).cdf).pvalue > 0.01  # fixed seed


def test_a_careful_rattle_says_when_it_cannot() -> None:
    crowded = bulk("Cu", "fcc", a=2.0, cubic=True)
    config = RattleConfig(stdev_A=0.01, min_distance_scale=0.9)
    with pytest.raises(GenerationError, match="atom 0 cannot be displaced without coming closer"):
        rattle(crowded, config, np.random.default_rng(0))


CROWDS = {
    "salt": lambda: bulk("NaCl", "rocksalt", a=5.64, cubic=True),
    "metal, one atom a cell": lambda: bulk("Cu") * (1, 1, 2),
    "molecule": lambda: molecule("CH3CH2OH"),
    "slab": lambda: fcc111("Al", (2, 2, 3), vacuum=5.0),
}


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 2**32 - 1), name=st.sampled_from(sorted(CROWDS)))
def test_a_pair_comes_close_and_none_passes_the_limit(seed: int, name: str) -> None:
    atoms = CROWDS[name]()
    config = ClosePairConfig(min_scale=0.65)
    pushed = close_pair(atoms, config, np.random.default_rng(seed))
    after = closest_scaled_distance(pushed)
    assert after is not None
    assert after.ratio >= 0.65 - 1e-9  # rounding of the distance drawn
    assert not np.array_equal(pushed.positions, atoms.positions)
    assert np.array_equal(pushed.cell.array, atoms.cell.array)
    assert np.array_equal(pushed.numbers, atoms.numbers)


def test_the_distance_is_uniform_between_the_limits() -> None:
    atoms = molecule("N2")
    config = ClosePairConfig(min_scale=0.65)
    rng = np.random.default_rng(11)
    lengths_A = [close_pair(atoms, config, rng).get_distance(0, 1) for _ in range(500)]
    shortest_A = 0.65 * 2 * covalent_radii[7]
    longest_A = atoms.get_distance(0, 1)
    uniform = stats.uniform(shortest_A, longest_A - shortest_A)
    assert stats.kstest(lengths_A, uniform.cdf).pvalue > 0.01  # the seed is fixed


def test_a_pairs_limit_is_the_shortest_distance_where_it_is_larger() -> None:
    atoms = molecule("N2")  # at 1.13 Å, by the sum of covalent radii 0.80
    rng, longest_A = np.random.default_rng(12), atoms.get_distance(0, 1)
    limits = PairLimits(0.4, {"N-N": 1.0})
    lengths_A = [
        close_pair(atoms, ClosePairConfig(min_scale=0.65), rng, limits=limits).get_distance(0, 1)
        for _ in range(500)
    ]
    uniform = stats.uniform(1.0, longest_A - 1.0)
    assert stats.kstest(lengths_A, uniform.cdf).pvalue > 0.01  # the seed is fixed
    lower = PairLimits(0.4, {"N-N": 0.7})
    for seed in range(5):  # 0.7 Å is below 0.65 of 1.42 Å: the same draws as without it
        with_it, without_it = (
            close_pair(atoms, ClosePairConfig(), np.random.default_rng(seed), limits=each)
            for each in (lower, None)
        )
        assert np.array_equal(with_it.positions, without_it.positions)


def test_a_bond_shorter_than_its_limit_is_not_pushed() -> None:
    limits = PairLimits(0.4, {"N-N": 1.2})
    with pytest.raises(GenerationError, match="radii apart, and over what the exploration allows"):
        close_pair(molecule("N2"), ClosePairConfig(), np.random.default_rng(0), limits=limits)


def test_the_surroundings_follow_softly() -> None:
    # a straight chain: those behind each atom of the pair follow it, ever less
    chain = Atoms("Cu20", positions=[[0, 0, 2.4 * k] for k in range(20)])
    rng = np.random.default_rng(4)
    moved = close_pair(chain, ClosePairConfig(min_scale=0.7, softness_A=2.0), rng)
    shifts_A = (moved.positions - chain.positions)[:, 2]
    gaps_A = np.diff(moved.positions[:, 2])
    closest = int(np.argmin(gaps_A))
    assert (shifts_A[: closest + 1] >= 0).all()
    assert (shifts_A[closest + 1 :] <= 0).all()
    # 1e-12 Å is the rounding of positions of 48 Å
    assert (np.diff(shifts_A[: closest + 1]) >= -1e-12).all()
    assert (np.diff(shifts_A[closest + 1 :]) >= -1e-12).all()
    assert shifts_A[closest] == pytest.approx(-shifts_A[closest + 1], rel=1e-9)


def test_every_kind_of_bond_is_drawn_alike() -> None:
    # ethanol has 5 C–H, 1 C–C, 1 C–O and 1 O–H
    atoms, rng = molecule("CH3CH2OH"), np.random.default_rng(3)
    kinds = []
    for _ in range(400):
        pushed = close_pair(atoms, ClosePairConfig(softness_A=0.1), rng)
        moved = np.flatnonzero(np.abs(pushed.positions - atoms.positions).max(axis=1) > 1e-12)
        kinds.append("".join(sorted(atoms.symbols[moved])))
    counts = {kind: kinds.count(kind) for kind in set(kinds)}
    assert set(counts) == {"CH", "CC", "CO", "HO"}
    # 100 expected of each; four standard deviations of the binomial are 35
    assert all(abs(n - 100) < 35 for n in counts.values())


def test_fixed_atoms_are_neither_pushed_nor_moved() -> None:
    slab = fcc111("Al", (2, 2, 3), vacuum=5.0)
    slab.set_constraint(FixAtoms(mask=slab.get_tags() > 1))
    fixed = slab.constraints[0].index
    for seed in range(10):
        pushed = close_pair(slab, ClosePairConfig(), np.random.default_rng(seed))
        assert np.array_equal(pushed.positions[fixed], slab.positions[fixed])
        assert not np.array_equal(pushed.positions, slab.positions)


def test_without_bonds_there_is_no_pair() -> None:
    with pytest.raises(GenerationError, match=r"no two bonded atoms are over 0\.65 radii apart"):
        close_pair(Atoms("Ar"), ClosePairConfig(), np.random.default_rng(0))
