"""Interstitial atoms in the voids of a structure."""

import numpy as np
from ase import Atoms
from ase.data import atomic_numbers, covalent_radii
from scipy.spatial import Voronoi, cKDTree

from mlip_autopipec.config.generation.transforms import InterstitialsConfig
from mlip_autopipec.errors import GenerationError
from mlip_autopipec.structures.neighbours import images_within
from mlip_autopipec.structures.vacuum import detect_vacuum

_BULK = 3
_MARGIN_A = 8.0
_SAME_A = 0.1
_WIDE = 0.75
"""Voids down to this fraction of the widest are used: the tetrahedral ones of fcc (0.87), too."""
_NEAREST = 12


def interstitials(atoms: Atoms, config: InterstitialsConfig, rng: np.random.Generator) -> Atoms:
    """Put atoms into the wide voids of a bulk structure, at random, one after the other.

    Raises:
        GenerationError: The structure is not bulk: its widest void would be the vacuum.
    """
    report = detect_vacuum(atoms)
    if report.dimensionality != _BULK:
        message = f"interstitials need bulk ({report.reason})"
        raise GenerationError(message)
    filled = atoms.copy()
    for _ in range(config.count):
        places = _wide_voids(filled, atomic_numbers[config.element])
        filled.append(config.element)
        filled.positions[-1] = places[rng.integers(len(places))]
    return filled


def _wide_voids(atoms: Atoms, number: int) -> np.ndarray:
    """Return the places where an atom has most room, shape ``(n_voids, 3)``.

    They are vertices of the Voronoi tessellation, which four atoms or more are equally far from;
    room is the distance of the nearest atom over the sum of covalent radii.
    """
    images, owners = images_within(atoms, _MARGIN_A)
    vertices = Voronoi(images).vertices
    scaled = np.round(vertices @ np.linalg.inv(atoms.cell.array), 6)
    inside = ((scaled >= 0.0) & (scaled < 1.0)).all(axis=1)
    places = _distinct(vertices[inside])
    tree = cKDTree(images)
    distances_A, nearest = tree.query(places, k=min(_NEAREST, len(images)))
    sums_A = covalent_radii[number] + covalent_radii[atoms.numbers[owners[nearest]]]
    room = (distances_A / sums_A).min(axis=1)
    return np.asarray(places[room >= _WIDE * room.max()])


def _distinct(points: np.ndarray) -> np.ndarray:
    """Keep one of points that are within 0.1 Å: symmetric vertices come several times."""
    pairs = cKDTree(points).query_pairs(_SAME_A, output_type="ndarray")
    return (
        np.delete(points, np.unique(pairs.max(axis=1, initial=0)), axis=0) if len(pairs) else points
    )
