"""Evidence of coverage."""

import json

import numpy as np
import pytest

from mlip_autopipec.sampling.coverage import (
    Coverage,
    coverage,
    evidence,
    nearest_distances,
    suggested_size,
)
from mlip_autopipec.sampling.farthest_point import farthest_point_indices

NONE = np.empty(0, dtype=np.int64)


def test_curves_against_every_distance() -> None:
    points = np.random.default_rng(0).normal(size=(80, 4))
    chosen, distances = farthest_point_indices(points, 40)
    curve = coverage(points, np.arange(80), chosen, NONE)
    between = np.linalg.norm(points[:, None] - points[None], axis=-1)
    for size, largest, mean in zip(curve.sizes, curve.largest, curve.mean, strict=True):
        nearest = between[:, chosen[:size]].min(axis=1)
        assert largest == pytest.approx(nearest.max(), abs=1e-6)
        assert mean == pytest.approx(nearest.mean(), abs=1e-6)  # computed from products
    assert curve.sizes[0] == 1
    assert curve.sizes[-1] == 40
    # What farthest-point selection takes next is at the largest distance.
    for size, largest in zip(curve.sizes[:-1], curve.largest[:-1], strict=True):
        assert largest == pytest.approx(distances[size], abs=1e-6)


def test_known_frames_cover_from_the_start() -> None:
    points = np.random.default_rng(1).normal(size=(50, 3))
    curve = coverage(points, np.arange(30), np.array([0]), np.arange(30, 50))
    nearest = nearest_distances(points, np.arange(30), np.array([0, *range(30, 50)]))
    assert curve.largest == [pytest.approx(nearest.max())]


def test_the_knee_of_a_hyperbola() -> None:
    """1 / x from 1 to 100 is farthest below its chord where its slope is the chord's: at 10."""
    sizes = list(range(1, 101))
    assert suggested_size(Coverage(sizes, [], [1.0 / size for size in sizes])) == 10
    assert suggested_size(Coverage([1, 2], [], [1.0, 0.5])) == 2
    assert suggested_size(Coverage([1, 5, 9], [], [0.0, 0.0, 0.0])) == 9


def test_evidence_is_json_and_better_than_chance() -> None:
    rng = np.random.default_rng(2)
    points = rng.standard_t(df=3, size=(600, 5))
    chosen, _ = farthest_point_indices(points, 60)
    shown = evidence(points, np.arange(600), chosen, NONE, np.random.default_rng(0))
    assert json.loads(json.dumps(shown, allow_nan=False)) == shown
    assert shown["coverage"]["largest"][-1] < shown["coverage_random"]["largest"][-1]
    assert len(shown["map"]["coordinates"]) == len(shown["map"]["frames"]) == 600
    assert len(shown["map"]["chosen_coordinates"]) == 60
