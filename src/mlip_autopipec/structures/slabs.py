"""Slabs cut from crystals: orientation, atomic layers, terminations and vacuum."""

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from ase import Atoms

from mlip_autopipec.structures.primitive import primitive_cell

_SAME_LAYER_A = 0.1
"""Atoms whose heights differ by less belong to one atomic layer."""
_LARGEST_INDEX = 1000
_HALF = 0.5 + 1e-9
"""A half and its rounding: a rhombus is reduced, whichever of its vectors is taken."""


@dataclass(frozen=True)
class LayeredCrystal:
    """A crystal in a cell whose first two vectors span a lattice plane.

    Attributes:
        cell: The smallest such cell; its third vector leads to the next equal plane.
        normal: Unit normal of the plane, shape ``(3,)``.
        layers: Indices of the atoms of each atomic layer of one period, from below.
    """

    cell: Atoms
    normal: np.ndarray
    layers: tuple[np.ndarray, ...]

    @property
    def n_terminations(self) -> int:
        """Number of layers that a slab may begin with."""
        return len(self.layers)

    def slab(self, n_layers: int, *, termination: int, vacuum_A: float) -> Atoms:
        """Return a slab, periodic in all directions, in a cell with its third vector upright.

        Args:
            n_layers: Number of atomic layers.
            termination: Number of the layer that lies lowest, of those of a period.
            vacuum_A: Distance between the topmost atoms and the lowest of the next image, in Å.

        Returns:
            The slab, its atoms in the order of their layers, tagged ``n_layers`` (lowest) to 1.
        """
        chosen: list[int] = []
        tags: list[int] = []
        shifts: list[int] = []
        for place in range(n_layers):
            period, layer = divmod(termination + place, self.n_terminations)
            members = self.layers[layer]
            chosen.extend(members.tolist())
            shifts.extend([period] * len(members))
            tags.extend([n_layers - place] * len(members))
        slab = self.cell[chosen]
        slab.positions += np.outer(shifts, self.cell.cell.array[2])
        slab.set_tags(tags)
        heights_A = slab.positions @ self.normal
        thickness_A = float(np.ptp(heights_A))
        vectors = self.cell.cell.array.copy()
        vectors[2] = self.normal * (thickness_A + vacuum_A)
        slab.set_cell(vectors)
        slab.positions += (0.5 * vacuum_A - heights_A.min()) * self.normal
        return _upright(slab)


def layered(crystal: Atoms, labels: np.ndarray, miller: tuple[int, int, int]) -> LayeredCrystal:
    """Describe a crystal by its layers along the normal of a lattice plane.

    Args:
        crystal: A crystal, periodic in three directions.
        labels: An integer for each atom (see `primitive_cell`).
        miller: Miller indices with respect to the crystal's cell, not all 0.
    """
    plane = np.array(miller) @ crystal.cell.reciprocal()
    primitive = primitive_cell(crystal, labels)
    vectors = _vectors_along(primitive.cell.array, plane)
    normal = np.cross(vectors[0], vectors[1])
    normal /= np.linalg.norm(normal)
    period_A = float(vectors[2] @ normal)
    scaled = primitive.positions @ np.linalg.inv(vectors)
    layers, origin = _atomic_layers(scaled[:, 2] % 1.0 * period_A, period_A)
    scaled[:, 2] -= origin / period_A
    oriented = primitive.copy()
    oriented.set_cell(vectors)
    oriented.positions = (scaled - np.floor(np.round(scaled, 9))) @ vectors
    return LayeredCrystal(oriented, normal, layers)


def _vectors_along(lattice: np.ndarray, plane: np.ndarray) -> np.ndarray:
    """Return vectors of a lattice, two of them in a plane, right-handed, shape ``(3, 3)``.

    Args:
        lattice: Lattice vectors in rows.
        plane: A vector along the plane's normal, of which all lattice vectors have rational
            components.
    """
    parts = [Fraction(float(part)).limit_denominator(_LARGEST_INDEX) for part in lattice @ plane]
    scale = math.lcm(*(part.denominator for part in parts))
    indices = [int(part * scale) for part in parts]
    first, second, third = _unimodular(indices) @ lattice
    while True:  # Gauss's reduction of the two vectors in the plane
        if first @ first > second @ second:
            first, second = second, first
        steps = first @ second / (first @ first)
        if abs(steps) <= _HALF:
            break
        second = second - np.rint(steps) * first
    if np.cross(first, second) @ plane < 0:
        second = -second
    return np.array([first, second, third])


def _unimodular(indices: list[int]) -> np.ndarray:
    """Return an integer matrix of determinant ±1 that takes indices to (0, 0, gcd)."""
    rows, values = np.eye(3, dtype=int), np.array(indices)
    while np.count_nonzero(values) > 1:
        least = min(np.flatnonzero(values), key=lambda k: abs(values[k]))
        for k in range(3):
            if k != least:
                steps = values[k] // values[least]
                rows[k] -= steps * rows[least]
                values[k] -= steps * values[least]
    last = int(np.flatnonzero(values)[0])
    if values[last] < 0:
        rows[last] = -rows[last]
    return np.roll(rows, 2 - last, axis=0)


def _atomic_layers(heights_A: np.ndarray, period_A: float) -> tuple[tuple[np.ndarray, ...], float]:
    """Group atoms by their heights on a line that repeats.

    Returns:
        Indices of the atoms of each layer, from below, and the height of the lowest. The first
        layer is the one that lies at height 0, or next above.
    """
    order = np.argsort(heights_A, kind="stable")
    ordered = heights_A[order]
    gaps = np.diff(ordered, prepend=ordered[-1] - period_A)
    begins = np.flatnonzero(gaps > _SAME_LAYER_A)
    if len(begins) == 0:
        return (order,), float(ordered[0])
    turn = (
        int(begins[0]) if ordered[begins[0]] < _SAME_LAYER_A or begins[0] == 0 else int(begins[-1])
    )
    order = np.roll(order, -turn)
    starts = np.sort((begins - turn) % len(order))
    return tuple(np.split(order, starts[1:])), float(heights_A[order[0]])


def _upright(slab: Atoms) -> Atoms:
    """Turn a slab so that a lies along x and b in the xy plane."""
    turned, _ = slab.cell.standard_form()
    slab.set_cell(turned, scale_atoms=True)
    slab.wrap(pbc=(True, True, False))
    return slab
