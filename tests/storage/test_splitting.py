"""Splits by trajectory."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlip_autopipec.errors import StorageError
from mlip_autopipec.storage.splitting import PARTS, Fractions, split_by_group


@settings(max_examples=100, deadline=None)
@given(sizes=st.lists(st.integers(1, 30), min_size=1, max_size=40), seed=st.integers(0, 2**32 - 1))
def test_no_group_is_torn_and_no_part_is_empty(sizes: list[int], seed: int) -> None:
    groups = [number for number, size in enumerate(sizes) for _ in range(size)]
    strata = [group % 3 for group in groups]
    parts = split_by_group(groups, strata, Fractions(), np.random.default_rng(seed))
    owners = {
        group: {p for g, p in zip(groups, parts, strict=True) if g == group} for group in groups
    }
    assert all(len(owner) == 1 for owner in owners.values())
    assert "train" in parts
    if len(sizes) >= len(PARTS):
        assert set(parts) == set(PARTS)
    again = split_by_group(groups, strata, Fractions(), np.random.default_rng(seed))
    assert parts == again


def test_shares_are_kept_in_each_stratum() -> None:
    """40 trajectories of 10 frames in each of two strata: 80, 10 and 10 per cent of each."""
    groups = [number for number in range(80) for _ in range(10)]
    strata = ["a" if group < 40 else "b" for group in groups]
    parts = split_by_group(groups, strata, Fractions(), np.random.default_rng(1))
    for stratum in "ab":
        counts = Counter(p for p, s in zip(parts, strata, strict=True) if s == stratum)
        assert counts == {"train": 320, "valid": 40, "test": 40}


def test_a_part_that_is_left_out() -> None:
    parts = split_by_group(
        list("abcd"), [0] * 4, Fractions(train=0.75, valid=0.25, test=0.0), np.random.default_rng(0)
    )
    assert Counter(parts) == {"train": 3, "valid": 1}


def test_shares_that_do_not_do() -> None:
    with pytest.raises(StorageError) as error:
        split_by_group(["a"], [0], Fractions(0.5, 0.1, 0.1), np.random.default_rng(0))
    assert str(error.value) == (
        "shares should be positive and sum to 1; given: train 0.5, valid 0.1, test 0.1"
    )


def test_every_stratum_is_trained_on_and_the_shares_of_the_whole_are_kept() -> None:
    """12 strata of two trajectories of 40 frames: one of each could go elsewhere, five do."""
    groups = [number for number in range(24) for _ in range(40)]
    strata = [group // 2 for group in groups]
    parts = split_by_group(groups, strata, Fractions(), np.random.default_rng(1))
    assert Counter(parts) == {"train": 760, "valid": 120, "test": 80}
    trained = {s for s, part in zip(strata, parts, strict=True) if part == "train"}
    assert trained == set(range(12))
