"""Where a structure is empty: bulk, slab, wire or cluster, told by empty layers.

Atoms are given radii with which the atoms of condensed matter cover every plane between them. The
structure is then projected onto the normal of a family of lattice planes; an interval that no atom
covers is an empty layer, and one of `MIN_EMPTY_A` or more is vacuum. The cages of a zeolite are no
vacuum, since the framework crosses every plane; nor is the gap of graphite, which van der Waals
radii fill. Besides the normals of the cell's faces, those of other low-index planes of the reduced
lattice are looked at, so that a slab or wire is known in whatever cell it is described.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np
from ase import Atoms
from ase.data import chemical_symbols, covalent_radii, vdw_radii
from ase.geometry import minkowski_reduce

from mlip_autopipec.structures.neighbours import periodic_axes

MIN_EMPTY_A = 1.0
"""Least thickness of an empty layer, between the surfaces of the atoms, that is vacuum, in Å.

With the radii used here the widest empty layer of some 115 crystals in the tests is 0.7 Å (the
electron layers of Ca2N; 0.45 Å in all others), and four Å of vacuum leave 1.4 Å or more.
"""

_VAN_DER_WAALS = frozenset(
    [
        *("H", "He", "C", "N", "O", "F", "Ne", "P", "S", "Cl", "Ar", "Se", "Br", "Kr", "I", "Xe"),
        *("Po", "At", "Rn"),
    ]
)
"""Elements whose molecules, sheets or chains meet at van der Waals distance; and polonium, whose
planes lie a whole bond of 3.35 Å apart."""

_COVERAGE = 0.9
"""Radius of the other elements as a fraction of the covalent one. The widest-spaced planes of the
close-packed and body-centred lattices lie 0.82 and 0.87 of a bond apart, so that half a bond (the
covalent radius) covers them with something to spare."""

_NAMES = {3: "bulk", 2: "slab", 1: "wire", 0: "cluster"}


@dataclass(frozen=True)
class VacuumReport:
    """Where a structure ends.

    Attributes:
        axes: For each cell vector, whether it leads through vacuum (or is not periodic).
        dimensionality: Number of directions in which the structure goes on: 3 bulk, 2 slab or
            sheet, 1 wire, 0 cluster or molecule.
        reason: One line that says why.
    """

    axes: tuple[bool, bool, bool]
    dimensionality: int
    reason: str


def detect_vacuum(atoms: Atoms) -> VacuumReport:
    """Tell bulk from slabs, wires and clusters by their empty layers.

    Raises:
        ValueError: There are no atoms, or the periodic cell vectors lie in a plane.

    Example:
        >>> from ase.build import bulk, fcc111
        >>> detect_vacuum(bulk("Cu")).dimensionality
        3
        >>> detect_vacuum(fcc111("Cu", (1, 1, 4), vacuum=5.0)).axes
        (False, False, True)
    """
    if len(atoms) == 0:
        message = "a structure without atoms is neither bulk nor slab"
        raise ValueError(message)
    periodic = periodic_axes(atoms)
    layers = _empty_layers(atoms, periodic)
    axes = ~periodic
    for layer in layers:
        axes = axes | (layer.indices != 0)
    dimensionality = int(periodic.sum()) - len(_independent(layers))
    reason = _reason(dimensionality, periodic, layers)
    first, second, third = (bool(axis) for axis in axes)
    return VacuumReport((first, second, third), dimensionality, reason)


@dataclass(frozen=True)
class _EmptyLayer:
    """The widest empty layer of one family of lattice planes.

    Attributes:
        indices: Miller indices with respect to the cell, shape ``(3,)``; 0 where not periodic.
        thickness_A: Thickness between the surfaces of the atoms, in Å.
    """

    indices: np.ndarray
    thickness_A: float


def _empty_layers(atoms: Atoms, periodic: np.ndarray) -> list[_EmptyLayer]:
    """Return the empty layers that are vacuum, cell faces first."""
    if not periodic.any():
        return []
    vectors = atoms.cell.array[periodic]
    if np.linalg.matrix_rank(vectors) < len(vectors):
        message = f"the periodic cell vectors {vectors.tolist()} lie in a plane"
        raise ValueError(message)
    reciprocal = np.linalg.pinv(vectors)  # (3, n_periodic): fractions are positions @ reciprocal
    radii_A = _RADII_A[atoms.numbers]
    found = []
    for indices in _plane_families(vectors):
        normal = reciprocal @ indices
        period_A = 1.0 / float(np.linalg.norm(normal))
        if period_A < MIN_EMPTY_A + 2.0 * radii_A.min():
            continue
        thickness_A = _widest_gap(atoms.positions @ normal * period_A, radii_A, period_A)
        if thickness_A >= MIN_EMPTY_A:
            whole = np.zeros(3, dtype=int)
            whole[periodic] = indices
            found.append(_EmptyLayer(whole, thickness_A))
    return found


def _plane_families(vectors: np.ndarray) -> list[np.ndarray]:
    """Return Miller indices of lattice planes: the cell's faces, then others of low index.

    Args:
        vectors: Periodic cell vectors, shape ``(n_periodic, 3)``.

    Returns:
        Indices with respect to the vectors, each of shape ``(n_periodic,)``, one of each ± pair.
    """
    n_periodic = len(vectors)
    padded = np.zeros((3, 3))
    padded[:n_periodic] = vectors
    _, operation = minkowski_reduce(padded, pbc=np.arange(3) < n_periodic)
    back = np.linalg.inv(operation[:n_periodic, :n_periodic])
    families = {tuple(row): row for row in np.eye(n_periodic, dtype=int)}
    for reduced in product((0, 1, -1, 2, -2), repeat=n_periodic):
        if not any(reduced) or np.gcd.reduce(reduced) > 1:
            continue
        indices = np.rint(back @ np.array(reduced)).astype(int)
        if indices[np.flatnonzero(indices)[0]] > 0:
            families.setdefault(tuple(indices), indices)
    return list(families.values())


def _widest_gap(heights_A: np.ndarray, radii_A: np.ndarray, period_A: float) -> float:
    """Return the widest interval that no atom covers on a line that repeats, in Å (0 if none)."""
    bottoms = (heights_A - radii_A) % period_A
    order = np.argsort(bottoms)
    bottoms = bottoms[order]
    tops = np.maximum.accumulate(bottoms + 2.0 * radii_A[order])
    gaps = np.append(bottoms[1:], bottoms[0] + period_A) - np.maximum(tops, tops[-1] - period_A)
    return max(0.0, float(gaps.max()))


def _reason(dimensionality: int, periodic: np.ndarray, layers: list[_EmptyLayer]) -> str:
    """Write the finding in one line."""
    parts = []
    if not periodic.all():
        parts.append(f"not periodic along {_names(~periodic)}")
    for layer in _independent(layers):
        names = _names(layer.indices != 0)
        plane = f"along {names}" if len(names) == 1 else f"between {_miller(layer)} planes"
        parts.append(f"{layer.thickness_A:.1f} Å empty {plane}")
    if not layers and periodic.any():
        parts.append(f"atoms cover every layer along {_names(periodic)}")
    return f"{_NAMES[dimensionality]}: {', '.join(parts)}"


def _independent(layers: list[_EmptyLayer]) -> list[_EmptyLayer]:
    """Keep the first layers whose normals are linearly independent."""
    kept: list[_EmptyLayer] = []
    for layer in layers:
        normals = [other.indices for other in (*kept, layer)]
        if np.linalg.matrix_rank(normals) > len(kept):
            kept.append(layer)
    return kept


def _miller(layer: _EmptyLayer) -> str:
    """Write Miller indices."""
    return f"({' '.join(str(index) for index in layer.indices)})"


def _names(chosen: np.ndarray) -> str:
    """Name cell vectors."""
    return ", ".join(name for name, is_chosen in zip("abc", chosen, strict=True) if is_chosen)


def _radius(number: int) -> float:
    """Return the radius that fills condensed matter, in Å."""
    if chemical_symbols[number] in _VAN_DER_WAALS:
        return float(vdw_radii[number])
    return _COVERAGE * float(covalent_radii[number])


_RADII_A = np.array([_radius(number) for number in range(len(chemical_symbols))])
