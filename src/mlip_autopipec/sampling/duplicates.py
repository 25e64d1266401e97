"""Near-duplicates: of frames that lie closer than a given distance, one is enough."""

import numpy as np
import numpy.typing as npt

from mlip_autopipec.calculators.compiled import compiled
from mlip_autopipec.sampling.base import Indices
from mlip_autopipec.sampling.farthest_point_kernel import exact_squared_distance
from mlip_autopipec.sampling.principal import PrincipalAxes

Points = npt.NDArray[np.floating]
Floats = npt.NDArray[np.float64]

N_SURVEYED = 4096  # frames, evenly spread, whose principal axes are taken
N_AXES = 8  # principal axes along which frames are compared before all columns are
ROUNDING = 1e-9  # of coordinates, in units of the largest


def near_duplicates(points: Points, candidates: Indices, distance: float) -> Indices:
    """Return the candidates that can go, so that no two that stay are within a distance.

    Each one that goes lies within the distance of one that stays. Frames are visited along the
    first principal axis, so that only those close on it need be compared, and first by a few
    coordinates: a projection never lengthens a distance, whichever axes it is on.

    Args:
        points: Standardised descriptors, shape ``(n_points, n_features)``.
        candidates: Places of the frames to look at, in rising order.
        distance: In the units of `mlip_autopipec.sampling.standardisation`; at zero only equal
            descriptors count as duplicates.
    """
    if len(candidates) < 2:  # noqa: PLR2004 - a pair
        return np.empty(0, dtype=np.int64)
    surveyed = candidates[:: -(-len(candidates) // N_SURVEYED)]
    axes = PrincipalAxes.of(points, surveyed, N_AXES)
    coordinates = axes.coordinates(points, candidates)
    order = np.argsort(coordinates[:, 0], kind="stable")
    reach = distance + ROUNDING * float(np.abs(coordinates).max())
    sorted_coordinates = np.ascontiguousarray(coordinates[order])
    stays = _survivors(points, candidates[order], sorted_coordinates, distance**2, reach)
    return np.sort(candidates[order][~stays])


@compiled
def _may_be_close(coordinates: Floats, first: int, second: int, reach: float) -> bool:
    """Say whether two frames are within reach of each other in the coordinates."""
    total = 0.0
    for axis in range(coordinates.shape[1]):
        step = coordinates[first, axis] - coordinates[second, axis]
        total += step * step
        if total > reach * reach:
            return False
    return True


@compiled
def _survivors(
    points: Points, visited: Indices, coordinates: Floats, squared: float, reach: float
) -> npt.NDArray[np.bool_]:
    """Say which of the visited points stay; their first coordinate rises."""
    stays = np.ones(visited.shape[0], dtype=np.bool_)
    for number in range(visited.shape[0]):
        before = number - 1
        while before >= 0 and coordinates[number, 0] - coordinates[before, 0] <= reach:
            if (
                stays[before]
                and _may_be_close(coordinates, number, before, reach)
                and exact_squared_distance(points, visited[number], visited[before]) <= squared
            ):
                stays[number] = False
                break
            before -= 1
    return stays
