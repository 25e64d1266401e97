"""Principal components of descriptors that need not fit in memory."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy.linalg import eigh

from mlip_autopipec.sampling.base import Indices
from mlip_autopipec.sampling.standardisation import blocks

Floats = npt.NDArray[np.float64]

MAX_WIDTH = 2048
"""Of the covariance: for points with more features, as many points stand for all of them."""
NULL = 1e-12  # share of the variance below which an axis is rounding


@dataclass(frozen=True, slots=True)
class PrincipalAxes:
    """The principal axes of points.

    Attributes:
        mean: Of the points, shape ``(n_features,)``.
        axes: Unit vectors in the order of falling variance, shape ``(n_features, n_axes)``; the
            largest entry of each is positive, so that they are the same everywhere. Zero where
            the points of `MAX_WIDTH` have no further axis.
        variances: Along each axis.
        total: Variance along all axes together, of which there may be more.
    """

    mean: Floats
    axes: Floats
    variances: Floats
    total: float

    @classmethod
    def of(
        cls, points: npt.NDArray[np.floating], places: Indices, n_axes: int | None = None
    ) -> Self:
        """Diagonalise the covariance of the points at some places, block by block.

        Where there are more than `MAX_WIDTH` features, the axes are those of at most as many
        points, evenly spread over the places; there are no more axes than points then.

        Args:
            points: Shape ``(n_points, n_features)``; may be memory-mapped.
            places: The points that count; at least one.
            n_axes: Number of leading axes that are wanted, which saves time; all, if None.
        """
        if points.shape[1] > MAX_WIDTH:
            return cls._of_wide(points, places[:: -(-len(places) // MAX_WIDTH)], n_axes)
        mean = sum(block.sum(axis=0) for block in blocks(points, places)) / len(places)
        covariance = np.zeros((points.shape[1], points.shape[1]))
        for block in blocks(points, places):
            covariance += (block - mean).T @ (block - mean)
        covariance /= len(places)
        variances, axes = _leading_eigenvectors(covariance, n_axes)
        return cls(mean, _with_sign(axes), variances, float(np.trace(covariance)))

    @classmethod
    def _of_wide(
        cls, points: npt.NDArray[np.floating], places: Indices, n_axes: int | None
    ) -> Self:
        """Diagonalise the products of the points with each other, which has the same eigenvalues.

        They are fewer than the features; rows in double precision are in memory at once.
        """
        rows = np.concatenate(list(blocks(points, places)))
        mean = rows.mean(axis=0)
        rows -= mean
        products = rows @ rows.T / len(places)
        variances, vectors = _leading_eigenvectors(products, n_axes)
        total = float(np.trace(products))
        real = np.flatnonzero(variances > NULL * total)
        axes = np.zeros((len(mean), len(variances) if n_axes is None else n_axes))
        axes[:, real] = rows.T @ (vectors[:, real] / np.sqrt(variances[real] * len(places)))
        spread = np.zeros(axes.shape[1])
        spread[real] = variances[real]
        return cls(mean, _with_sign(axes), spread, total)

    def leading(self, n_axes: int) -> Self:
        """Return the first few axes alone."""
        return type(self)(self.mean, self.axes[:, :n_axes], self.variances[:n_axes], self.total)

    def coordinates(self, points: npt.NDArray[np.floating], places: Indices) -> Floats:
        """Return the coordinates of the points at some places, shape ``(n_places, n_axes)``."""
        parts = [(block - self.mean) @ self.axes for block in blocks(points, places)]
        return np.concatenate([np.empty((0, self.axes.shape[1])), *parts])


def _leading_eigenvectors(symmetric: Floats, n: int | None) -> tuple[Floats, Floats]:
    """Return the largest eigenvalues of a matrix without negative ones, and their vectors."""
    width = len(symmetric)
    first = 0 if n is None else max(0, width - n)
    values, vectors = eigh(symmetric, subset_by_index=(first, width - 1))
    return np.maximum(values[::-1], 0.0), vectors[:, ::-1]


def _with_sign(axes: Floats) -> Floats:
    """Return axes whose largest entry is positive."""
    signs = np.sign(axes[np.argmax(np.abs(axes), axis=0), np.arange(axes.shape[1])])
    return np.asarray(axes * signs)
