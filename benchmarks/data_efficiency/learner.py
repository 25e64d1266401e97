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
STRENGTHS = tuple(10.0**exponent for exponent in range(-20, -5))
"""Strengths of the regularisation that are tried, in units of the square of the matrix's largest
singular value. Singular values fall over sixteen orders of magnitude, so the strengths do; they are
told from the rows themselves, since sums of squares would drown the small ones in rounding."""


@dataclass(frozen=True, slots=True)
class Example:
    """One labelled frame, as the learner sees it.

    Attributes:
        rows: Of the energy and of all force components, shape ``(1 + 3 * n_atoms, n_functions)``.
        counts: Number of atoms of each element, shape ``(n_elements,)``.
        energy_eV: Energy of the frame.
        forces_eV_A: Shape ``(n_atoms, 3)``.
    """

    rows: Floats
    counts: Floats
    energy_eV: float
    forces_eV_A: Floats

    @property
    def n_atoms(self) -> int:
        """Number of atoms."""
        return len(self.forces_eV_A)

    def targets(self, atoms_eV: Floats) -> Floats:
        """Return what the rows are to give, shape ``(1 + 3 * n_atoms,)``.

        Args:
            atoms_eV: Energy of an atom of each element, which is taken off.
        """
        rest_eV = self.energy_eV - float(self.counts @ atoms_eV)
        return np.concatenate([[rest_eV], self.forces_eV_A.ravel()])

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
        atoms_eV: Energy of an atom of each element, by which energies go with the composition.
        strength: Of the regularisation, which cross-validation chose.
    """

    coefficients: Floats
    atoms_eV: Floats
    strength: float

    def errors(self, example: Example) -> Floats:
        """Return predictions less labels: the energy in eV, then force components in eV/Å."""
        errors: Floats = example.rows @ self.coefficients - example.targets(self.atoms_eV)
        return errors


@dataclass(frozen=True, slots=True)
class Triangle:
    """A least-squares problem, reduced to as many rows as there are columns.

    Attributes:
        matrix: Upper triangular, shape ``(n, n_functions)``; its singular values are the problem's.
        targets: Shape ``(n,)``; what no solution can reach is left out.
    """

    matrix: Floats
    targets: Floats

    @classmethod
    def of(cls, matrix: Floats, targets: Floats) -> "Triangle":
        """Reduce a problem by a QR decomposition."""
        triangle = np.linalg.qr(np.column_stack([matrix, targets]), mode="r")
        n_functions = matrix.shape[1]
        return cls(triangle[:n_functions, :-1], triangle[:n_functions, -1])

    @classmethod
    def joined(cls, parts: Sequence["Triangle"]) -> "Triangle":
        """Reduce several problems to one."""
        matrices, targets = [part.matrix for part in parts], [part.targets for part in parts]
        return cls.of(np.concatenate(matrices), np.concatenate(targets))

    def solutions(self, strengths: Sequence[float]) -> Floats:
        """Return the ridge solution at each strength, shape ``(n_functions, n_strengths)``."""
        left, values, right = np.linalg.svd(self.matrix, full_matrices=False)
        ridges = values[0] ** 2 * np.asarray(strengths)
        shrunk = (values * (left.T @ self.targets))[:, None] / (values[:, None] ** 2 + ridges)
        solutions: Floats = right.T @ shrunk
        return solutions


def train(examples: Sequence[Example], penalties: Floats, rng: np.random.Generator) -> Fit:
    """Train on frames.

    First the energies are fitted by composition, in the least-squares sense. Of the rest, the
    penalty of a coefficient is the square of its product with its function's entry in
    ``penalties``, times one strength, which `N_FOLDS`-fold cross-validation over frames chooses.

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
    counts = np.array([example.counts for example in examples])
    energies_eV = np.array([example.energy_eV for example in examples])
    atoms_eV = np.linalg.lstsq(counts, energies_eV)[0]
    folds = np.array_split(rng.permutation(len(examples)), N_FOLDS)
    parts = [_scaled([examples[i] for i in fold], atoms_eV, penalties) for fold in folds]
    triangles = [Triangle.of(*part) for part in parts]
    losses = np.zeros(len(STRENGTHS))
    for place, (matrix, targets) in enumerate(parts):
        others = Triangle.joined(triangles[:place] + triangles[place + 1 :])
        predicted = matrix @ others.solutions(STRENGTHS)
        losses += ((predicted - targets[:, None]) ** 2).sum(axis=0)
    strength = STRENGTHS[int(np.argmin(losses))]
    scaled = Triangle.joined(triangles).solutions([strength])[:, 0]
    return Fit(scaled / penalties, atoms_eV, strength)


def _scaled(
    examples: Sequence[Example], atoms_eV: Floats, penalties: Floats
) -> tuple[Floats, Floats]:
    """Return weighted rows, for coefficients that are all penalised alike, and their targets."""
    weights = np.concatenate([example.weights() for example in examples])
    rows = np.concatenate([example.rows for example in examples])
    targets = np.concatenate([example.targets(atoms_eV) for example in examples])
    return rows * weights[:, None] / penalties, targets * weights
