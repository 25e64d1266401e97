"""From the environments of a frame's atoms to one row for the frame.

A frame is a set of environments of each element. It is described by their mean and their spread,
element by element, each weighted by the square root of the element's share ``x_e`` of the atoms:

    row = [..., sqrt(x_e) mean_e, sqrt(x_e) spread_e, ...]

Three things follow. Between two frames of one composition the squared distance of their rows is
the average, over atoms, of the squared 2-Wasserstein distance between the environments' normal
approximations with diagonal covariance (``|Δmean|² + |Δspread|²``,
https://doi.org/10.1307/mmj/1029003026). An element that is absent has share zero, so its part of
the row is zero as the empty sum that it is: nothing has to be filled in, and a frame with a trace
of an element is close to one without it. And the scatter of a mean over few atoms, which grows as
their number falls, is weighted down by the same law, so that frames poor in an element do not
look extreme for that alone.

Mean and spread do not change when a frame is repeated along its cell vectors. A lone defect, which
the mean over many atoms hides, shows in the spread, which is zero for a perfect crystal.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from ase.data import atomic_numbers

MOMENTS = 2  # mean and spread


def pooled(
    environments: npt.NDArray[np.floating],
    numbers: npt.NDArray[np.integer],
    elements: Sequence[str],
) -> npt.NDArray[np.float64]:
    """Return one row for a frame.

    Args:
        environments: One row an atom, shape ``(n_atoms, n)``.
        numbers: Atomic numbers, shape ``(n_atoms,)``; all of them belong to ``elements``.
        elements: The elements that have a place in the row.

    Returns:
        Shape ``(2 n len(elements),)``: weighted mean and spread (the population's standard
        deviation) of the first element, then of the second, and so on.
    """
    n_atoms, width = environments.shape
    row = np.zeros((len(elements), MOMENTS, width))
    for place, element in enumerate(elements):
        mine = environments[numbers == atomic_numbers[element]].astype(np.float64, copy=False)
        if len(mine):
            weight = np.sqrt(len(mine) / n_atoms)
            row[place, 0] = weight * mine.mean(axis=0)
            row[place, 1] = weight * mine.std(axis=0)
    return row.ravel()
