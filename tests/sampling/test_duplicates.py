"""Near-duplicates."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mlip_autopipec.sampling.duplicates import near_duplicates


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n_points=st.integers(0, 60),
    distance=st.sampled_from([0.0, 0.3, 1.0, 3.0]),
)
def test_those_that_stay_are_apart_and_cover_those_that_go(
    seed: int, n_points: int, distance: float
) -> None:
    rng = np.random.default_rng(seed)
    points = rng.integers(-4, 5, size=(n_points, 2)) / 3.0
    candidates = np.sort(rng.permutation(n_points)[: n_points - n_points // 4])
    go = near_duplicates(points, candidates, distance)
    stay = np.setdiff1d(candidates, go)
    assert set(go.tolist()) <= set(candidates.tolist())
    between = np.linalg.norm(points[stay][:, None] - points[stay][None], axis=-1)
    assert np.all(between[~np.eye(len(stay), dtype=bool)] > distance)
    if len(go):
        to_stay = np.linalg.norm(points[go][:, None] - points[stay][None], axis=-1)
        assert np.all(to_stay.min(axis=1) <= distance + 1e-12)  # the reference is another sum


def test_equal_frames_are_one() -> None:
    points = np.random.default_rng(1).normal(size=(10, 4))[[0, 1, 0, 2, 1, 3]]
    assert len(near_duplicates(points, np.arange(6), 0.0)) == 2
    assert len(near_duplicates(np.zeros((5, 3)), np.arange(5), 0.0)) == 4
