from collections import Counter

import numpy as np
import pytest
from ase.build import bulk
from hypothesis import given, settings
from hypothesis import strategies as st

from mlip_autopipec.config.faults import validate
from mlip_autopipec.config.generation import AntisitesConfig, SubstitutionConfig, VacanciesConfig
from mlip_autopipec.errors import ConfigError, GenerationError
from mlip_autopipec.structures.transforms.occupation import antisites, substitution, vacancies

SALT = bulk("NaCl", "rocksalt", a=5.64, cubic=True) * (2, 2, 1)  # 16 Na, 16 Cl
seeds = st.integers(0, 2**32 - 1).map(np.random.default_rng)


@settings(deadline=None, max_examples=30)
@given(rng=seeds, count=st.integers(1, 16))
def test_vacancies_are_as_many_as_asked_for(rng: np.random.Generator, count: int) -> None:
    opened = vacancies(SALT, VacanciesConfig(element="Na", count=count), rng)
    assert Counter(opened.symbols) == Counter({"Na": 16 - count, "Cl": 16})
    assert {tuple(p) for p in opened.positions} <= {tuple(p) for p in SALT.positions}
    assert np.array_equal(opened.cell.array, SALT.cell.array)
    assert len(SALT) == 32


@pytest.mark.parametrize(("fraction", "left"), [(0.03, 31), (0.05, 30), (0.5, 16), (0.99, 0)])
def test_a_fraction_is_rounded_to_atoms(fraction: float, left: int) -> None:
    config, rng = VacanciesConfig(fraction=fraction), np.random.default_rng(0)
    if left == 0:
        with pytest.raises(GenerationError, match="all 32 atoms would be left out"):
            vacancies(SALT, config, rng)
    else:
        assert len(vacancies(SALT, config, rng)) == left


def test_every_atom_may_be_the_vacancy() -> None:
    rng = np.random.default_rng(2)
    gone = Counter()
    for _ in range(3200):
        opened = vacancies(SALT, VacanciesConfig(count=1), rng)
        rest = {tuple(p) for p in opened.positions}
        (missing,) = (k for k, p in enumerate(SALT.positions) if tuple(p) not in rest)
        gone[missing] += 1
    chi_squared = sum((n - 100) ** 2 / 100 for n in gone.values())
    assert len(gone) == 32
    assert chi_squared < 61.1  # the 99.9 % point for 31 degrees of freedom; the seed is fixed


@settings(deadline=None, max_examples=30)
@given(rng=seeds, count=st.integers(1, 16))
def test_substitution_and_antisites_keep_the_sites(rng: np.random.Generator, count: int) -> None:
    doped = substitution(SALT, SubstitutionConfig(element="Na", by="K", count=count), rng)
    assert Counter(doped.symbols) == Counter({"Na": 16 - count, "K": count, "Cl": 16})
    swapped = antisites(SALT, AntisitesConfig(elements=("Na", "Cl"), count=count), rng)
    assert Counter(swapped.symbols) == Counter(SALT.symbols)
    assert int((swapped.numbers != SALT.numbers).sum()) == 2 * count
    for changed in (doped, swapped):
        assert np.array_equal(changed.positions, SALT.positions)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (VacanciesConfig(element="Na", count=17), "vacancies: 17 of 16 Na atoms"),
        (VacanciesConfig(element="Au", fraction=0.5), "vacancies: 0.5 of 0 Au atoms is not one"),
        (VacanciesConfig(fraction=0.01), "vacancies: 0.01 of 32 atoms is not one; enlarge the ce"),
    ],
)
def test_impossible_vacancies_are_refused(config: VacanciesConfig, message: str) -> None:
    with pytest.raises(GenerationError, match=message):
        vacancies(SALT, config, np.random.default_rng(0))


def test_impossible_exchanges_are_refused() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(GenerationError, match="antisites: 17 of 16 Na atoms"):
        antisites(SALT, AntisitesConfig(elements=("Na", "Cl"), count=17), rng)
    with pytest.raises(GenerationError, match="substitution: 1 of 0 Au atoms"):
        substitution(SALT, SubstitutionConfig(element="Au", by="Cu", count=1), rng)


def test_bad_amounts_are_refused() -> None:
    for document in ({}, {"count": 1, "fraction": 0.5}):
        with pytest.raises(ConfigError, match="either count or fraction"):
            validate(VacanciesConfig, document)
    with pytest.raises(ConfigError, match="two different elements"):
        validate(AntisitesConfig, {"elements": ["Na", "Na"]})
