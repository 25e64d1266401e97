"""CUR: frames are drawn by how much of the data they span."""

from typing import ClassVar

import numpy as np
import numpy.typing as npt

from mlip_autopipec.sampling.base import BaseSampler, Indices, Pool
from mlip_autopipec.sampling.principal import PrincipalAxes

EXPLAINED = 0.99  # share of the variance that the leading components explain


class CURSampler(BaseSampler):
    """Draws frames with probabilities in proportion to their leverage scores.

    The leverage of a frame is its weight in the leading left singular vectors of the descriptors
    (Mahoney and Drineas 2009, https://doi.org/10.1073/pnas.0803205106). Where frames are taken
    already, what they span is projected out first.
    """

    needs_features: ClassVar[bool] = True

    def choose(self, pool: Pool, n: int, rng: np.random.Generator) -> tuple[Indices, None]:
        """Draw without replacement."""
        free = pool.free
        if n == 0:
            return free[:0], None
        scores = leverage_scores(pool.required_points(), free, pool.taken)
        # Exponential races: the first n arrivals are a draw without replacement with these
        # weights (Efraimidis and Spirakis 2006, https://doi.org/10.1016/j.ipl.2005.11.003).
        arrivals = rng.exponential(size=len(free))
        with np.errstate(divide="ignore"):
            arrivals = np.where(scores > 0.0, arrivals / scores, np.inf)
        order = np.lexsort((rng.random(len(free)), arrivals))
        return free[order[:n]], None


def leverage_scores(
    points: npt.NDArray[np.floating], places: Indices, taken: Indices
) -> npt.NDArray[np.float64]:
    """Return the leverage of each point in the leading components; the scores sum to their number.

    Args:
        points: Standardised descriptors, shape ``(n_points, n_features)``.
        places: The points that have a score.
        taken: Points whose span does not count.
    """
    axes = PrincipalAxes.of(points, places)
    total = axes.variances.sum()
    if total == 0.0:
        return np.ones(len(places))
    n_axes = 1 + int(np.searchsorted(np.cumsum(axes.variances) / total, EXPLAINED))
    leading = axes.leading(min(n_axes, int((axes.variances > 0.0).sum())))
    left = leading.coordinates(points, places) / np.sqrt(len(places) * leading.variances)
    if len(taken):
        spanned = leading.coordinates(points, taken) / np.sqrt(leading.variances)
        _, sizes, directions = np.linalg.svd(spanned, full_matrices=False)
        directions = directions[sizes > 1e-6 * max(float(sizes[0]), 1e-300)]
        if len(directions) < left.shape[1]:
            left = left - (left @ directions.T) @ directions
    scores: npt.NDArray[np.float64] = (left**2).sum(axis=1)
    return scores
