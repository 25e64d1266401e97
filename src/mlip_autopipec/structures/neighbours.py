"""Pairs of atoms within a cutoff, periodic images included."""

import math
from dataclasses import dataclass

import numpy as np
from ase import Atoms
from ase.geometry import complete_cell
from scipy.spatial import cKDTree

_FLATTEST = 1e-9
"""Least volume of a cell, as a fraction of the product of its edges."""


@dataclass(frozen=True)
class NeighbourPairs:
    """Pairs of atoms and images of atoms; each pair is listed from both its ends.

    Attributes:
        first: Index of the atom in the cell, shape ``(n_pairs,)``.
        second: Index of the other, of which an image is meant, shape ``(n_pairs,)``.
        vectors_A: From the first to the image of the second, in Å, shape ``(n_pairs, 3)``.
        distances_A: Lengths of the vectors, in Å, shape ``(n_pairs,)``.
    """

    first: np.ndarray
    second: np.ndarray
    vectors_A: np.ndarray
    distances_A: np.ndarray


def neighbour_pairs(atoms: Atoms, cutoff_A: float) -> NeighbourPairs:
    """Return all pairs within a cutoff, in cells of any size and shape.

    Raises:
        ValueError: Positions or cell are not finite, or the periodic cell vectors are degenerate.
    """
    if len(atoms) == 0:
        nothing = np.zeros(0, dtype=int)
        return NeighbourPairs(nothing, nothing, np.zeros((0, 3)), np.zeros(0))
    images, owners = images_within(atoms, cutoff_A)
    positions = images[: len(atoms)]
    pairs = cKDTree(positions).sparse_distance_matrix(
        cKDTree(images), cutoff_A, output_type="ndarray"
    )
    pairs = pairs[pairs["i"] != pairs["j"]]  # images begin with the atoms themselves
    first, image = pairs["i"], pairs["j"]
    return NeighbourPairs(first, owners[image], images[image] - positions[first], pairs["v"])


def periodic_axes(atoms: Atoms) -> np.ndarray:
    """Return for each cell vector whether the structure really repeats along it, shape ``(3,)``.

    An axis that is called periodic and has no cell vector does not repeat.
    """
    return np.asarray(atoms.pbc & atoms.cell.array.any(axis=1), dtype=bool)


def images_within(atoms: Atoms, cutoff_A: float) -> tuple[np.ndarray, np.ndarray]:
    """Return all images of atoms within a cutoff of the cell, and the atoms they are images of.

    Returns:
        Positions in Å, shape ``(n_images, 3)``, of which the first ``n_atoms`` are the atoms
        themselves, wrapped into the cell; and indices of atoms, shape ``(n_images,)``.

    Raises:
        ValueError: Positions or cell are not finite, or the periodic cell vectors are degenerate.
    """
    periodic = periodic_axes(atoms)
    cell = complete_cell(np.where(periodic[:, None], atoms.cell.array, 0.0))
    if not (np.isfinite(cell).all() and np.isfinite(atoms.positions).all()):
        message = "positions and cell should be finite"
        raise ValueError(message)
    if abs(np.linalg.det(cell)) < _FLATTEST * np.prod(np.linalg.norm(cell, axis=1)):
        message = f"the cell vectors {cell.tolist()} lie in a plane"
        raise ValueError(message)
    inverse = np.linalg.inv(cell)
    scaled = atoms.positions @ inverse
    scaled[:, periodic] %= 1.0
    margins = np.where(periodic, cutoff_A * np.linalg.norm(inverse, axis=0), 0.0)
    images, owners = scaled, np.arange(len(atoms))
    for axis in np.flatnonzero(periodic):
        shifts = [n for k in range(1, math.ceil(margins[axis]) + 1) for n in (k, -k)]
        moved = images[None] + np.array(shifts)[:, None, None] * np.eye(3)[axis]
        near = (moved[..., axis] >= -margins[axis]) & (moved[..., axis] <= 1.0 + margins[axis])
        images = np.concatenate([images, moved[near]])
        owners = np.concatenate([owners, np.broadcast_to(owners, near.shape)[near]])
    return images @ cell, owners
