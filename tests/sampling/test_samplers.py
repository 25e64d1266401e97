"""What holds for every sampler."""

from dataclasses import replace

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
    SamplerBaseConfig,
)
from mlip_autopipec.errors import SamplingError
from mlip_autopipec.sampling.base import Pool
from mlip_autopipec.sampling.cur import leverage_scores
from mlip_autopipec.sampling.environments import Environments, starts_of
from mlip_autopipec.sampling.factory import build_sampler

CONFIGS = [RandomSamplerConfig, FarthestPointSamplerConfig, DirectSamplerConfig, CURSamplerConfig]
ALL = [
    RandomSamplerConfig(),
    FarthestPointSamplerConfig(),
    FarthestPointSamplerConfig(compare="environments"),
    DirectSamplerConfig(),
    DirectSamplerConfig(per_cluster=3),
    CURSamplerConfig(),
]
NAMES = ["random", "fps", "environments", "direct", "direct-3", "cur"]
WITHOUT_CHANCE = ALL[1:5]
GREEDY = ALL[1:3]


def pool_of(n_frames: int, seed: int, *, grid: bool = False) -> Pool:
    """Return frames of one to four atoms; on a grid, duplicates and equal distances abound."""
    rng = np.random.default_rng(seed)
    counts = rng.integers(1, 5, size=n_frames)
    n_atoms = int(counts.sum())
    points = rng.integers(-2, 3, size=(n_frames, 3)) if grid else rng.normal(size=(n_frames, 3))
    around = rng.integers(-2, 3, size=(n_atoms, 3)) if grid else rng.normal(size=(n_atoms, 3))
    environments = Environments.of(around.astype(float), rng.choice([29, 79], n_atoms), counts)
    everything, nothing = np.arange(n_frames), np.empty(0, dtype=np.int64)
    return Pool(points.astype(np.float32), everything, nothing, environments)


def reordered(pool: Pool, order: npt.NDArray[np.int64]) -> Pool:
    """Return the pool with its frames in another order."""
    assert pool.environments is not None
    starts = pool.environments.starts
    atoms = np.concatenate([np.arange(starts[frame], starts[frame + 1]) for frame in order])
    counts = np.diff(starts)[order]
    environments = Environments(pool.environments.points[atoms], starts_of(counts))
    points = pool.required_points()[order]
    return replace(pool, points=points, environments=environments)


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


@pytest.mark.parametrize("config", ALL, ids=NAMES)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n_points=st.integers(1, 50), grid=st.booleans())
def test_only_free_candidates_are_chosen(
    config: SamplerBaseConfig, *, seed: int, n_points: int, grid: bool
) -> None:
    rng = np.random.default_rng(seed)
    candidates = np.sort(rng.permutation(n_points)[: rng.integers(0, n_points + 1)])
    taken = rng.permutation(n_points)[: rng.integers(0, n_points + 1)]
    pool = replace(pool_of(n_points, seed, grid=grid), candidates=candidates, taken=taken)
    n = int(rng.integers(0, len(pool.free) + 1))
    sampler = build_sampler(config)
    indices, distances = sampler.choose(pool, n, np.random.default_rng(seed))
    assert len(set(indices.tolist())) == len(indices) == n
    assert set(indices.tolist()) <= set(candidates.tolist()) - set(taken.tolist())
    assert distances is None or len(distances) == n
    again, _ = sampler.choose(pool, n, np.random.default_rng(seed))
    assert again.tolist() == indices.tolist()


@pytest.mark.parametrize("config", WITHOUT_CHANCE, ids=NAMES[1:5])
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n_frames=st.integers(3, 40))
def test_the_order_of_the_frames_does_not_matter(
    config: SamplerBaseConfig, seed: int, n_frames: int
) -> None:
    """Where no two distances are equal, as two frames' are to their mean, and without chance."""
    rng = np.random.default_rng(seed)
    pool, order = pool_of(n_frames, seed), rng.permutation(n_frames)
    n = int(rng.integers(1, n_frames + 1))
    sampler = build_sampler(config)
    one, _ = sampler.choose(pool, n, rng)
    two, _ = sampler.choose(reordered(pool, order), n, rng)
    assert set(one.tolist()) == set(order[two].tolist())


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n_frames=st.integers(2, 40))
def test_leverage_does_not_depend_on_the_order(seed: int, n_frames: int) -> None:
    points = pool_of(n_frames, seed).required_points().astype(np.float64)
    order = np.random.default_rng(seed).permutation(n_frames)
    places, none = np.arange(n_frames), np.empty(0, dtype=np.int64)
    scores = leverage_scores(points, places, none)
    # Sums in another order: 1e-16 a term, divided by the smallest variance that counts.
    assert np.allclose(leverage_scores(points[order], places, none), scores[order], atol=1e-8)


@pytest.mark.parametrize("config", GREEDY, ids=NAMES[1:3])
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n_frames=st.integers(2, 40), grid=st.booleans())
def test_continuation_equals_one_go(
    config: SamplerBaseConfig, *, seed: int, n_frames: int, grid: bool
) -> None:
    rng = np.random.default_rng(seed)
    pool, sampler = pool_of(n_frames, seed, grid=grid), build_sampler(config)
    n = int(rng.integers(2, n_frames + 1))
    cut = int(rng.integers(1, n))
    whole, _ = sampler.choose(pool, n, rng)
    more, _ = sampler.choose(replace(pool, taken=whole[:cut]), n - cut, rng)
    assert more.tolist() == whole[cut:].tolist()


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
