"""Principal components of descriptors that need not fit in memory."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from mlip_autopipec.sampling.base import Indices
from mlip_autopipec.sampling.standardisation import blocks

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PrincipalAxes:
    """The principal axes of points.

    Attributes:
        mean: Of the points, shape ``(n_features,)``.
        axes: Unit vectors in the order of falling variance, shape ``(n_features, n_axes)``; the
            largest entry of each is positive, so that they are the same everywhere.
        variances: Along each axis.
    """

    mean: Floats
    axes: Floats
    variances: Floats

    @classmethod
    def of(cls, points: npt.NDArray[np.floating], places: Indices) -> Self:
        """Diagonalise the covariance of the points at some places, block by block."""
        mean = sum(block.sum(axis=0) for block in blocks(points, places)) / len(places)
        covariance = np.zeros((points.shape[1], points.shape[1]))
        for block in blocks(points, places):
            covariance += (block - mean).T @ (block - mean)
        variances, axes = np.linalg.eigh(covariance / len(places))
        variances, axes = variances[::-1], axes[:, ::-1]
        signs = np.sign(axes[np.argmax(np.abs(axes), axis=0), np.arange(axes.shape[1])])
        return cls(mean, axes * signs, np.maximum(variances, 0.0))

    def leading(self, n_axes: int) -> Self:
        """Return the first few axes alone."""
        return type(self)(self.mean, self.axes[:, :n_axes], self.variances[:n_axes])

    def coordinates(self, points: npt.NDArray[np.floating], places: Indices) -> Floats:
        """Return the coordinates of the points at some places, shape ``(n_places, n_axes)``."""
        parts = [(block - self.mean) @ self.axes for block in blocks(points, places)]
        return np.concatenate([np.empty((0, self.axes.shape[1])), *parts])
