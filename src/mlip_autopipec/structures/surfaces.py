"""The upper surface of a slab, and the places where something may be adsorbed."""

from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np
from ase import Atoms
from scipy.spatial import Delaunay

from mlip_autopipec.structures.vacuum import detect_vacuum

Site = Literal["top", "bridge", "hollow"]

_SLAB = 2
_SAME_LAYER_A = 0.5
"""Atoms that lie lower than the topmost one by less belong to the surface, rattled ones too."""
_BRIDGED = 1.25
"""Surface atoms up to this many shortest distances apart have a bridge between them."""
_SAME_PLACE_A = 0.1
_IMAGES = 3
_MARGIN = 1e-3
"""Fraction of the surface cell by which places may lie outside it: rounding."""


@dataclass(frozen=True)
class Surface:
    """The upper surface of a slab.

    Attributes:
        vectors_A: The two cell vectors in its plane, shape ``(2, 3)``, in Å.
        normal: Unit vector away from the slab, shape ``(3,)``.
        atoms_A: Places of the surface atoms, shape ``(n, 3)``, in Å.
        top_A: Height of the topmost atom along the normal, in Å.
    """

    vectors_A: np.ndarray
    normal: np.ndarray
    atoms_A: np.ndarray
    top_A: float

    def sites(self, kind: Site) -> np.ndarray:
        """Return the places of one kind in the surface cell, shape ``(n_sites, 3)``, in Å.

        Top sites are the surface atoms, bridges the middles between nearest of them, hollows the
        places that three or more of them are equally far from (the vertices of their Voronoi
        tessellation in the plane). All lie as high as the topmost atom.
        """
        plane = np.array([self._first, self._second])
        flat = self.atoms_A @ plane.T
        if kind == "top":
            return self._raised(flat)
        steps = np.array(list(product(range(-_IMAGES, _IMAGES + 1), repeat=2)))
        images = (flat[None] + (steps @ self.vectors_A @ plane.T)[:, None]).reshape(-1, 2)
        corners = images[Delaunay(images).simplices]
        if kind == "bridge":
            ends = np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 0]]])
            lengths_A = np.linalg.norm(ends[:, 0] - ends[:, 1], axis=1)
            near = lengths_A <= _BRIDGED * lengths_A.min()
            return self._raised(ends[near].mean(axis=1))
        return self._raised(_circumcentres(corners))

    def at(self, fractions: np.ndarray) -> np.ndarray:
        """Return the place at fractions of the surface cell, at the height of the topmost atom."""
        place = fractions @ self.vectors_A
        return np.asarray(place + (self.top_A - place @ self.normal) * self.normal)

    def _raised(self, flat: np.ndarray) -> np.ndarray:
        """Return distinct places in the surface cell, given by their coordinates in the plane."""
        plane = np.array([self._first, self._second])
        scaled = flat @ np.linalg.inv(self.vectors_A @ plane.T)
        inside = (scaled > -_MARGIN) & (scaled < 1.0 + _MARGIN)
        kept: list[np.ndarray] = []
        for place in scaled[inside.all(axis=1)]:
            apart = np.array([place - other for other in kept]).reshape(-1, 2)
            apart_A = np.linalg.norm((apart - np.rint(apart)) @ self.vectors_A, axis=1)
            if (apart_A > _SAME_PLACE_A).all():
                kept.append(place)
        return np.array([self.at(place) for place in kept])

    @property
    def _first(self) -> np.ndarray:
        """Unit vector along the first cell vector."""
        return np.asarray(self.vectors_A[0] / np.linalg.norm(self.vectors_A[0]))

    @property
    def _second(self) -> np.ndarray:
        """Unit vector in the plane, upright on the first."""
        return np.cross(self.normal, self._first)


def upper_surface(slab: Atoms) -> Surface:
    """Find the upper surface of a slab; atoms of tag 0 do not count where others have tags.

    Upper is the side that the third vector (the one across the vacuum) points to.

    Raises:
        ValueError: It is no slab, or its vacuum does not lie along one cell vector.
    """
    report = detect_vacuum(slab)
    across = np.flatnonzero(report.axes)
    if report.dimensionality != _SLAB or len(across) != 1:
        message = f"a slab with vacuum along one cell vector is needed ({report.reason})"
        raise ValueError(message)
    axis = int(across[0])
    vectors_A = np.delete(slab.cell.array, axis, axis=0)
    normal = np.cross(vectors_A[0], vectors_A[1])
    normal *= np.sign(normal @ slab.cell.array[axis]) or 1.0
    normal /= np.linalg.norm(normal)
    heights_A = slab.positions @ normal
    period_A = abs(float(slab.cell.array[axis] @ normal))
    if slab.pbc[axis] and period_A > 0.0:
        heights_A = _unwrapped(heights_A, period_A)
    counted = slab.get_tags() > 0 if (slab.get_tags() > 0).any() else np.ones(len(slab), dtype=bool)
    top_A = float(heights_A[counted].max())
    upper = counted & (heights_A > top_A - _SAME_LAYER_A)
    return Surface(vectors_A, normal, slab.positions[upper], top_A)


def _unwrapped(heights_A: np.ndarray, period_A: float) -> np.ndarray:
    """Return heights of a slab in one piece: none of them beyond the vacuum."""
    order = np.argsort(heights_A % period_A)
    wrapped = (heights_A % period_A)[order]
    gaps = np.diff(wrapped, prepend=wrapped[-1] - period_A)
    begin = wrapped[int(np.argmax(gaps))]
    lifted = (heights_A - begin) % period_A
    # rounding may put the lowest atom a whole period up
    return np.asarray(
        np.where(lifted > period_A - _SAME_PLACE_A, lifted - period_A, lifted) + begin
    )


def _circumcentres(corners: np.ndarray) -> np.ndarray:
    """Return the centres of the circles through triangles' corners, ``(n, 3, 2)`` to ``(n, 2)``."""
    a, b, c = corners[:, 0], corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    twice = 2.0 * (b[:, 0] * c[:, 1] - b[:, 1] * c[:, 0])
    fat = np.abs(twice) > _SAME_PLACE_A**2
    b2, c2 = (b**2).sum(axis=1), (c**2).sum(axis=1)
    centre = np.column_stack([c[:, 1] * b2 - b[:, 1] * c2, b[:, 0] * c2 - c[:, 0] * b2])
    return np.asarray(a[fat] + centre[fat] / twice[fat, None])
