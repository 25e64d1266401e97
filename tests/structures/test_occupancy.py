from collections import Counter

import numpy as np
import pytest
from ase.build import bulk
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mlip_autopipec.structures.composition import exact_counts
from mlip_autopipec.structures.occupancy import SITE, Crystal, occupied, site_counts


def salt(repeats: int, shares: dict[int, dict[str, float]]) -> Crystal:
    cell = bulk("NaCl", "rocksalt", a=4.2, cubic=True)
    cell.set_array(SITE, (cell.numbers == 17).astype(int))
    return Crystal(cell.repeat(repeats), shares)


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 2**32 - 1),
    weights=st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(0, 9)),
)
def test_each_group_gets_its_own_shares(seed: int, weights: tuple[int, int, int]) -> None:
    total = sum(weights)
    wanted = dict(zip(("Mg", "Fe", "vacancy"), (w / total for w in weights), strict=True))
    expected = exact_counts(wanted, 32)
    assume(expected["Mg"] and expected["Fe"] and (expected["vacancy"] or not weights[2]))
    crystal = salt(2, {0: {"Mg": wanted["Mg"], "Fe": wanted["Fe"]}, 1: {"O": 1.0}})
    atoms = occupied(crystal, np.random.default_rng(seed))
    counts = Counter(atoms.get_chemical_symbols())
    assert (counts["Mg"], counts["Fe"], counts["O"]) == (expected["Mg"], expected["Fe"], 32)
    assert len(atoms) == 64 - expected["vacancy"]
    oxygen = {tuple(p) for p in atoms.positions[atoms.symbols == "O"]}
    assert oxygen == {tuple(p) for p in crystal.cell.positions[crystal.cell.numbers == 17]}
    assert SITE not in atoms.arrays


def test_too_few_sites_and_too_large_shares_are_refused() -> None:
    with pytest.raises(ValueError, match=r"4 sites are too few for 0\.01 of Fe; enlarge the super"):
        site_counts({"Mg": 0.99, "Fe": 0.01}, 4)
    with pytest.raises(ValueError, match=r"4 sites are too few for 0\.02 of vacancy"):
        site_counts({"Mg": 0.98}, 4)
    with pytest.raises(ValueError, match="sum to more than 1"):
        site_counts({"Mg": 0.99, "Fe": 0.1}, 100)


def test_thirds_leave_no_vacancy() -> None:
    assert site_counts({"A": 0.333333, "B": 0.333333, "C": 0.333334, "D": 0.0}, 3) == {
        "A": 1,
        "B": 1,
        "C": 1,
    }
