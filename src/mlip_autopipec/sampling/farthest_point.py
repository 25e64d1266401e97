"""Farthest-point selection: each point is the one farthest from all that were chosen before it.

The greedy choice covers a set within twice the best possible radius
(https://doi.org/10.1016/0304-3975(85)90224-5). The points returned are exactly those of the plain
algorithm in double precision; `mlip_autopipec.sampling.farthest_point_kernel` says how they are
found with few distances computed, and `mlip_autopipec.sampling.farthest_point_device` how a GPU
finds the same ones where there is one and it pays.
"""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from mlip_autopipec.errors import SamplingError
from mlip_autopipec.sampling.base import BaseSampler, Distances, Indices, Pool
from mlip_autopipec.sampling.farthest_point_device import farthest_points_on, gpu_for
from mlip_autopipec.sampling.farthest_point_kernel import Error, farthest_points
from mlip_autopipec.sampling.standardisation import blocks

TABLE_POINTS = 4096  # chosen points whose mutual distances are kept: 64 MB
ROUNDINGS = 8  # of a squared distance, beside one a term of the sum
LARGEST: dict[type, float] = {np.float32: 1e15, np.float64: 1e30}
"""Largest value with which neither a sum of squares nor a distance in the table overflows."""


def farthest_point_indices(
    features: npt.NDArray[np.floating],
    n: int,
    *,
    start: int = 0,
    initial: Sequence[int] | Indices | None = None,
    candidates: Sequence[int] | Indices | None = None,
) -> tuple[Indices, Distances]:
    """Choose points, each farthest from those chosen before it; equal distances go by place.

    Args:
        features: Points, shape ``(n_points, n_features)``, compared by Euclidean distance; single
            or double precision, possibly memory-mapped.
        n: Number of points to choose.
        start: The first point where no ``initial`` is given, a candidate or not.
        initial: Places of points that are chosen already. Selection continues from them, and they
            are not returned again: ``n`` new ones are.
        candidates: Places of the points that may be chosen; all, if None.

    Returns:
        The places of the chosen points in the order of choice, and the distance of each to the set
        chosen before it (infinite for the first point where no ``initial`` is given).

    Raises:
        SamplingError: There are fewer points than asked for, a place does not exist, or a value is
            not finite.

    Example:
        >>> indices, distances = farthest_point_indices(np.array([[0.0], [1.0], [4.0], [5.0]]), 3)
        >>> indices.tolist(), distances.tolist()
        ([0, 3, 1], [inf, 5.0, 1.0])
    """
    if n == 0:
        return np.empty(0, dtype=np.int64), np.empty(0)
    fresh = initial is None or len(initial) == 0
    given = np.unique(np.asarray([start] if fresh else initial, dtype=np.int64))
    excluded = _excluded(len(features), candidates, given)
    n_free = int(np.count_nonzero(~excluded)) + fresh
    if not 0 <= n <= n_free:
        message = f"{n} points cannot be chosen: there are {n_free} to choose from"
        raise SamplingError(message)
    indices, distances = _continued(features, n - fresh, given, excluded)
    if not fresh:
        return indices, distances
    return np.concatenate([given, indices]), np.concatenate([[np.inf], distances])


def central_index(
    features: npt.NDArray[np.floating], candidates: Sequence[int] | Indices | None = None
) -> int:
    """Return the place of the point nearest to the mean; equal distances go by place.

    Args:
        features: Points, shape ``(n_points, n_features)``; at least one.
        candidates: The points that count, in rising order; all, if None.
    """
    places = np.arange(len(features)) if candidates is None else np.asarray(candidates)
    centre = sum(block.sum(axis=0) for block in blocks(features, places)) / len(places)
    squared = [((block - centre) ** 2).sum(axis=1) for block in blocks(features, places)]
    return int(places[np.argmin(np.concatenate(squared))])


class FarthestPointSampler(BaseSampler):
    """Farthest-point selection of frames, starting from the one nearest to the mean of all."""

    needs_features: ClassVar[bool] = True

    def choose(
        self,
        pool: Pool,
        n: int,
        rng: np.random.Generator,  # noqa: ARG002 - the family's signature; nothing is random here
    ) -> tuple[Indices, Distances]:
        """Continue from what is taken, or begin in the middle."""
        if n == 0:
            return np.empty(0, dtype=np.int64), np.empty(0)
        points = pool.required_points()
        start = 0 if len(pool.taken) else central_index(points, pool.candidates)
        return farthest_point_indices(
            points, n, start=start, initial=pool.taken, candidates=pool.candidates
        )


def _excluded(
    n_points: int, candidates: Sequence[int] | Indices | None, given: Indices
) -> npt.NDArray[np.bool_]:
    """Return which points must not be chosen.

    Raises:
        SamplingError: A place does not exist.
    """
    allowed = np.arange(n_points) if candidates is None else np.asarray(candidates, dtype=np.int64)
    for places in (given, allowed):
        wrong = places[(places < 0) | (places >= n_points)]
        if len(wrong):
            message = f"there is no point {wrong[0]} among {n_points} points"
            raise SamplingError(message)
    excluded = np.ones(n_points, dtype=np.bool_)
    excluded[allowed] = False
    excluded[given] = True
    return excluded


def _continued(
    features: npt.NDArray[np.floating], n: int, given: Indices, excluded: npt.NDArray[np.bool_]
) -> tuple[Indices, Distances]:
    """Choose ``n`` points beside the given ones."""
    points, device = comparable(features), gpu_for(features, n)
    if device is not None:
        indices, squared = farthest_points_on(device, points, given, excluded, n, error_of(points))
    else:
        n_table = min(len(given) + n, TABLE_POINTS)
        indices, squared = farthest_points(points, given, excluded, n, n_table, error_of(points))
    return indices, np.sqrt(squared)


def error_of(points: npt.NDArray[np.floating]) -> Error:
    """Return the largest error of a squared distance in the points' own precision."""
    precision = np.finfo(points.dtype)
    terms = points.shape[1] + ROUNDINGS
    return Error(terms * float(precision.eps), terms * float(precision.tiny))


def comparable(features: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """Return points whose squared distances can be computed: as they are, if possible."""
    largest = max(
        (float(np.abs(block).max(initial=0.0)) for block in blocks(features)), default=0.0
    )
    if not largest <= LARGEST[np.float64]:
        message = f"the points hold a value that is not finite, or above {LARGEST[np.float64]:g}"
        raise SamplingError(message)
    kind = features.dtype.type
    if kind not in LARGEST or largest > LARGEST[kind]:
        kind = np.float64
    return np.ascontiguousarray(features, dtype=kind)
