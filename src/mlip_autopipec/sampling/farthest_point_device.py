"""Farthest-point selection with torch, for large sets where there is a GPU.

The device renews the distances of all points to the chosen set, block by block and in the precision
of the points, so each is known to within the error of its arithmetic. The few points that this
leaves in question are compared in double precision by the compiled code that the kernel for CPUs
uses as well (`mlip_autopipec.sampling.farthest_point_kernel`): both choose the same points.

The tests run this code on torch's CPU device. It has not run on a GPU: there was none, so that
`WORTHWHILE` is an estimate and no measurement.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mlip_autopipec.calculators.compiled import compiled
from mlip_autopipec.sampling.farthest_point_kernel import (
    Error,
    Floats,
    Integers,
    Points,
    exact_squared_distance,
)

if TYPE_CHECKING:
    import numpy.typing as npt
    import torch

WORTHWHILE = 5e10
"""Values of all points times chosen points, from which a GPU is asked for.

It is about 1,000 of 1,000,000 points with 64 features: seconds on two cores, and a terabyte of
memory traffic, about a second, on a GPU. Below it importing torch would cost as much as it saves.
"""
DRIVERS = ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg")  # of NVIDIA, AMD, and Windows for its Linux
FREE_SHARE = 0.5  # of the device's free memory that may be used
BLOCK_VALUES = 2**24  # values of a block: its differences take 64 MB in single precision


def gpu_for(points: Points, n: int) -> str | None:
    """Return torch's name of a GPU on which choosing pays; None where there is none.

    torch, which takes seconds to import, is imported only where the selection is large and the
    machine has a GPU's driver. ``CUDA_VISIBLE_DEVICES`` set to nothing keeps the choice on the CPU.

    Args:
        points: Shape ``(n_points, n_features)``.
        n: Number of points to choose.
    """
    if points.size * n < WORTHWHILE or not any(Path(name).exists() for name in DRIVERS):
        return None
    if find_spec("torch") is None:
        return None
    import torch  # noqa: PLC0415 - see above

    if not torch.cuda.is_available():
        return None
    free_bytes, _ = torch.cuda.mem_get_info()
    wanted_bytes = points.nbytes + (len(points) + 2 * BLOCK_VALUES) * points.itemsize
    return "cuda" if wanted_bytes <= FREE_SHARE * free_bytes else None


def farthest_points_on(
    device: str,
    points: Points,
    given: Integers,
    excluded: "npt.NDArray[np.bool_]",
    n: int,
    error: Error,
) -> tuple[Integers, Floats]:
    """Choose ``n`` points beside those given.

    Args:
        device: torch's name of it, which holds all points and one block of differences.
        points: Finite values whose squares do not overflow, shape ``(n_points, n_features)``.
        given: Different places of points that are chosen already; at least one.
        excluded: Whether a point must not be chosen; so are the given ones.
        n: Number of points to choose, at most as many as are not excluded.
        error: Of a squared distance in the precision of the points.

    Returns:
        The chosen places and their squared distances to what was chosen before them.
    """
    import torch  # noqa: PLC0415 - torch is imported only where it computes

    rows = _copied(points, device)
    squared = torch.full((len(points),), torch.inf, dtype=rows.dtype, device=device)
    squared[torch.from_numpy(np.flatnonzero(excluded)).to(device)] = -1.0
    exact, seen = np.full(len(points), np.inf), np.zeros(len(points), dtype=np.int64)
    chosen, found = np.concatenate([given, np.empty(n, dtype=np.int64)]), np.empty(n)
    for point in given[:-1]:
        _lower(squared, rows, int(point))
    for number in range(len(given), len(chosen)):
        _lower(squared, rows, int(chosen[number - 1]))
        near = _undecided(squared, error)
        best = _farthest_of(points, near, chosen[:number], exact, seen)
        chosen[number], found[number - len(given)] = best, exact[best]
        squared[best] = -1.0
    return chosen[len(given) :], found


def _copied(points: Points, device: str) -> "torch.Tensor":
    """Return the points on a device, copied block by block from what may be a mapped file."""
    import torch  # noqa: PLC0415 - torch is imported only where it computes

    kind = torch.float32 if points.dtype == np.float32 else torch.float64
    rows = torch.empty(points.shape, dtype=kind, device=device)
    n_rows = _block_rows(rows)
    for start in range(0, len(points), n_rows):
        rows[start : start + n_rows] = torch.from_numpy(np.array(points[start : start + n_rows]))
    return rows


def _lower(squared: "torch.Tensor", rows: "torch.Tensor", point: int) -> None:
    """Account for the distances of all points to one.

    They are sums of squared differences: products would lose digits far from the origin.
    """
    n_rows = _block_rows(rows)
    for start in range(0, len(rows), n_rows):
        step = rows[start : start + n_rows] - rows[point]
        block = squared[start : start + n_rows]
        block.copy_(block.minimum(step.square_().sum(dim=1)))


def _undecided(squared: "torch.Tensor", error: Error) -> Integers:
    """Return, in rising order, all points that may be the farthest one.

    With values good to ``(1 ± relative) ± absolute``, the farthest point's is at least the largest
    one times ``1 - 2 relative``, less ``2 absolute``; the rest allows for rounding here.
    """
    import torch  # noqa: PLC0415 - torch is imported only where it computes

    largest = float(squared.max())
    least = largest * (1.0 - 4.0 * error.relative) - 4.0 * error.absolute
    places: Integers = torch.nonzero(squared >= least).ravel().cpu().numpy()
    return places


def _block_rows(rows: "torch.Tensor") -> int:
    """Return how many rows make a block."""
    n_rows: int = max(1, BLOCK_VALUES // max(1, rows.shape[1]))
    return n_rows


@compiled
def _farthest_of(
    points: Points, near: Integers, chosen: Integers, exact: Floats, seen: Integers
) -> int:
    """Return the farthest of some points from all chosen ones; equal distances go by place.

    Args:
        points: All points.
        near: Those to compare, in rising order.
        chosen: The chosen ones.
        exact: Squared distance of each point to the chosen ones that it has seen; renewed.
        seen: How many of the chosen ones that are; renewed.
    """
    best, largest = -1, -1.0
    for point in near:
        for number in range(seen[point], chosen.shape[0]):
            if exact[point] == 0.0:
                break
            squared = exact_squared_distance(points, point, chosen[number])
            exact[point] = min(exact[point], squared)
        seen[point] = chosen.shape[0]
        if exact[point] > largest:
            best, largest = int(point), exact[point]
    return best
