"""What the harmonics of an edge do to the components of features, for all layers of a model."""

import numpy as np
import numpy.typing as npt
import torch

Floats = npt.NDArray[np.float64]

# Two sets of coefficients are one and the same when they are parallel to within their rounding.
PARALLEL = 1e-6


class CouplingBasis:
    """The couplings of an edge, ``M[m1, m3] = sum_m2 C[m2, m1, m3] y[m2]``, one after another.

    A path's coupling is determined by the degrees of input, harmonics and output up to a factor,
    so that paths and layers share them: they are formed once for each edge, and their gradients
    turned into those of the harmonics once.
    """

    def __init__(self, n_harmonics: int) -> None:
        """Begin with none."""
        self.n_harmonics = n_harmonics
        self.size = 0
        self._parts: list[tuple[int, int, Floats]] = []

    def add(self, first: int, coefficients: Floats) -> tuple[int, float]:
        """Find a coupling among those that are there, or add it.

        Args:
            first: The first harmonic that it takes.
            coefficients: ``(harmonics, components in * components out)``.

        Returns:
            Where it begins, and the factor by which it has to be multiplied.
        """
        norm = float(np.linalg.norm(coefficients))
        if norm == 0.0:
            norm = 1.0
        unit = coefficients / norm
        for begin, known_first, known in self._parts:
            if known_first == first and known.shape == unit.shape:
                cosine = float(np.sum(known * unit))
                if np.abs(unit - cosine * known).max() < PARALLEL:
                    return begin, norm * cosine
        begin = self.size
        self._parts.append((begin, first, unit))
        self.size += unit.shape[1]
        return begin, norm

    def matrix(self, dtype: torch.dtype) -> torch.Tensor:
        """Return the matrix from harmonics to couplings, ``(n_harmonics, size)``."""
        matrix = np.zeros((self.n_harmonics, self.size))
        for begin, first, part in self._parts:
            matrix[first : first + part.shape[0], begin : begin + part.shape[1]] = part
        return torch.from_numpy(matrix).to(dtype)
