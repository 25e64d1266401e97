"""What holds for every sampler."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlip_autopipec.config.sampling import (
    CURSamplerConfig,
    DirectSamplerConfig,
    FarthestPointSamplerConfig,
    RandomSamplerConfig,
)
from mlip_autopipec.errors import SamplingError
from mlip_autopipec.sampling.base import Pool
from mlip_autopipec.sampling.factory import build_sampler

CONFIGS = [RandomSamplerConfig, FarthestPointSamplerConfig, DirectSamplerConfig, CURSamplerConfig]


def features_of(n_frames: int, seed: int, n_features: int = 7) -> npt.NDArray[np.float32]:
    return np.random.default_rng(seed).normal(size=(n_frames, n_features)).astype(np.float32)


@pytest.mark.parametrize("config", CONFIGS)
@settings(max_examples=40, deadline=None)
@given(n_frames=st.integers(0, 60), n_samples=st.integers(1, 80), seed=st.integers(0, 2**32 - 1))
def test_size_no_duplicates_determinism(
    config: type, n_frames: int, n_samples: int, seed: int
) -> None:
    sampler = build_sampler(config(n_samples=n_samples))
    features = features_of(n_frames, seed)
    selection = sampler.select(features, n_frames, np.random.default_rng(seed))
    again = sampler.select(features, n_frames, np.random.default_rng(seed))
    assert selection.indices.dtype == np.int64
    assert len(selection.indices) == min(n_samples, n_frames)
    assert len(set(selection.indices.tolist())) == len(selection.indices)
    assert set(selection.indices.tolist()) <= set(range(n_frames))
    assert selection.indices.tolist() == again.indices.tolist()


@pytest.mark.parametrize("config", CONFIGS)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n_points=st.integers(1, 50))
def test_only_free_candidates_are_chosen(config: type, seed: int, n_points: int) -> None:
    rng = np.random.default_rng(seed)
    points = rng.integers(-2, 3, size=(n_points, 3)).astype(np.float32)  # duplicates abound
    candidates = np.sort(rng.permutation(n_points)[: rng.integers(0, n_points + 1)])
    taken = rng.permutation(n_points)[: rng.integers(0, n_points + 1)]
    pool = Pool(points, candidates, taken)
    n = int(rng.integers(0, len(pool.free) + 1))
    indices, distances = build_sampler(config(n_samples=1)).choose(pool, n, rng)
    assert len(set(indices.tolist())) == len(indices) == n
    assert set(indices.tolist()) <= set(candidates.tolist()) - set(taken.tolist())
    assert distances is None or len(distances) == n


@pytest.mark.parametrize("config", CONFIGS)
def test_too_few_frames_are_all_kept_and_said(config: type) -> None:
    sampler = build_sampler(config(n_samples=9))
    selection = sampler.select(features_of(4, 0), 4, np.random.default_rng(0))
    assert sorted(selection.indices.tolist()) == [0, 1, 2, 3]
    assert selection.note == "9 frames were asked for and there are 4: all are kept"
    enough = sampler.select(features_of(9, 0), 9, np.random.default_rng(0))
    assert enough.note == ""


def test_random_is_uniform() -> None:
    """Each frame is chosen equally often: chi-squared over 20 frames."""
    sampler = build_sampler(RandomSamplerConfig(n_samples=5))
    rng = np.random.default_rng(7)
    counts = np.zeros(20)
    for _ in range(4000):
        counts[sampler.select(None, 20, rng).indices] += 1
    # A draw without replacement has variance 4000 p (1 - p) a frame; 19 degrees of freedom, and
    # 43.8 is exceeded once in a thousand.
    share = 5 / 20
    assert np.sum((counts - 4000 * share) ** 2) / (4000 * share * (1 - share)) * 19 / 20 < 43.8


def test_farthest_point_distances_and_units() -> None:
    """Scale and shift of a column, and constant columns, change nothing."""
    sampler = build_sampler(FarthestPointSamplerConfig(n_samples=12))
    features = features_of(50, 1)
    selection = sampler.select(features, 50, np.random.default_rng(0))
    assert selection.distances is not None
    assert selection.distances[0] == np.inf
    assert np.all(np.diff(selection.distances) <= 0)
    other = np.hstack([features * np.float32(1e-3) + np.float32(2.0), np.full((50, 3), 5.0)])
    changed = sampler.select(other.astype(np.float32), 50, np.random.default_rng(0))
    assert changed.indices.tolist() == selection.indices.tolist()
    # Single precision around 2.0 leaves 1e-7 / 1e-3 of each value.
    assert np.allclose(changed.distances, selection.distances, rtol=1e-3)


def test_farthest_point_starts_in_the_middle() -> None:
    features = np.array([[-9.0], [1.0], [10.0], [0.2], [-1.0]])
    sampler = build_sampler(FarthestPointSamplerConfig(n_samples=3))
    selection = sampler.select(features, 5, np.random.default_rng(0))
    assert selection.indices.tolist() == [3, 2, 0]  # the mean is 0.24


@pytest.mark.parametrize(
    ("features", "given"),
    [(None, "none"), (np.zeros(4), r"\(4,\)"), (np.zeros((3, 2)), r"\(3, 2\)")],
)
def test_missing_descriptors(features: npt.NDArray[np.float64] | None, given: str) -> None:
    sampler = build_sampler(FarthestPointSamplerConfig(n_samples=2))
    with pytest.raises(SamplingError, match=f"descriptors of 4 frames .* given: {given}$"):
        sampler.select(features, 4, np.random.default_rng(0))
