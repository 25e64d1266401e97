"""The potential: ridge regression on energies and forces, regularised by one rule for all."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

ENERGY_SCALE_EV = 1e-3
"""Error of the energy an atom, in eV, that weighs as much as …"""

FORCE_SCALE_EV_A = 0.1
"""… this error of one component of one force, in eV/Å."""

N_FOLDS = 5
STRENGTHS = tuple(10.0**exponent for exponent in range(-12, -1))
"""Strengths of the regularisation that are tried, in units of the Gram matrix's largest eigenvalue.
"""


@dataclass(frozen=True, slots=True)
class Example:
    """One labelled frame, as the learner sees it.

    Attributes:
        rows: Of the energy and of all force components, shape ``(1 + 3 * n_atoms, n_functions)``.
        energy_eV: Less the energies of lone atoms.
        forces_eV_A: Shape ``(n_atoms, 3)``.
    """

    rows: Floats
    energy_eV: float
    forces_eV_A: Floats

    @property
    def n_atoms(self) -> int:
        """Number of atoms."""
        return len(self.forces_eV_A)

    def targets(self) -> Floats:
        """Return what the rows are to give, shape ``(1 + 3 * n_atoms,)``."""
        return np.concatenate([[self.energy_eV], self.forces_eV_A.ravel()])

    def weights(self) -> Floats:
        """Return the weights of the rows."""
        weights = np.full(len(self.rows), 1.0 / FORCE_SCALE_EV_A)
        weights[0] = 1.0 / (self.n_atoms * ENERGY_SCALE_EV)
        return weights


@dataclass(frozen=True, slots=True)
class Fit:
    """What was trained.

    Attributes:
        coefficients: Of the basis, shape ``(n_functions,)``.
        strength: Of the regularisation, which cross-validation chose.
    """

    coefficients: Floats
    strength: float


@dataclass(frozen=True, slots=True)
class Normal:
    """Sums over rows that a least-squares problem is made of."""

    gram: Floats
    moment: Floats

    @classmethod
    def of(cls, matrix: Floats, targets: Floats) -> "Normal":
        """Sum over the rows of a matrix."""
        return cls(matrix.T @ matrix, matrix.T @ targets)

    def __add__(self, other: "Normal") -> "Normal":
        """Take the rows of both."""
        return Normal(self.gram + other.gram, self.moment + other.moment)

    def __sub__(self, other: "Normal") -> "Normal":
        """Leave the rows of the other out."""
        return Normal(self.gram - other.gram, self.moment - other.moment)

    def solutions(self, ridges: Sequence[float]) -> Floats:
        """Return the solution for each ridge, shape ``(n_functions, n_ridges)``."""
        values, vectors = np.linalg.eigh(self.gram)
        damped = np.maximum(values, 0.0)[:, None] + np.asarray(ridges)
        solutions: Floats = vectors @ ((vectors.T @ self.moment)[:, None] / damped)
        return solutions


def train(examples: Sequence[Example], penalties: Floats, rng: np.random.Generator) -> Fit:
    """Train on frames.

    The penalty of a coefficient is its square times that of its function's entry in ``penalties``
    times one strength, which `N_FOLDS`-fold cross-validation over the frames chooses.

    Args:
        examples: At least `N_FOLDS` frames.
        penalties: Relative size that coefficients are held down by, shape ``(n_functions,)``.
        rng: Of the folds.

    Raises:
        ValueError: There are fewer frames than folds.
    """
    if len(examples) < N_FOLDS:
        message = f"{len(examples)} frames are fewer than the {N_FOLDS} folds"
        raise ValueError(message)
    folds = np.array_split(rng.permutation(len(examples)), N_FOLDS)
    parts = [_scaled([examples[place] for place in fold], penalties) for fold in folds]
    normals = [Normal.of(*part) for part in parts]
    total = sum(normals[1:], start=normals[0])
    largest = float(np.linalg.eigvalsh(total.gram)[-1])
    ridges = [largest * strength for strength in STRENGTHS]
    losses = np.zeros(len(ridges))
    for (matrix, targets), mine in zip(parts, normals, strict=True):
        predicted = matrix @ (total - mine).solutions(ridges)
        losses += ((predicted - targets[:, None]) ** 2).sum(axis=0)
    best = int(np.argmin(losses))
    coefficients = total.solutions([ridges[best]])[:, 0] / penalties
    return Fit(coefficients, STRENGTHS[best])


def _scaled(examples: Sequence[Example], penalties: Floats) -> tuple[Floats, Floats]:
    """Return weighted rows, for coefficients that are all penalised alike, and their targets."""
    weights = np.concatenate([example.weights() for example in examples])
    rows = np.concatenate([example.rows for example in examples])
    targets = np.concatenate([example.targets() for example in examples])
    return rows * weights[:, None] / penalties, targets * weights
