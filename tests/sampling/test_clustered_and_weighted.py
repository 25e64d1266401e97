"""DIRECT and CUR: what distinguishes them from the others."""

import numpy as np
import pytest

from mlip_autopipec.sampling import principal
from mlip_autopipec.sampling.base import Pool
from mlip_autopipec.sampling.cur import CURSampler, leverage_scores
from mlip_autopipec.sampling.direct import DirectSampler, birch_clusters
from mlip_autopipec.sampling.principal import PrincipalAxes

RNG = np.random.default_rng(0)


def blobs(sizes: list[int]) -> np.ndarray:
    """Return tight groups of points, far apart from each other."""
    rng = np.random.default_rng(1)
    centres = rng.normal(scale=20.0, size=(len(sizes), 6))
    groups = [
        centre + rng.normal(scale=0.1, size=(size, 6))
        for centre, size in zip(centres, sizes, strict=True)
    ]
    return np.concatenate(groups)


def test_direct_takes_from_every_cluster() -> None:
    points = blobs([200, 5, 40, 1])
    groups = np.repeat([0, 1, 2, 3], [200, 5, 40, 1])
    indices, _ = DirectSampler(4).choose(Pool.of_all(points, 246), 4, RNG)
    assert sorted(groups[indices]) == [0, 1, 2, 3]
    pairs, _ = DirectSampler(8, per_cluster=2).choose(Pool.of_all(points, 246), 7, RNG)
    assert np.bincount(groups[pairs]).tolist() == [2, 2, 2, 1]


def test_direct_leaves_known_clusters_for_later() -> None:
    points = blobs([50, 50, 50])
    pool = Pool(points, np.arange(150), np.array([3, 60]))
    indices, _ = DirectSampler(1).choose(pool, 1, RNG)
    assert indices[0] >= 100


def test_as_many_clusters_as_asked_for() -> None:
    coordinates = np.random.default_rng(2).normal(size=(300, 3))
    for wanted in (1, 2, 17, 300):
        assert len(np.unique(birch_clusters(coordinates, wanted))) == wanted


def test_clusters_are_no_more_than_different_points() -> None:
    coordinates = np.repeat(np.eye(3), 4, axis=0)
    assert len(np.unique(birch_clusters(coordinates, 10))) == 3


def test_leverage_scores_sum_to_the_rank() -> None:
    points = np.random.default_rng(3).normal(size=(200, 3)) @ np.random.default_rng(4).normal(
        size=(3, 8)
    )
    scores = leverage_scores(points, np.arange(200), np.empty(0, dtype=np.int64))
    assert scores.sum() == pytest.approx(3.0, rel=1e-8)
    left, _, _ = np.linalg.svd(points - points.mean(axis=0), full_matrices=False)
    assert np.allclose(scores, (left[:, :3] ** 2).sum(axis=1), rtol=1e-6)


def test_cur_draws_by_leverage() -> None:
    """The frame with nearly all the leverage is drawn first nearly always."""
    points = np.random.default_rng(5).normal(scale=1e-3, size=(50, 4))
    points[17] = 100.0
    pool = Pool.of_all(points, 50)
    first = [CURSampler(3).choose(pool, 3, np.random.default_rng(s))[0][0] for s in range(20)]
    assert first.count(17) == 20


def test_cur_turns_away_from_what_is_known() -> None:
    points = np.zeros((21, 2))
    points[:10, 0] = np.linspace(5.0, 6.0, 10)
    points[10:20, 1] = np.linspace(5.0, 6.0, 10)
    points[20] = [100.0, 0.0]
    scores = leverage_scores(points, np.arange(20), np.array([20]))
    assert scores.shape == (20,)
    assert np.all(scores >= 0.0)


def test_principal_axes_are_those_of_the_covariance() -> None:
    points = np.random.default_rng(6).normal(size=(400, 5)) * [5.0, 3.0, 2.0, 1.0, 0.1]
    axes = PrincipalAxes.of(points, np.arange(400))
    assert np.allclose(axes.variances, np.linalg.eigvalsh(np.cov(points.T, ddof=0))[::-1])
    coordinates = axes.coordinates(points, np.arange(400))
    assert np.allclose(coordinates.var(axis=0), axes.variances)
    assert np.allclose(axes.axes.T @ axes.axes, np.eye(5), atol=1e-12)


def test_axes_of_points_with_many_features(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways to the same axes: by the covariance, and by the products of the points."""
    points = np.random.default_rng(8).normal(size=(40, 60)) * np.arange(1, 61)
    places = np.arange(40)
    by_covariance = PrincipalAxes.of(points, places, 10)
    monkeypatch.setattr(principal, "MAX_WIDTH", 50)
    by_products = PrincipalAxes.of(points, places, 10)
    assert np.allclose(by_products.variances, by_covariance.variances, rtol=1e-10)
    assert by_products.total == pytest.approx(by_covariance.total, rel=1e-12)
    assert np.allclose(by_products.axes, by_covariance.axes, atol=1e-8)
    everything = PrincipalAxes.of(points, places)
    gram = everything.axes.T @ everything.axes
    assert np.allclose(gram, np.diag([1.0] * 39 + [0.0]), atol=1e-8)  # the mean takes one
    lone = PrincipalAxes.of(points, places[:1], 2)
    assert lone.coordinates(points, places[:1]).tolist() == [[0.0, 0.0]]
    assert everything.variances.sum() == pytest.approx(everything.total)


@pytest.mark.parametrize("sampler", [DirectSampler, CURSampler])
def test_many_features_and_many_frames(
    sampler: type[DirectSampler | CURSampler], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(principal, "MAX_WIDTH", 20)
    points = np.random.default_rng(9).normal(size=(300, 30)).astype(np.float32)
    pool = Pool(points, np.arange(300), np.array([5, 6]))
    indices, _ = sampler(12).choose(pool, 12, np.random.default_rng(0))
    assert len(set(indices.tolist())) == 12
