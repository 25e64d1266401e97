from collections import Counter
from itertools import permutations

import numpy as np
import pytest
from ase import Atoms, units
from ase.build import bulk, fcc111
from scipy.stats import chi2

from mlip_autopipec.calculators.mixing import Contributions
from mlip_autopipec.explorers.surface import Evaluation
from mlip_autopipec.explorers.vacancies import VacancyExchange, vacancy_sites

TEMPERATURE_K = 500.0

CRYSTALS = {
    "fcc": lambda: bulk("Cu", cubic=True) * (3, 3, 3),
    "bcc": lambda: bulk("Fe", cubic=True) * (3, 3, 3),
    "hcp": lambda: bulk("Mg") * (4, 4, 3),
    "primitive": lambda: bulk("Al") * (4, 4, 4),
    "rocksalt": lambda: bulk("NaCl", "rocksalt", a=5.64, cubic=True) * (2, 2, 2),
}


@pytest.mark.parametrize("name", CRYSTALS)
@pytest.mark.parametrize("rattle_A", [0.0, 0.05])
def test_vacancies_are_found_where_atoms_were_taken(name: str, rattle_A: float) -> None:
    atoms = CRYSTALS[name]()
    taken = [3, len(atoms) // 2]
    expected = atoms.get_scaled_positions()[taken]
    del atoms[taken]
    atoms.rattle(rattle_A, seed=2)
    sites = vacancy_sites(atoms)
    assert len(sites) == 2
    for site in expected:
        shifts = sites - site
        shifts -= np.rint(shifts)
        # The hole's centre moves by about what its neighbours do.
        assert np.linalg.norm(shifts @ atoms.cell.array, axis=1).min() < 1e-6 + 4 * rattle_A


@pytest.mark.parametrize("name", CRYSTALS)
def test_a_perfect_crystal_has_none(name: str) -> None:
    assert len(vacancy_sites(CRYSTALS[name]())) == 0


def test_vacuum_is_no_vacancy() -> None:
    assert len(vacancy_sites(fcc111("Cu", (2, 2, 3), vacuum=6.0))) == 0


def test_sites_may_be_named() -> None:
    atoms = bulk("Si", cubic=True)
    atoms.info["vacancies"] = [[0.5, 0.5, 0.5]]
    assert vacancy_sites(atoms).tolist() == [[0.5, 0.5, 0.5]]


def test_arrangements_of_atoms_and_vacancies_follow_boltzmann() -> None:
    # Two species and a vacancy on five sites of a ring: 5!/(2! 2! 1!) = 30 states.
    rng = np.random.default_rng(8)
    kT = units.kB * TEMPERATURE_K
    field = rng.normal(scale=kT, size=(3, 5))
    coupling = rng.normal(scale=0.7 * kT, size=(3, 3))
    kinds = {29: 0, 79: 1}

    def energy(state: tuple[int, ...]) -> float:
        pairs = zip(state, (*state[1:], state[0]), strict=True)
        return sum(field[k, i] for i, k in enumerate(state)) + sum(coupling[p] for p in pairs)

    def state_of(atoms: Atoms) -> tuple[int, ...]:
        state = [2] * 5
        for number, x in zip(atoms.numbers, atoms.positions[:, 0], strict=True):
            state[round(x / 3.0)] = kinds[number]
        return tuple(state)

    def evaluate(atoms: Atoms) -> Evaluation:
        forces, value = np.zeros((4, 3)), energy(state_of(atoms))
        return Evaluation(value, forces, None, Contributions(value, forces, None, 0.0))

    atoms = Atoms([29, 29, 79, 79], positions=[[3.0 * k, 0, 0] for k in range(4)])
    atoms.set_cell([15.0, 10.0, 10.0])
    atoms.info["vacancies"] = [[0.8, 0.0, 0.0]]
    moves, current = VacancyExchange(atoms), evaluate(atoms)
    assert moves.names == ("Au-vacancy", "Cu-vacancy")
    counts: Counter = Counter()
    for _ in range(900):
        for _ in range(20):
            _, current = moves.attempt(atoms, current, TEMPERATURE_K, evaluate=evaluate, rng=rng)
        counts[state_of(atoms)] += 1
    states = set(permutations((0, 0, 1, 1, 2)))
    weights = {state: np.exp(-energy(state) / kT) for state in states}
    total = sum(weights.values())
    expected = {state: 900 * weight / total for state, weight in weights.items()}
    value = sum((counts[state] - n) ** 2 / n for state, n in expected.items())
    assert chi2.ppf(0.001, 29) < value < chi2.ppf(0.999, 29)


def test_a_refused_exchange_leaves_atom_and_vacancy_where_they_were(
    rng: np.random.Generator,
) -> None:
    atoms = bulk("Cu", cubic=True)
    atoms.info["vacancies"] = [[0.5, 0.5, 0.5]]
    moves, before = VacancyExchange(atoms), atoms.positions.copy()
    forces = np.zeros((4, 3))
    state = Evaluation(0.0, forces, None, Contributions(0.0, forces, None, 0.0))
    attempt, after = moves.attempt(atoms, state, 300.0, evaluate=lambda _atoms: None, rng=rng)
    assert (attempt.name, attempt.accepted, after) == ("Cu-vacancy", False, state)
    np.testing.assert_array_equal(atoms.positions, before)
    assert moves.sites.tolist() == [[0.5, 0.5, 0.5]]
