"""Short-range order of a binary alloy in a cubic cell. LAMMPS's side imports this too."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


def first_shell_A(lattice_A: float) -> float:  # noqa: N802 - the unit is part of the name
    """Return a radius half-way between the first and the second shell of fcc."""
    return 0.5 * lattice_A * (np.sqrt(0.5) + 1.0)


def nearest_unlike(positions: Floats, kinds: Integers, length_A: float, shell_A: float) -> float:
    """Return the Warren-Cowley parameter of the first shell of a binary alloy.

    1 - P(unlike)/(2 x_A x_B), over all pairs closer than ``shell_A``: Cowley (1950),
    doi:10.1103/PhysRev.77.669, with the two ways of drawing an unlike pair written as one. It is
    -1/3 in perfect L1_0 and 0 in a random alloy of infinite size.
    """
    i, j = np.triu_indices(len(positions), 1)
    vectors = positions[j] - positions[i]
    vectors -= length_A * np.rint(vectors / length_A)
    near = np.einsum("ij,ij->i", vectors, vectors) < shell_A**2
    unlike = kinds[i[near]] != kinds[j[near]]
    shares = np.bincount(kinds) / len(kinds)
    return float(1.0 - unlike.mean() / (1.0 - np.sum(shares**2)))
