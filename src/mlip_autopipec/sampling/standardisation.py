"""The one place where descriptors are brought to a common scale before frames are compared.

Each column is shifted to mean zero and divided by its standard deviation over all frames, and the
row by the square root of the number of columns that vary. So a distance of 1 means: one standard
deviation away, in the root mean square over the columns, whatever the descriptor and its length.

A column that does not vary carries nothing, and dividing by its rounding noise would make that
noise as loud as the physics. Columns whose standard deviation is below `NOISE` times their
root-mean-square value, or below `NOISE` times the largest standard deviation of all, count as
constant and become zero.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from mlip_autopipec.errors import SamplingError

NOISE = 1e-5  # rows are single precision, with a relative rounding of 6e-8 a value
BLOCK_VALUES = 2**20  # values of a block that is worked on in double precision: 8 MB


@dataclass(slots=True)
class Moments:
    """Mean and spread of columns, gathered block by block in double precision.

    Attributes:
        count: Number of rows seen.
        mean: Shape ``(n_features,)``.
        squares: Sum of squared deviations from the mean, shape ``(n_features,)``.
    """

    count: int
    mean: npt.NDArray[np.float64]
    squares: npt.NDArray[np.float64]

    @classmethod
    def over(cls, n_features: int) -> Self:
        """Begin with no rows."""
        return cls(0, np.zeros(n_features), np.zeros(n_features))

    def add(self, features: npt.NDArray[np.floating]) -> None:
        """Account for more rows.

        Raises:
            SamplingError: A value is not finite.
        """
        for block in blocks(features):
            _check_finite(block, self.count)
            # Parallel update of Chan, Golub and LeVeque, https://doi.org/10.2307/2683386
            block_mean = block.mean(axis=0)
            delta = block_mean - self.mean
            total = self.count + len(block)
            self.squares += ((block - block_mean) ** 2).sum(axis=0)
            self.squares += delta**2 * (self.count * len(block) / total)
            self.mean += delta * (len(block) / total)
            self.count = total


@dataclass(frozen=True, slots=True)
class Standardisation:
    """The shift and the scale of each column.

    Attributes:
        mean: Shape ``(n_features,)``.
        scale: Factor of each column, shape ``(n_features,)``; zero for constant columns.
    """

    mean: npt.NDArray[np.float64]
    scale: npt.NDArray[np.float64]

    @classmethod
    def of(cls, features: npt.NDArray[np.floating]) -> Self:
        """Measure the columns of descriptors.

        Args:
            features: Shape ``(n_frames, n_features)``; may be memory-mapped.

        Raises:
            SamplingError: A value is not finite.
        """
        moments = Moments.over(features.shape[1])
        moments.add(features)
        return cls.by(moments)

    @classmethod
    def by(cls, moments: Moments) -> Self:
        """Take the columns as they were measured."""
        variance = moments.squares / max(moments.count, 1)
        return cls(moments.mean, _scale(moments.mean, np.sqrt(variance)))

    def applied(self, features: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
        """Return standardised descriptors, shape ``(n_frames, n_features)``."""
        out = np.empty(features.shape, dtype=np.float32)
        place = 0
        for block in blocks(features):
            out[place : place + len(block)] = (block - self.mean) * self.scale
            place += len(block)
        return out


def _check_finite(block: npt.NDArray[np.float64], first: int) -> None:
    """Name the first frame of a block with a value that is not finite."""
    wrong = ~np.isfinite(block).all(axis=1)
    if wrong.any():
        message = f"the descriptor of frame {first + int(np.argmax(wrong))} is not finite"
        raise SamplingError(message)


def _scale(
    mean: npt.NDArray[np.float64], deviation: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Return the factor of each column."""
    floor = NOISE * np.maximum(np.hypot(mean, deviation), deviation.max(initial=0.0))
    varies = deviation > floor
    scale = np.zeros_like(deviation)
    scale[varies] = 1.0 / (deviation[varies] * np.sqrt(varies.sum()))
    return scale


def blocks(
    features: npt.NDArray[np.floating], places: npt.NDArray[np.integer] | None = None
) -> Iterator[npt.NDArray[np.float64]]:
    """Yield rows in double precision, a few thousand at a time.

    Args:
        features: Shape ``(n_frames, n_features)``; may be memory-mapped.
        places: Rows that are wanted, in this order; all of them, if None.
    """
    n_rows = max(1, BLOCK_VALUES // max(1, features.shape[1]))
    n_wanted = len(features) if places is None else len(places)
    for start in range(0, n_wanted, n_rows):
        part = slice(start, start + n_rows)
        rows = features[part] if places is None else features[places[part]]
        yield np.asarray(rows, dtype=np.float64)
