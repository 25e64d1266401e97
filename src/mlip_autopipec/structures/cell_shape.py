"""Shapes of cells that nothing should be computed in: flat, skewed or stretched ones."""

import math

import numpy as np
from ase import Atoms

from mlip_autopipec.structures.neighbours import periodic_axes
from mlip_autopipec.structures.vacuum import detect_vacuum

_VECTORS = ("a", "b", "c")


def openness(vectors: np.ndarray) -> float:
    """Return the volume that vectors span, as a fraction of the product of their lengths.

    It is 1 where all are at right angles, 0.71 for the primitive cell of fcc, and 0 where they lie
    in a plane; of two vectors the area counts.

    Args:
        vectors: In rows, shape ``(n, 3)``; none of length 0.
    """
    units = vectors / np.linalg.norm(vectors, axis=1)[:, None]
    return math.sqrt(max(0.0, float(np.linalg.det(units @ units.T))))


def cell_shape_fault(atoms: Atoms, min_openness: float, max_elongation: float) -> str | None:
    """Say what is wrong with the shape of a cell, if anything.

    Args:
        atoms: The structure; only the vectors along which it repeats count.
        min_openness: Least `openness` of the vectors; 0 refuses only those that lie in a plane.
        max_elongation: Largest ratio of two lengths; vectors through vacuum do not count.

    Returns:
        One line; None if all is well.
    """
    periodic = periodic_axes(atoms)
    if not periodic.any():
        return None
    vectors = atoms.cell.array[periodic]
    value = openness(vectors)
    if value <= max(min_openness, 1e-6):
        lengths, angles = (np.round(part, 3).tolist() for part in np.split(atoms.cell.cellpar(), 2))
        return (
            f"checks.min_cell_openness: cell vectors of {lengths} Å at angles of {angles}° span "
            f"{value:.3g} of what they would at right angles; more than {min_openness:g} is needed"
        )
    lengths_A = np.where(periodic, atoms.cell.lengths(), np.nan)
    if np.nanmax(lengths_A) <= max_elongation * np.nanmin(lengths_A):
        return None
    lengths_A[np.array(detect_vacuum(atoms).axes)] = np.nan
    if np.isnan(lengths_A).all() or np.nanmax(lengths_A) <= max_elongation * np.nanmin(lengths_A):
        return None
    longest, shortest = int(np.nanargmax(lengths_A)), int(np.nanargmin(lengths_A))
    return (
        f"checks.max_cell_elongation: vector {_VECTORS[longest]} of {lengths_A[longest]:.2f} Å is "
        f"{lengths_A[longest] / lengths_A[shortest]:.1f} times as long as {_VECTORS[shortest]}; "
        f"the most is {max_elongation:g}"
    )
