"""Filters: who is rejected, and for which reason."""

from collections.abc import Callable

import numpy as np
import pytest

from mlip_autopipec.config.sampling import FiltersConfig
from mlip_autopipec.sampling.filters import (
    Sieve,
    correlations,
    reject_by_correlation,
    reject_by_values,
)
from mlip_autopipec.sampling.frames import FrameTable

MakeTable = Callable[..., FrameTable]


def test_reasons_are_counted_once(make_table: MakeTable) -> None:
    table = make_table(
        6,
        quality=["ok", "pre_failure", "ok", "ok", "ok", "ok"],
        max_force_eV_A=[1.0, 99.0, 99.0, 1.0, 1.0, 1.0],
        min_distance_scale=[1.0, 1.0, 0.1, 0.1, 1.0, np.inf],
        volume_A3_atom=[12.0, 12.0, 12.0, 12.0, 90.0, np.nan],
    )
    sieve = Sieve.over(6)
    config = FiltersConfig(
        max_force_eV_A=50.0, min_distance_scale=0.4, volume_range_A3_atom=(5.0, 50.0)
    )
    reject_by_values(sieve, table, config)
    assert sieve.kept.tolist() == [True, False, False, False, False, True]
    assert sieve.rejected == {"quality": 1, "force": 1, "distance": 1, "volume": 1}


def test_by_default_only_the_quality_counts(make_table: MakeTable) -> None:
    table = make_table(3, quality=["ok", "pre_failure", "ok"], max_force_eV_A=[1e6, 1.0, 1.0])
    sieve = Sieve.over(3)
    reject_by_values(sieve, table, FiltersConfig())
    assert sieve.kept.tolist() == [True, False, True]
    everything = Sieve.over(3)
    reject_by_values(everything, table, FiltersConfig(qualities=("ok", "pre_failure")))
    assert everything.kept.all()


def test_energies_are_compared_within_a_composition(make_table: MakeTable) -> None:
    table = make_table(
        6,
        composition=["Cu", "Cu", "Au", "Au", "Au", "Cu"],
        energy_eV_atom=[-3.0, -2.0, -1.0, -0.9, 0.5, -9.0],
        quality=["ok"] * 5 + ["pre_failure"],  # the lowest, but rejected itself
    )
    sieve = Sieve.over(6)
    reject_by_values(sieve, table, FiltersConfig(energy_window_eV_atom=0.5))
    assert sieve.kept.tolist() == [True, False, True, True, False, False]
    assert sieve.rejected == {"quality": 1, "energy": 2}


@pytest.fixture
def decaying(make_table: MakeTable) -> FrameTable:
    """Two trajectories: one that decays for 40 of 200 frames, and a short one."""
    rng = np.random.default_rng(3)
    energy = np.concatenate([rng.normal(size=200), rng.normal(size=5)])
    energy[:40] += np.linspace(30.0, 0.0, 40)
    return make_table(
        205,
        structure_id=["long"] * 200 + ["short"] * 5,
        step=[*range(200), *range(5)],
        energy_eV_atom=energy,
    )


def test_burn_in_and_correlation_are_measured_and_dropped_on_request(decaying: FrameTable) -> None:
    sieve = Sieve.over(205)
    measured = correlations(decaying, sieve.kept)
    assert 20 <= measured["long"].burn_in <= 60
    assert measured["short"].burn_in == 0
    reject_by_correlation(sieve, decaying, measured, FiltersConfig())
    assert sieve.kept.all()
    reject_by_correlation(sieve, decaying, measured, FiltersConfig(drop_burn_in=True))
    assert sieve.rejected == {"burn_in": measured["long"].burn_in}
    assert not sieve.kept[: measured["long"].burn_in].any()
    assert sieve.kept[measured["long"].burn_in :].all()


def test_a_stride_between_independent_frames(make_table: MakeTable) -> None:
    energy = np.repeat(np.random.default_rng(0).normal(size=500), 6)
    table = make_table(3000, energy_eV_atom=energy)
    sieve = Sieve.over(3000)
    measured = correlations(table, sieve.kept)
    reject_by_correlation(sieve, table, measured, FiltersConfig(decorrelate=True))
    stride = measured["s"].stride
    # Each value is there six times; 500 values leave an error of about 10 %, then rounded up.
    assert 5 <= stride <= 8
    assert np.flatnonzero(sieve.kept).tolist() == list(range(0, 3000, stride))
