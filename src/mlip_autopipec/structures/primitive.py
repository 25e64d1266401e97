"""The smallest cell that a crystal repeats by translation alone."""

from itertools import product

import numpy as np
from ase import Atoms
from ase.geometry import minkowski_reduce
from scipy.spatial import cKDTree

_TOLERANCE_A = 1e-3
_SMALLEST_SHARE = 1e-6


def primitive_cell(atoms: Atoms, labels: np.ndarray) -> Atoms:
    """Return the primitive cell of a crystal, its vectors as short as can be.

    Args:
        atoms: A crystal, periodic in three directions.
        labels: An integer for each atom, shape ``(n_atoms,)``; a translation has to bring each
            atom to one with the same label, within 0.001 Å.

    Returns:
        The atoms of one primitive cell (the first of each that translations make equal), with
        their arrays; the hand of the cell is kept.

    Example:
        >>> from ase.build import bulk
        >>> copper = bulk("Cu", cubic=True)
        >>> len(primitive_cell(copper, copper.numbers))
        1
    """
    reduced, _ = minkowski_reduce(atoms.cell.array)
    translations = _translations(atoms, labels)
    images = np.array(list(product((0, -1, 1), repeat=3))) @ reduced
    candidates = (translations[:, None] + images[None]).reshape(-1, 3)
    vectors = _shortest_basis(candidates, abs(atoms.cell.volume) / len(translations))
    if np.linalg.det(vectors) * np.linalg.det(atoms.cell.array) < 0:
        vectors = -vectors
    scaled = atoms.positions @ np.linalg.inv(vectors)
    wrapped = (scaled % 1.0) % 1.0
    tree = cKDTree(wrapped, boxsize=1.0)
    close = _TOLERANCE_A * 3.0 / np.linalg.norm(vectors, axis=1).min()
    repeated = {
        int(max(pair)) for pair in tree.query_pairs(close) if labels[pair[0]] == labels[pair[1]]
    }
    kept = [index for index in range(len(atoms)) if index not in repeated]
    primitive = atoms[kept]
    primitive.set_cell(vectors)
    primitive.positions = wrapped[kept] @ vectors
    return primitive


def _translations(atoms: Atoms, labels: np.ndarray) -> np.ndarray:
    """Return the translations of a cell that leave the crystal as it is, shape ``(n, 3)``."""
    cell = atoms.cell.array
    scaled = (atoms.get_scaled_positions() % 1.0) % 1.0
    rarest = min(set(labels.tolist()), key=lambda label: (int((labels == label).sum()), label))
    places = np.flatnonzero(labels == rarest)
    shifts = [scaled[place] - scaled[places[0]] for place in places]
    tree = cKDTree(scaled, boxsize=1.0)
    kept = []
    for shift in shifts:
        _, nearest = tree.query(((scaled + shift) % 1.0) % 1.0)
        misfit = scaled + shift - scaled[nearest]
        misfit_A = np.linalg.norm((misfit - np.rint(misfit)) @ cell, axis=1)
        if (misfit_A < _TOLERANCE_A).all() and (labels[nearest] == labels).all():
            kept.append(shift @ cell)
    return np.array(kept)


def _shortest_basis(candidates: np.ndarray, volume: float) -> np.ndarray:
    """Choose the shortest vectors that span a cell of a given volume, shape ``(3, 3)``."""
    lengths = np.linalg.norm(candidates, axis=1)
    order = np.lexsort((*np.round(candidates.T, 6), np.round(lengths, 6)))
    ordered = candidates[order][lengths[order] > _TOLERANCE_A]
    first = ordered[0]
    apart = np.linalg.norm(np.cross(ordered, first), axis=1)
    second = ordered[apart > _SMALLEST_SHARE * lengths.max() ** 2][0]
    heights = np.abs(ordered @ np.cross(first, second))
    third = ordered[np.abs(heights - volume) < 1e-3 * volume][0]
    return np.array([first, second, third])
