"""Farthest-point selection by environments against the plain algorithm."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlip_autopipec.errors import SamplingError
from mlip_autopipec.sampling.base import Pool
from mlip_autopipec.sampling.environments import (
    SEPARATION,
    Environments,
    EnvironmentSampler,
    farthest_frame_indices,
)


def brute_force(
    environments: Environments, n: int, initial: list[int]
) -> tuple[list[int], list[float]]:
    """Every distance of every atom to every chosen atom, in double precision."""
    points, starts = environments.points.astype(np.float64), environments.starts
    atoms = [np.arange(first, last) for first, last in pairwise(starts)]
    squared = np.full(len(points), np.inf)
    taken, distances = list(initial), []
    for frame in initial:
        for atom in atoms[frame]:
            squared = np.minimum(squared, ((points - points[atom]) ** 2).sum(axis=1))
    for _ in range(n):
        novelty = np.array([squared[mine].max() for mine in atoms])
        novelty[taken] = -1.0
        frame = int(np.argmax(novelty))
        taken.append(frame)
        distances.append(float(np.sqrt(novelty[frame])))
        for atom in atoms[frame]:
            squared = np.minimum(squared, ((points - points[atom]) ** 2).sum(axis=1))
    return taken[len(initial) :], distances


def some_environments(seed: int, n_frames: int = 30, n_features: int = 5) -> Environments:
    rng = np.random.default_rng(seed)
    counts = rng.integers(1, 7, size=n_frames)
    numbers = rng.choice([29, 79], size=counts.sum(), p=[0.8, 0.2])
    return Environments.of(rng.normal(size=(counts.sum(), n_features)), numbers, counts)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(0, 28))
def test_equal_to_brute_force(seed: int, n: int) -> None:
    environments = some_environments(seed)
    indices, distances = farthest_frame_indices(environments, n, initial=np.array([3, 7]))
    expected, expected_distances = brute_force(environments, n, [3, 7])
    assert indices.tolist() == expected
    known = np.array(expected_distances) < SEPARATION / 2
    assert np.allclose(distances[known], np.array(expected_distances)[known], rtol=1e-12)
    assert np.isinf(distances[~known]).all()


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), cut=st.integers(1, 19))
def test_continuation_equals_one_go(seed: int, cut: int) -> None:
    environments = some_environments(seed)
    first = np.array([0])
    whole, _ = farthest_frame_indices(environments, 20, initial=first)
    taken = np.concatenate([first, whole[:cut]])
    more, _ = farthest_frame_indices(environments, 20 - cut, initial=taken)
    assert more.tolist() == whole[cut:].tolist()


def test_one_strange_atom_is_enough() -> None:
    """A frame of 50 atoms with one strange environment comes before any other."""
    rng = np.random.default_rng(1)
    counts = np.full(20, 50)
    descriptors = rng.normal(scale=0.1, size=(1000, 6))
    descriptors[13 * 50 + 7] += 3.0
    environments = Environments.of(descriptors, np.full(1000, 29), counts)
    indices, _ = farthest_frame_indices(environments, 1, initial=np.array([0]))
    assert indices.tolist() == [13]


def test_a_new_element_comes_first() -> None:
    rng = np.random.default_rng(2)
    numbers = np.full(40, 29)
    numbers[35] = 79
    environments = Environments.of(rng.normal(size=(40, 3)), numbers, np.full(10, 4))
    indices, distances = farthest_frame_indices(environments, 2, initial=np.array([0]))
    assert indices[0] == 8
    assert distances[0] == np.inf
    assert np.isfinite(distances[1])


def test_the_sampler() -> None:
    environments = some_environments(3)
    points = np.random.default_rng(0).normal(size=(30, 4))
    candidates = np.array([1, 4, 5, 9, 20])
    pool = Pool(points, candidates, np.empty(0, dtype=np.int64), environments)
    sampler = EnvironmentSampler(5)
    indices, distances = sampler.choose(pool, 5, np.random.default_rng(0))
    assert sorted(indices.tolist()) == candidates.tolist()
    assert distances[0] == np.inf
    with pytest.raises(SamplingError, match="descriptors of all atoms"):
        sampler.choose(Pool.of_all(points, 30), 2, np.random.default_rng(0))


def test_impossible_requests() -> None:
    environments = some_environments(4)
    with pytest.raises(SamplingError, match="30 frames cannot be chosen beside 1: 29 are left"):
        farthest_frame_indices(environments, 30, initial=np.array([0]))
    with pytest.raises(SamplingError, match="2 environments do not fit 3 atoms"):
        Environments.of(np.zeros((2, 1)), np.array([1, 1]), np.array([1, 2]))
