"""Errors of a potential, and how many labels it takes to reach one."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.data_efficiency.learner import Example, Fit

Floats = npt.NDArray[np.float64]

MILLI = 1e3


@dataclass(frozen=True, slots=True)
class Scores:
    """Errors on one test set: energies in meV an atom, components of forces in meV/Å."""

    energy_rmse: float
    energy_mae: float
    force_rmse: float
    force_mae: float

    @classmethod
    def of(cls, fit: Fit, examples: Sequence[Example]) -> "Scores":
        """Compare predictions with labels."""
        errors = [fit.errors(example) for example in examples]
        sizes = [example.n_atoms for example in examples]
        energies_eV = [each[0] / n_atoms for each, n_atoms in zip(errors, sizes, strict=True)]
        return cls.of_errors(energies_eV, [each[1:] for each in errors])

    @classmethod
    def of_errors(cls, energies_eV: Sequence[float], forces_eV_A: Sequence[Floats]) -> "Scores":
        """Take errors together.

        Args:
            energies_eV: Of each frame's energy, an atom.
            forces_eV_A: Of each frame's force components.
        """
        energy = MILLI * np.array(energies_eV)
        force = MILLI * np.concatenate([each.ravel() for each in forces_eV_A])
        return cls(_rms(energy), _mean(energy), _rms(force), _mean(force))

    def as_dict(self) -> dict[str, float]:
        """Return the errors with six digits."""
        return {name: float(f"{value:.6g}") for name, value in asdict(self).items()}


METRICS = ("energy_rmse", "energy_mae", "force_rmse", "force_mae")


def overall(scores: Mapping[str, Mapping[str, float]], metric: str) -> float:
    """Return the geometric mean over the test sets: each counts alike, whatever its scale."""
    return float(np.exp(np.mean([np.log(each[metric]) for each in scores.values()])))


def labels_needed(sizes: Sequence[int], errors: Sequence[float], target: float) -> float | None:
    """Return the number of labels at which an error falls to a target.

    Between sizes the logarithm of the error is linear in that of the number of labels.

    Args:
        sizes: In rising order.
        errors: At each of them.
        target: The error to reach.

    Returns:
        The smallest size, if its error is as small already; None where no size reaches it.

    Example:
        >>> labels_needed([25, 100], [4.0, 2.0], 2.8284271247461903)
        50.0
    """
    if errors[0] <= target:
        return float(sizes[0])
    for place in range(1, len(sizes)):
        if errors[place] <= target:
            logs = np.log(errors[place - 1 : place + 1])
            share = (logs[0] - np.log(target)) / (logs[0] - logs[1])
            low, high = np.log(sizes[place - 1 : place + 1])
            return round(float(np.exp(low + share * (high - low))), 1)
    return None


def _rms(errors: Floats) -> float:
    """Return the root mean square."""
    return float(np.sqrt(np.mean(errors**2)))


def _mean(errors: Floats) -> float:
    """Return the mean size."""
    return float(np.mean(np.abs(errors)))
