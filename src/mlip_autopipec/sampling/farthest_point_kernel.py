"""Compiled core of farthest-point selection.

It chooses what the plain algorithm in double precision chooses, yet computes few distances:

- The distance of a point to the chosen set only ever falls, so an old one is an upper bound. A
  heap keeps the largest bound on top, and only the top is renewed (Minoux's lazy evaluation,
  https://doi.org/10.1007/BFb0006528), only until it falls below the next one.
- A chosen point ``s`` is nearer to ``p`` than the nearest one so far, ``c``, only if
  ``|s - c| < 2 |p - c|`` (Elkan's use of the triangle inequality,
  https://dl.acm.org/doi/10.5555/3041838.3041857), and the distances of chosen points are known.
- Bounds are computed in the precision of the points, four at a time, and widened by the largest
  error that this can have. A point is chosen only after its distance was computed in double
  precision, at one place of the code, so that equal points have equal distances.
"""

from collections.abc import Callable
from typing import NamedTuple, ParamSpec, TypeVar

import numba
import numpy as np
import numpy.typing as npt

from mlip_autopipec.calculators.compiled import compiled

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
Points = npt.NDArray[np.floating]
Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

STRIDE = 16  # chosen points looked at before the next bound in the heap is compared
SAFETY = 1e-6  # of distances in the table, single precision, in the triangle inequality


class Bounds(NamedTuple):
    """What is known of each point.

    Attributes:
        squared: Upper bound of the squared distance to the chosen set; -1 for chosen and excluded
            points.
        nearest: Which chosen point the bound belongs to.
        seen: How many of the chosen points the bound accounts for.
        exact: Whether the bound is the squared distance to those, in double precision.
    """

    squared: Floats
    nearest: npt.NDArray[np.int32]
    seen: npt.NDArray[np.int32]
    exact: npt.NDArray[np.bool_]


class Chosen(NamedTuple):
    """The chosen points: their places, of which the first ``n`` count, and mutual distances."""

    places: Integers
    distances: npt.NDArray[np.float32]


class Error(NamedTuple):
    """Largest error of a squared distance in the precision of the points."""

    relative: float
    absolute: float


def summing(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Compile like `compiled`, and let terms of sums be added in any order (SIMD needs that)."""
    flags = {"reassoc", "contract"}
    try:
        machine_code: Callable[Parameters, Result] = numba.njit(
            function, cache=True, error_model="numpy", fastmath=flags
        )
    except RuntimeError:  # numba found no place that it may write to
        machine_code = numba.njit(function, error_model="numpy", fastmath=flags)
    return machine_code


@summing
def exact_squared_distance(points: Points, first: int, second: int) -> float:
    """Return the squared distance of two points in double precision."""
    total = 0.0
    for place in range(points.shape[1]):
        step = np.float64(points[first, place]) - np.float64(points[second, place])
        total += step * step
    return total


@summing
def squared_distance(points: Points, first: int, second: int) -> float:
    """Return the squared distance of two points in the precision of the points."""
    total = points.dtype.type(0.0)
    for place in range(points.shape[1]):
        step = points[first, place] - points[second, place]
        total += step * step
    return np.float64(total)


@summing
def four_squared_distances(
    points: Points, point: int, others: Integers
) -> tuple[float, float, float, float]:
    """Return the squared distances of one point to four, in the precision of the points."""
    zero = points.dtype.type(0.0)
    total_0, total_1, total_2, total_3 = zero, zero, zero, zero
    other_0, other_1, other_2, other_3 = others[0], others[1], others[2], others[3]
    for place in range(points.shape[1]):
        value = points[point, place]
        step_0 = value - points[other_0, place]
        step_1 = value - points[other_1, place]
        step_2 = value - points[other_2, place]
        step_3 = value - points[other_3, place]
        total_0 += step_0 * step_0
        total_1 += step_1 * step_1
        total_2 += step_2 * step_2
        total_3 += step_3 * step_3
    return np.float64(total_0), np.float64(total_1), np.float64(total_2), np.float64(total_3)


@compiled
def comes_first(first: int, second: int, squared: Floats) -> bool:
    """Say whether a point stands above another in the heap: larger bound, then lower place."""
    if squared[first] != squared[second]:
        return bool(squared[first] > squared[second])
    return first < second


@compiled
def sink(heap: Integers, squared: Floats, root: int) -> None:
    """Restore the heap below a root."""
    size = heap.shape[0]
    moving = heap[root]
    while True:
        child = 2 * root + 1
        if child >= size:
            break
        if child + 1 < size and comes_first(heap[child + 1], heap[child], squared):
            child += 1
        if comes_first(moving, heap[child], squared):
            break
        heap[root] = heap[child]
        root = child
    heap[root] = moving


@compiled
def runner_up(heap: Integers, squared: Floats) -> float:
    """Return the second largest bound."""
    second = -1.0
    for place in range(1, min(3, heap.shape[0])):
        second = max(second, squared[heap[place]])
    return second


@compiled
def candidates(
    chosen: Chosen, nearest: int, reach: float, start: int, stop: int, found: Integers
) -> int:
    """Find which of some chosen points may lie within half a reach of what is near another.

    Args:
        chosen: The chosen points.
        nearest: The other one of them.
        reach: Twice the distance of a point to it.
        start: The first to look at.
        stop: The first not to look at.
        found: Filled with their numbers.

    Returns:
        How many there are.
    """
    n_table = chosen.distances.shape[0]
    count = 0
    for number in range(start, stop):
        found[count] = number
        known = nearest < n_table and number < n_table
        count += not (known and chosen.distances[nearest, number] >= reach)
    return count


@compiled
def lower(bounds: Bounds, point: int, number: int, squared: float, error: Error) -> None:
    """Account for the distance of a point to one chosen point."""
    if squared * (1.0 - error.relative) - error.absolute < bounds.squared[point]:
        bounds.exact[point] = False
    above = squared * (1.0 + error.relative) + error.absolute
    if above < bounds.squared[point]:
        bounds.squared[point] = above
        bounds.nearest[point] = number


@compiled
def renew(
    points: Points,
    bounds: Bounds,
    chosen: Chosen,
    n_chosen: int,
    point: int,
    enough: float,
    error: Error,
) -> None:
    """Lower a bound until it accounts for all chosen points, or is below ``enough``."""
    found = np.empty(STRIDE, dtype=np.int64)
    start = int(bounds.seen[point])
    while start < n_chosen and bounds.squared[point] >= enough:
        stop = min(n_chosen, start + STRIDE)
        reach = 2.0 * np.sqrt(bounds.squared[point])
        count = candidates(chosen, bounds.nearest[point], reach, start, stop, found)
        whole = count - count % 4
        for place in range(0, whole, 4):
            four = found[place : place + 4]
            squared = four_squared_distances(points, point, chosen.places[four])
            for lane in range(4):
                lower(bounds, point, four[lane], squared[lane], error)
        for number in found[whole:count]:
            value = squared_distance(points, point, chosen.places[number])
            lower(bounds, point, number, value, error)
        start = stop
    bounds.seen[point] = start


@compiled
def verify(points: Points, bounds: Bounds, chosen: Chosen, n_chosen: int, point: int) -> None:
    """Replace a bound that accounts for all chosen points by the distance in double precision."""
    found = np.empty(n_chosen, dtype=np.int64)
    reach = 2.0 * (1.0 + SAFETY) * np.sqrt(bounds.squared[point])
    count = candidates(chosen, bounds.nearest[point], reach, 0, n_chosen, found)
    bounds.squared[point] = np.inf
    for number in found[:count]:
        squared = exact_squared_distance(points, point, chosen.places[number])
        if squared < bounds.squared[point]:
            bounds.squared[point] = squared
            bounds.nearest[point] = number
    bounds.exact[point] = True


@compiled
def add(points: Points, chosen: Chosen, n_chosen: int, point: int) -> None:
    """Append a point to the chosen ones; the table's distances are rounded down."""
    chosen.places[n_chosen] = point
    if n_chosen < chosen.distances.shape[0]:
        for number in range(n_chosen):
            squared = exact_squared_distance(points, point, chosen.places[number])
            distance = np.float32(np.sqrt(squared) * (1.0 - SAFETY))
            chosen.distances[n_chosen, number] = distance
            chosen.distances[number, n_chosen] = distance


@compiled
def first_bounds(
    points: Points, given: Integers, excluded: npt.NDArray[np.bool_], error: Error
) -> Bounds:
    """Return the bounds that account for the first of the given points."""
    n_points = points.shape[0]
    bounds = Bounds(
        np.full(n_points, np.inf),
        np.zeros(n_points, dtype=np.int32),
        np.ones(n_points, dtype=np.int32),
        np.zeros(n_points, dtype=np.bool_),
    )
    bounds.squared[given] = -1.0
    for point in range(n_points):
        if excluded[point]:
            bounds.squared[point] = -1.0
        elif bounds.squared[point] > 0.0:
            lower(bounds, point, 0, squared_distance(points, point, given[0]), error)
    return bounds


@compiled
def heaped(squared: Floats) -> Integers:
    """Return all points as a heap, the largest bound on top."""
    heap = np.arange(squared.shape[0])
    for root in range(heap.shape[0] // 2 - 1, -1, -1):
        sink(heap, squared, root)
    return heap


@compiled
def farthest_points(
    points: Points,
    given: Integers,
    excluded: npt.NDArray[np.bool_],
    n: int,
    n_table: int,
    error: Error,
) -> tuple[Integers, Floats]:
    """Choose ``n`` points beside those given.

    Args:
        points: Finite values whose squares do not overflow, shape ``(n_points, n_features)``.
        given: Different places of points that are chosen already; at least one.
        excluded: Whether a point must not be chosen.
        n: Number of points to choose, at most as many as there are others.
        n_table: Number of chosen points whose mutual distances are kept, at most all.
        error: Of a squared distance in the precision of the points.

    Returns:
        The chosen places and their squared distances to what was chosen before them.
    """
    n_given = given.shape[0]
    chosen = Chosen(
        np.empty(n_given + n, dtype=np.int64), np.zeros((n_table, n_table), dtype=np.float32)
    )
    for number, point in enumerate(given):
        add(points, chosen, number, point)
    bounds = first_bounds(points, given, excluded, error)
    heap = heaped(bounds.squared)
    found = np.empty(n)
    for place in range(n):
        n_chosen = n_given + place
        while not (bounds.seen[heap[0]] == n_chosen and bounds.exact[heap[0]]):
            if bounds.seen[heap[0]] < n_chosen:
                enough = runner_up(heap, bounds.squared)
                renew(points, bounds, chosen, n_chosen, heap[0], enough, error)
            else:
                verify(points, bounds, chosen, n_chosen, heap[0])
            sink(heap, bounds.squared, 0)
        found[place] = bounds.squared[heap[0]]
        add(points, chosen, n_chosen, heap[0])
        bounds.squared[heap[0]] = -1.0
        sink(heap, bounds.squared, 0)
    return chosen.places[n_given:], found
