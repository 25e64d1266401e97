import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlip_autopipec.structures.composition import exact_counts, formula

SYMBOLS = ("Cr", "Mn", "Fe", "Co", "Ni", "Cu")

weights = st.lists(st.floats(0.001, 1.0), min_size=1, max_size=6).map(
    lambda values: dict(zip(SYMBOLS, values, strict=False))
)


@settings(deadline=None)
@given(fractions=weights, n_sites=st.integers(0, 5000))
def test_counts_add_up_and_miss_by_less_than_one(fractions: dict[str, float], n_sites: int) -> None:
    counts = exact_counts(fractions, n_sites)
    total = math.fsum(fractions.values())
    assert sum(counts.values()) == n_sites
    assert list(counts) == list(fractions)
    for symbol, fraction in fractions.items():
        # 1e-9 is how far a remainder may be off by rounding
        assert abs(counts[symbol] - n_sites * fraction / total) < 1.0 + 1e-9


@settings(deadline=None)
@given(fractions=weights, n_sites=st.integers(0, 500), data=st.data())
def test_the_order_of_the_fractions_does_not_matter(
    fractions: dict[str, float], n_sites: int, data: st.DataObject
) -> None:
    shuffled = dict(data.draw(st.permutations(list(fractions.items()))))
    assert exact_counts(shuffled, n_sites) == exact_counts(fractions, n_sites)


@settings(deadline=None)
@given(counts=st.lists(st.integers(0, 60), min_size=1, max_size=6).filter(any))
def test_fractions_that_fit_are_met_exactly(counts: list[int]) -> None:
    n_sites = sum(counts)
    wanted = dict(zip(SYMBOLS, counts, strict=False))
    rounded = {symbol: float(Fraction(n, n_sites)) for symbol, n in wanted.items()}
    assert exact_counts(rounded, n_sites) == wanted


@pytest.mark.parametrize(
    ("fractions", "n_sites", "expected"),
    [
        ({"Cu": 0.5, "Au": 0.5}, 3, {"Cu": 1, "Au": 2}),  # a tie: the first by name
        ({"Au": 0.5, "Cu": 0.5}, 3, {"Cu": 1, "Au": 2}),
        ({"Cu": 0.6, "Au": 0.4}, 32, {"Cu": 19, "Au": 13}),
        ({"A": 1 / 3, "B": 1 / 3, "C": 1 / 3}, 32, {"A": 11, "B": 11, "C": 10}),
        ({"A": 0.333333, "B": 0.333333, "C": 0.333334}, 3, {"A": 1, "B": 1, "C": 1}),
        ({"Cu": 0.7, "Au": 0.1, "Ni": 0.2}, 10, {"Cu": 7, "Au": 1, "Ni": 2}),
        ({"Cu": 1.0, "Au": 0.0}, 4, {"Cu": 4, "Au": 0}),
    ],
)
def test_known_shares(fractions: dict[str, float], n_sites: int, expected: dict[str, int]) -> None:
    assert exact_counts(fractions, n_sites) == expected


@pytest.mark.parametrize(
    ("fractions", "n_sites"),
    [({}, 3), ({"Cu": 0.0}, 3), ({"Cu": -1.0, "Au": 2.0}, 3), ({"Cu": 1.0}, -1)],
)
def test_what_cannot_be_shared_is_refused(fractions: dict[str, float], n_sites: int) -> None:
    with pytest.raises(ValueError, match=f"cannot share {n_sites} sites"):
        exact_counts(fractions, n_sites)


def test_formula_names_ones_and_zeros_by_convention() -> None:
    assert formula({"Cu": 3, "Au": 1, "Ni": 0}) == "Cu3Au"
