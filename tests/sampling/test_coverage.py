"""Evidence of coverage."""

import json

import numpy as np
import numpy.typing as npt
import pytest

from mlip_autopipec.sampling.coverage import (
    Coverage,
    coverage,
    environment_coverage,
    environment_evidence,
    evidence,
    nearest_distances,
    suggested_size,
)
from mlip_autopipec.sampling.environments import Environments, farthest_frame_indices
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


def alloy(n_frames: int, seed: int) -> tuple[Environments, npt.NDArray[np.int64]]:
    """Return frames of three to six atoms, Cu but for some Au, and the atoms' numbers."""
    rng = np.random.default_rng(seed)
    counts = rng.integers(3, 7, size=n_frames)
    numbers = rng.choice([29, 79], size=counts.sum(), p=[0.9, 0.1])
    return Environments.of(rng.normal(size=(counts.sum(), 4)), numbers, counts), numbers


@pytest.mark.parametrize("taken", [[], [2, 11]])
def test_environments_are_compared_with_those_of_their_element(taken: list[int]) -> None:
    environments, numbers = alloy(40, 3)
    known = np.array(taken, dtype=np.int64)
    chosen, _ = farthest_frame_indices(environments, 25, initial=np.array([0, *taken]))
    chosen = np.concatenate([[0], chosen])
    probes = np.arange(len(numbers))
    curve = environment_coverage(environments, probes, chosen, known)
    assert curve is not None
    descriptors = environments.points[:, :4].astype(np.float64)
    between = np.linalg.norm(descriptors[:, None] - descriptors[None], axis=-1)
    between[numbers[:, None] != numbers] = np.inf
    expected = {}
    for size in range(1, 27):
        frames = [*chosen[:size], *taken]
        atoms = np.concatenate([environments.atoms_of(frame) for frame in frames])
        nearest = between[:, atoms].min(axis=1)
        if np.isfinite(nearest).all():
            expected[size] = (nearest.max(), nearest.mean())
    assert curve.sizes[0] == min(expected)
    assert curve.sizes[-1] == 26
    for size, largest, mean in zip(curve.sizes, curve.largest, curve.mean, strict=True):
        # From products of numbers near `SEPARATION`: 1e8 × 1e-16 of a squared distance.
        assert largest == pytest.approx(expected[size][0], abs=1e-3)
        assert mean == pytest.approx(expected[size][1], abs=1e-3)


def test_an_element_that_is_never_chosen_has_no_curve() -> None:
    environments, numbers = alloy(40, 3)
    frames = np.arange(40)
    pure = np.array([f for f in frames if (numbers[environments.atoms_of(f)] == 29).all()])
    probes = np.arange(len(numbers))
    assert environment_coverage(environments, probes, pure, NONE) is None
    shown = environment_evidence(environments, frames, pure, NONE, np.random.default_rng(0))
    assert shown["coverage"] is None
    assert shown["suggested_size"] is None


def test_evidence_of_environments_is_better_than_chance() -> None:
    rng = np.random.default_rng(2)
    counts = np.full(300, 8)
    descriptors = rng.standard_t(df=3, size=(2400, 5))
    environments = Environments.of(descriptors, np.full(2400, 29), counts)
    chosen, _ = farthest_frame_indices(environments, 30, initial=np.array([0]))
    shown = environment_evidence(
        environments, np.arange(300), chosen, NONE, np.random.default_rng(0)
    )
    assert json.loads(json.dumps(shown, allow_nan=False)) == shown
    assert shown["n_probes"] == 2000
    assert shown["coverage"]["largest"][-1] < shown["coverage_random"]["largest"][-1]
    assert shown["coverage"]["sizes"][-1] == 30
