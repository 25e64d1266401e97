"""Swaps against Boltzmann's distribution on lattices whose states can be enumerated."""

from collections import Counter
from itertools import combinations
from math import comb

import numpy as np
import pytest
from ase import Atoms, units
from ase.constraints import FixAtoms
from scipy.stats import chi2

from mlip_autopipec.calculators.mixing import Contributions
from mlip_autopipec.explorers.integrator import Conditions, DynamicsSettings, MomentumFreeBAOAB
from mlip_autopipec.explorers.monte_carlo import SpeciesSwaps, acceptance, swap_pairs
from mlip_autopipec.explorers.surface import Evaluation

TEMPERATURE_K = 600.0
SPACING_A = 3.0
STIFFNESS_eV_A2 = 4.0


class LatticeSurface:
    """Atoms bound by springs to the nearest of the sites of a ring, with pair energies.

    The energy of an arrangement is the sum of random couplings between unlike neighbours on the
    ring, and of a random field; the springs are alike for all atoms, so that the distribution of
    arrangements is Boltzmann's of the lattice energy alone.
    """

    def __init__(self, n_sites: int, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.sites = SPACING_A * np.eye(3)[0] * np.arange(n_sites)[:, None]
        scale = units.kB * TEMPERATURE_K
        self.couplings = rng.normal(scale=scale, size=n_sites)
        self.field = rng.normal(scale=0.7 * scale, size=n_sites)

    def places(self, positions: np.ndarray) -> np.ndarray:
        return np.rint(positions[:, 0] / SPACING_A).astype(int)

    def arrangement(self, atoms: Atoms) -> tuple[int, ...]:
        occupied = np.empty(len(atoms), dtype=int)
        occupied[self.places(atoms.positions)] = atoms.numbers
        return tuple(occupied.tolist())

    def lattice_energy(self, arrangement: tuple[int, ...]) -> float:
        gold = np.array(arrangement) == 79
        return float(self.couplings[gold != np.roll(gold, 1)].sum() + self.field[gold].sum())

    def evaluate(self, atoms: Atoms, *, stress: bool = False) -> Evaluation:
        assert not stress
        shifts = atoms.positions - self.sites[self.places(atoms.positions)]
        forces = -STIFFNESS_eV_A2 * shifts
        energy = self.lattice_energy(self.arrangement(atoms))
        energy += 0.5 * STIFFNESS_eV_A2 * float(np.sum(shifts**2))
        return Evaluation(energy, forces, None, Contributions(energy, forces, None, 0.0))


def boltzmann(surface: LatticeSurface, atoms: Atoms) -> dict[tuple[int, ...], float]:
    n_gold, n = int((atoms.numbers == 79).sum()), len(atoms)
    weights = {}
    for gold in combinations(range(n), n_gold):
        arrangement = tuple(79 if k in gold else 29 for k in range(n))
        energy = surface.lattice_energy(arrangement)
        weights[arrangement] = np.exp(-energy / (units.kB * TEMPERATURE_K))
    total = sum(weights.values())
    return {arrangement: weight / total for arrangement, weight in weights.items()}


def chi_square(counts: Counter, expected: dict[tuple[int, ...], float]) -> float:
    n = sum(counts.values())
    return sum((counts[state] - n * p) ** 2 / (n * p) for state, p in expected.items())


def ring(surface: LatticeSurface) -> Atoms:
    return Atoms([79, 79, 79, 29, 29, 29], positions=surface.sites)


def assert_boltzmann(values: list[float], n_states: int) -> None:
    """Several seeds: their sum of χ² is one χ² of all degrees of freedom.

    Refused above the 99.9 % quantile. Samples are so far apart that they are independent.
    """
    n_degrees = len(values) * (n_states - 1)
    assert sum(values) < chi2.ppf(0.999, n_degrees)
    # Nor may it be too good to be true.
    assert sum(values) > chi2.ppf(0.001, n_degrees)


def test_arrangements_follow_boltzmann() -> None:
    values = []
    for seed in range(4):
        surface = LatticeSurface(6, seed)
        atoms, rng = ring(surface), np.random.default_rng(seed)
        swaps, state = SpeciesSwaps(atoms), surface.evaluate(atoms)
        counts: Counter = Counter()
        for _ in range(500):
            for _ in range(12):
                _, state = swaps.attempt(
                    atoms, state, TEMPERATURE_K, evaluate=surface.evaluate, rng=rng
                )
            counts[surface.arrangement(atoms)] += 1
        values.append(chi_square(counts, boltzmann(surface, atoms)))
    assert_boltzmann(values, comb(6, 3))


def test_arrangements_follow_boltzmann_with_dynamics_in_between() -> None:
    values, temperatures = [], []
    for seed in range(2):
        surface = LatticeSurface(6, 100 + seed)
        atoms, rng = ring(surface), np.random.default_rng(seed)
        # Equal masses keep the centre of mass where it is, as the springs to the sites demand.
        atoms.set_masses(np.full(6, 100.0))
        swaps = SpeciesSwaps(atoms)
        run = dynamics(atoms, surface, rng)
        counts: Counter = Counter()
        for _ in range(500):
            for _ in range(8):
                run.step()
                for _ in range(2):
                    attempt, state = swaps.attempt(
                        atoms, run.evaluation, TEMPERATURE_K, evaluate=surface.evaluate, rng=rng
                    )
                    if attempt.accepted:
                        run.replace_evaluation(state)
            counts[surface.arrangement(atoms)] += 1
            temperatures.append(2.0 * atoms.get_kinetic_energy() / (15 * units.kB))
        values.append(chi_square(counts, boltzmann(surface, atoms)))
    assert_boltzmann(values, comb(6, 3))
    # 15 degrees of freedom, 1,000 samples with a correlation of exp(-1.6): 1.4 %; 4 of that.
    assert np.mean(temperatures) == pytest.approx(TEMPERATURE_K, rel=0.056)


def dynamics(atoms: Atoms, surface: LatticeSurface, rng: np.random.Generator) -> MomentumFreeBAOAB:
    return MomentumFreeBAOAB(
        atoms,
        surface,
        DynamicsSettings(10.0 * units.fs, 100.0 * units.fs, None),
        timestep=1.0 * units.fs,
        conditions=Conditions(TEMPERATURE_K, 0.0),
        evaluation=surface.evaluate(atoms),
        rng=rng,
    )


def test_momenta_stay_thermal_for_each_mass_whatever_is_accepted() -> None:
    surface = LatticeSurface(6, 0)
    surface.couplings[:] = surface.field[:] = 0.0
    atoms, rng = ring(surface), np.random.default_rng(4)
    swaps, run = SpeciesSwaps(atoms), dynamics(atoms, surface, rng)
    squares = []
    for _ in range(1500):
        for _ in range(6):
            run.step()
            attempt, state = swaps.attempt(
                atoms, run.evaluation, TEMPERATURE_K, evaluate=surface.evaluate, rng=rng
            )
            if attempt.accepted:
                run.replace_evaluation(state)
        squares.append(atoms.get_momenta() ** 2)
    masses = atoms.get_masses()
    expected = masses * (1.0 - masses / masses.sum()) * units.kB * TEMPERATURE_K
    measured = np.mean(squares, axis=(0, 2))
    # 13,500 values a species, correlated by exp(-1.2): 2.1 %; 4 of that.
    for element in (29, 79):
        mine = atoms.numbers == element
        assert measured[mine].mean() == pytest.approx(expected[mine].mean(), rel=0.084)


def test_a_rejected_move_leaves_the_very_same_state(rng: np.random.Generator) -> None:
    surface = LatticeSurface(6, 1)
    atoms = ring(surface)
    atoms.positions += rng.normal(scale=0.1, size=(6, 3))
    before, state = atoms.positions.copy(), surface.evaluate(atoms)
    attempt, after = SpeciesSwaps(atoms).attempt(
        atoms, state, TEMPERATURE_K, evaluate=lambda _atoms: None, rng=rng
    )
    assert not attempt.accepted
    assert after is state
    np.testing.assert_array_equal(atoms.positions, before)


def test_an_accepted_move_exchanges_two_unlike_atoms_with_their_momenta(
    rng: np.random.Generator,
) -> None:
    surface = LatticeSurface(6, 1)
    atoms = ring(surface)
    atoms.set_momenta(rng.normal(size=(6, 3)))
    before, kinetic = atoms.copy(), atoms.get_kinetic_energy()
    attempt, after = SpeciesSwaps(atoms).attempt(
        atoms, surface.evaluate(atoms), 1e9, evaluate=surface.evaluate, rng=rng
    )
    assert attempt.accepted
    assert attempt.name == "Au-Cu"
    assert after.energy_eV == surface.evaluate(atoms).energy_eV
    moved = np.flatnonzero((atoms.positions != before.positions).any(axis=1))
    assert sorted(atoms.numbers[moved]) == [29, 79]
    np.testing.assert_array_equal(atoms.positions[moved], before.positions[moved[::-1]])
    np.testing.assert_array_equal(atoms.get_momenta(), before.get_momenta())
    assert atoms.get_kinetic_energy() == kinetic


def test_all_unlike_pairs_are_proposed_alike(rng: np.random.Generator) -> None:
    atoms = Atoms("Cu3Au2Ni", positions=np.arange(18.0).reshape(6, 3))
    proposed: Counter = Counter()
    start = atoms.positions.copy()

    def note(trial: Atoms) -> None:
        moved = np.flatnonzero((trial.positions != start).any(axis=1))
        proposed[tuple(moved.tolist())] += 1

    swaps, state = SpeciesSwaps(atoms), Evaluation(0.0, start, None, None)
    for _ in range(5500):
        swaps.attempt(atoms, state, 300.0, evaluate=note, rng=rng)
    assert len(proposed) == 3 * 2 + 3 * 1 + 2 * 1
    observed = sum((count - 500) ** 2 / 500 for count in proposed.values())
    assert observed < chi2.ppf(0.999, 10)


@pytest.mark.parametrize(
    ("difference_eV", "temperature_K", "expected"),
    [
        (-1.0, 300.0, 1.0),
        (0.0, 0.0, 1.0),
        (0.1, 0.0, 0.0),
        (units.kB * 300.0, 300.0, np.exp(-1.0)),
        (1e6, 1e-6, 0.0),
    ],
)
def test_acceptance(difference_eV: float, temperature_K: float, expected: float) -> None:
    assert acceptance(difference_eV, temperature_K) == pytest.approx(expected, rel=1e-12)


def test_fixed_atoms_are_left_where_they_are() -> None:
    atoms = Atoms("Cu2Au2", positions=np.arange(12.0).reshape(4, 3))
    atoms.set_constraint(FixAtoms([0, 3]))
    (pair,) = swap_pairs(atoms)
    assert (pair.name, pair.first.tolist(), pair.second.tolist()) == ("Au-Cu", [2], [1])


def test_pairs_of_species_are_named_in_alphabetical_order() -> None:
    atoms = Atoms("NiCuAu", positions=np.eye(3))
    assert [pair.name for pair in swap_pairs(atoms)] == ["Au-Cu", "Au-Ni", "Cu-Ni"]
    assert SpeciesSwaps(atoms).names == ("Au-Cu", "Au-Ni", "Cu-Ni")
    assert swap_pairs(Atoms("Cu4", positions=np.ones((4, 3)))) == ()
