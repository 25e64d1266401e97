"""Clusters: the sites of icosahedra, octahedra, Wulff shapes and spheres."""

from collections.abc import Mapping
from itertools import permutations, product

import numpy as np
from ase.cluster import Icosahedron, Octahedron

from mlip_autopipec.config.generation.cluster import (
    IcosahedronConfig,
    OctahedronConfig,
    ShapeConfig,
    WulffConfig,
)

_SAME = 1e-6
_BASES = {"fcc": [[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]]}
_BASES["bcc"] = [[0, 0, 0], [0.5, 0.5, 0.5]]


def cluster_sites(shape: ShapeConfig, lattice_constant_A: float) -> np.ndarray:
    """Return the places of a cluster's atoms, in Å, shape ``(n_atoms, 3)``.

    A Wulff shape (https://doi.org/10.1524/zkri.1901.34.1.449) holds the lattice points r around an
    atom for which the largest ``r·n/γ`` over all facets (normal n, energy γ) is below a limit; the
    limit is the one that comes nearest to the number of atoms asked for.
    """
    if isinstance(shape, IcosahedronConfig):
        atoms = Icosahedron("X", shape.shells, latticeconstant=lattice_constant_A)
        return np.asarray(atoms.positions)
    if isinstance(shape, OctahedronConfig):
        atoms = Octahedron("X", shape.length, shape.cutoff, latticeconstant=lattice_constant_A)
        return np.asarray(atoms.positions)
    facets = _facets(shape.surface_energies) if isinstance(shape, WulffConfig) else None
    points = _lattice_points(shape.lattice, shape.n_atoms, facets)
    sizes = _sizes(points, facets)
    order = np.lexsort((*points.T, sizes))
    ends = np.append(np.flatnonzero(np.diff(sizes[order]) > _SAME) + 1, len(order))
    n_atoms = int(ends[np.argmin(np.abs(ends - shape.n_atoms))])
    return np.asarray(points[order[:n_atoms]] * lattice_constant_A)


def _facets(energies: Mapping[str, float]) -> np.ndarray:
    """Return ``n/γ`` of every facet that cubic symmetry makes of those given, shape ``(n, 3)``."""
    facets = set()
    for name, energy in energies.items():
        indices = [int(index) for index in name]
        length = float(np.linalg.norm(indices)) * energy
        for permutation in permutations(indices):
            for signs in product((1, -1), repeat=3):
                facets.add(tuple(s * k / length for s, k in zip(signs, permutation, strict=True)))
    return np.array(sorted(facets))


def _sizes(points: np.ndarray, facets: np.ndarray | None) -> np.ndarray:
    """Return how far out points lie: by facets, or by their distance; shape ``(n,)``."""
    if facets is None:
        return np.asarray(np.round(np.linalg.norm(points, axis=1), 8))
    return np.asarray(np.round((points @ facets.T).max(axis=1), 8))


def _lattice_points(lattice: str, n_atoms: int, facets: np.ndarray | None) -> np.ndarray:
    """Return lattice points around an atom, enough for a cluster, in units of a, shape (n, 3).

    The block is enlarged until the cluster's outermost point lies well within it.
    """
    basis = np.array(_BASES[lattice])
    reach = 2 + round((n_atoms / len(basis)) ** (1 / 3))
    while True:
        steps = np.arange(-reach, reach + 1)
        cells = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 3)
        points: np.ndarray = (cells[:, None] + basis[None]).reshape(-1, 3)
        sizes = _sizes(points, facets)
        walls = np.abs(points).max(axis=1) >= reach
        if (sizes < sizes[walls].min() - _SAME).sum() > 1.5 * n_atoms:
            return points
        reach += 1 + reach // 4
