"""Pooling of environments: the closed forms its docstring promises."""

import numpy as np
from ase.data import atomic_numbers

from mlip_autopipec.descriptors.pooling import pooled

CU, AU = atomic_numbers["Cu"], atomic_numbers["Au"]


def test_mean_and_spread_of_each_element() -> None:
    environments = np.array([[1.0, 2.0], [3.0, 2.0], [5.0, 5.0], [9.0, 1.0]])
    row = pooled(environments, np.array([CU, CU, AU, CU]), ("Au", "Cu")).reshape(2, 2, 2)
    assert np.allclose(row[0], np.sqrt(1 / 4) * np.array([[5.0, 5.0], [0.0, 0.0]]))
    copper = environments[[0, 1, 3]]
    assert np.allclose(row[1], np.sqrt(3 / 4) * np.array([copper.mean(0), copper.std(0)]))


def test_squared_distance_is_the_wasserstein_distance_averaged_over_atoms() -> None:
    rng = np.random.default_rng(1)
    numbers = np.array([CU] * 6 + [AU] * 2)
    first, second = rng.normal(size=(2, 8, 5))
    rows = [pooled(each, numbers, ("Au", "Cu")) for each in (first, second)]
    expected = 0.0
    for number, share in ((CU, 0.75), (AU, 0.25)):
        one, two = first[numbers == number], second[numbers == number]
        expected += share * np.sum((one.mean(0) - two.mean(0)) ** 2)
        expected += share * np.sum((one.std(0) - two.std(0)) ** 2)
    assert np.isclose(np.sum((rows[0] - rows[1]) ** 2), expected, rtol=1e-12)  # the same sums


def test_an_absent_element_leaves_zeros() -> None:
    row = pooled(np.ones((3, 4)), np.array([CU, CU, CU]), ("Au", "Cu")).reshape(2, -1)
    assert not row[0].any()
    assert row[1].any()


def test_the_scatter_of_a_mean_does_not_grow_for_a_rare_element() -> None:
    """One atom in eight scatters as much as seven in eight do: share times variance over count."""
    rng = np.random.default_rng(2)
    numbers = np.array([AU] + [CU] * 7)
    rows = np.array([pooled(rng.normal(size=(8, 1)), numbers, ("Au", "Cu")) for _ in range(4000)])
    gold, copper = rows[:, 0].var(), rows[:, 2].var()
    # The standard error of a variance from 4000 normal numbers is sqrt(2 / 4000) = 2.2 %.
    assert np.isclose(gold, copper, rtol=0.1)
    assert np.isclose(gold, 1 / 8, rtol=0.1)
