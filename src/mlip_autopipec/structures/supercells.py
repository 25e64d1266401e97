"""Supercells of about a given size whose shape is closest to a cube."""

from functools import lru_cache

import numpy as np
from ase import Atoms
from ase.build import make_supercell
from ase.geometry import minkowski_reduce

_SMALLEST = 0.75
"""A supercell may be smaller than asked for by a quarter, when that makes it more cubic."""
_MOST_CELLS = 48
"""Largest superlattice that is looked for among all; larger ones repeat a smaller one."""
_ROUNDS = 12


def most_cubic_supercell(atoms: Atoms, n_cells: int) -> Atoms:
    """Return the supercell of three quarters of ``n_cells`` to ``n_cells`` closest to a cube.

    All superlattices of such a size are looked at, each given by an integer matrix in Hermite
    normal form (Santoro and Mighell 1972, https://doi.org/10.1107/S0567739472000737) and described
    by short vectors; beyond 48 cells, all that repeat a smaller one evenly. Closest to a cube is
    the one with the least surface for its volume; of equal ones the largest.

    Example:
        >>> from ase.build import bulk
        >>> cell = most_cubic_supercell(bulk("Cu", a=3.6), 35).cell
        >>> cell.cellpar().round(6).tolist()
        [7.2, 7.2, 7.2, 90.0, 90.0, 90.0]
    """
    matrix = _most_cubic_matrix(tuple(np.ravel(atoms.cell.array).tolist()), n_cells)
    return make_supercell(atoms, np.array(matrix))


@lru_cache(maxsize=256)
def _most_cubic_matrix(flat_cell: tuple[float, ...], n_cells: int) -> list[list[int]]:
    """Return the integer matrix that makes the most cubic supercell, of positive determinant."""
    cell = np.reshape(flat_cell, (3, 3))
    least = max(1, int(np.ceil(_SMALLEST * n_cells)))
    found: list[tuple[float, int, np.ndarray]] = []
    for times in range(1, round(n_cells ** (1 / 3)) + 1):
        for size in range(-(-least // times**3), min(n_cells // times**3, _MOST_CELLS) + 1):
            reduced = _reduced(_hermite_matrices(size) @ cell)
            surfaces = _relative_surfaces(reduced)
            best = int(np.argmin(surfaces))
            found.append((float(surfaces[best]), -size * times**3, times * reduced[best]))
    _, _, vectors = min(found, key=lambda entry: entry[:2])
    shortest, _ = minkowski_reduce(vectors)
    matrix = np.rint(shortest @ np.linalg.inv(cell)).astype(int)
    return (matrix * (1 if np.linalg.det(matrix) > 0 else -1)).tolist()  # type: ignore[no-any-return]


@lru_cache(maxsize=_MOST_CELLS)
def _hermite_matrices(size: int) -> np.ndarray:
    """Return all Hermite normal forms of a determinant, shape ``(n, 3, 3)``."""
    matrices = [
        [[a, i, j], [0, b, k], [0, 0, size // (a * b)]]
        for a in _divisors(size)
        for b in _divisors(size // a)
        for i, j, k in np.ndindex(b, size // (a * b), size // (a * b))
    ]
    return np.array(matrices)


def _divisors(number: int) -> list[int]:
    """Return the divisors of a number."""
    return [k for k in range(1, number + 1) if number % k == 0]


def _reduced(cells: np.ndarray) -> np.ndarray:
    """Shorten the vectors of many cells pair by pair; cells and result are ``(n, 3, 3)``."""
    cells = cells.copy()
    for _ in range(_ROUNDS):
        before = cells.copy()
        for i, j in ((0, 1), (1, 0), (0, 2), (2, 0), (1, 2), (2, 1)):
            products = np.einsum("nk,nk->n", cells[:, i], cells[:, j])
            steps = np.rint(products / np.einsum("nk,nk->n", cells[:, j], cells[:, j]))
            cells[:, i] -= steps[:, None] * cells[:, j]
        if np.array_equal(before, cells):
            break
    return cells


def _relative_surfaces(cells: np.ndarray) -> np.ndarray:
    """Return surface over volume to two thirds, 6 for a cube; rounded so that equal ones tie."""
    areas = np.linalg.norm(np.cross(cells, np.roll(cells, -1, axis=1)), axis=2)
    volumes = np.abs(np.linalg.det(cells))
    return np.asarray(np.round(2.0 * areas.sum(axis=1) / volumes ** (2 / 3), 8))
