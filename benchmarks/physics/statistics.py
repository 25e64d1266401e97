"""Means and variances of correlated series, with their standard errors."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

N_BLOCKS = 32
"""Blocks of all replicas of a case together."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number and its standard error.

    Attributes:
        value: The number.
        error: Its standard error.
    """

    value: float
    error: float

    def sigmas_from(self, other: "Estimate") -> float:
        """Return the difference over the error of the difference; 0 if neither varies at all."""
        error = float(np.hypot(self.error, other.error))
        difference = self.value - other.value
        if error == 0.0:
            return 0.0 if difference == 0.0 else float(np.copysign(np.inf, difference))
        return difference / error

    def __str__(self) -> str:
        """Write value ± error, to two digits of the error."""
        digits = max(0, 1 - int(np.floor(np.log10(self.error)))) if self.error > 0.0 else 6
        return f"{self.value:.{digits}f} ± {self.error:.{digits}f}"


def mean(replicas: Sequence[Floats]) -> Estimate:
    """Return the mean of independent series, by the scatter of the means of blocks.

    A block is many correlation times long, so that the means of blocks are independent: Flyvbjerg
    and Petersen (1989), doi:10.1063/1.457480.
    """
    blocks = _block_means(replicas)
    return Estimate(float(blocks.mean()), float(blocks.std(ddof=1) / np.sqrt(len(blocks))))


def variance(replicas: Sequence[Floats]) -> Estimate:
    """Return the variance about the mean of all series together."""
    centre = np.concatenate(list(replicas)).mean()
    return mean([(series - centre) ** 2 for series in replicas])


def _block_means(replicas: Sequence[Floats]) -> Floats:
    """Return the means of equally long blocks, none across two replicas.

    Raises:
        ValueError: A series is shorter than its number of blocks.
    """
    n_each = max(N_BLOCKS // len(replicas), 1)
    shortest = min(len(series) for series in replicas)
    if shortest < n_each:
        message = f"{shortest} samples make no {n_each} blocks"
        raise ValueError(message)
    size = shortest // n_each
    return np.concatenate(
        [series[: n_each * size].reshape(n_each, size).mean(axis=1) for series in replicas]
    )


def summary(samples: Sequence[dict[str, Floats]]) -> dict[str, dict[str, float]]:
    """Return the estimates of a case, from the series of its replicas.

    Args:
        samples: For each replica the series ``energy_eV`` and ``volume_A3`` (an atom),
            ``temperature_K``, ``pressure_GPa`` and ``order``, as far as there are.

    Returns:
        By the quantity's name, its value and error; variances are named after what varies.
    """
    found: dict[str, Estimate] = {}
    for name in samples[0]:
        series = [each[name] for each in samples]
        found[name] = mean(series)
        if name in ("temperature_K", "volume_A3"):
            found[f"variance_of_{name}"] = variance(series)
    return {name: asdict(each) for name, each in found.items()}


def estimates(stored: dict[str, Any]) -> dict[str, Estimate]:
    """Return what `summary` returned, read back from JSON."""
    return {name: Estimate(**each) for name, each in stored.items()}
