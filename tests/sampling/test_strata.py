"""Strata and even shares."""

from collections.abc import Callable

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mlip_autopipec.config.sampling import StrataConfig
from mlip_autopipec.sampling.frames import FrameTable
from mlip_autopipec.sampling.strata import even_shares, strata

MakeTable = Callable[..., FrameTable]


@given(available=st.lists(st.integers(0, 60), min_size=1, max_size=12), total=st.integers(0, 300))
def test_even_shares(available: list[int], total: int) -> None:
    shares = even_shares(available, total)
    assert sum(shares) == min(total, sum(available))
    assert all(0 <= share <= room for share, room in zip(shares, available, strict=True))
    open_shares = [share for share, room in zip(shares, available, strict=True) if share < room]
    if open_shares:
        assert max(shares) - min(open_shares) <= 1


def test_names(make_table: MakeTable) -> None:
    table = make_table(
        4,
        composition=["Cu", "Au", "Cu", "Cu"],
        temperature_K=[300.0, 600.0, 1200.0, np.nan],
        displacement=[0.1, 0.5, np.nan, 0.0],
    )
    labels = strata(table, StrataConfig(by=("composition", "temperature"), temperature_bins=3))
    assert [labels[frame] for frame in range(4)] == [
        "Cu | 300-600 K",
        "Au | 600-900 K",
        "Cu | 900-1200 K",
        "Cu | unknown",
    ]
    phases = strata(table, StrataConfig(by=("phase",)))
    assert [phases[frame] for frame in range(4)] == ["ordered", "disordered", "unknown", "ordered"]


def test_one_temperature(make_table: MakeTable) -> None:
    labels = strata(make_table(3), StrataConfig(by=("temperature", "generator")))
    assert len(labels.names) == 1
