"""A fingerprint of a structure that is the same however the structure is written down.

The environment of each atom (what lies around it, and what lies around that) is described by
numbers that no rotation, translation or reflection changes; the fingerprint is the mean of
harmonics of these numbers over the atoms, the kernel mean embedding of the distribution of
environments (https://doi.org/10.1561/2200000060) with random harmonics
(https://papers.nips.cc/paper/3182). A mean over atoms knows neither their order nor the cell: a
supercell has the fingerprint of its primitive cell.
"""

from bisect import bisect_left, insort

import numpy as np
import numpy.typing as npt
from ase import Atoms
from ase.data import covalent_radii

from mlip_autopipec.structures.neighbours import neighbour_pairs

Indices = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Fingerprint = npt.NDArray[np.float32]

N_HARMONICS = 32
_REACH = 1.6
"""Two atoms see each other up to this many sums of covalent radii: two shells of a metal."""
_LEAST_REACH_A = 2.3
"""Reach of the smallest atoms, in Å: 4.6 Å for two of them, beyond van der Waals contact."""

_SHARE = 0.2
"""Weight of a neighbour: the five or so that count for most sum up to one."""

_TINY = 1e-9

_REACHES_A = np.maximum(_REACH * covalent_radii, _LEAST_REACH_A)
_random = np.random.default_rng(20261124)
_WEIGHTS = _random.uniform(0.5, 1.5, size=(2, len(covalent_radii)))
"""By which the atoms of an element are seen."""
_PHASES = _random.uniform(0.0, 2.0 * np.pi, size=(N_HARMONICS, len(covalent_radii)))
_INWARD = _random.normal(size=(2, 11))
_FREQUENCIES = _random.normal(size=(N_HARMONICS, 13))


def fingerprint(atoms: Atoms) -> Fingerprint:
    """Return the fingerprint, `N_HARMONICS` numbers from -1 to 1.

    Two atoms see each other up to 1.6 times the sum of their covalent radii, or 2.3 Å for each of
    the smaller ones, and twice as far through others; fragments farther apart do not.

    Raises:
        ValueError: Positions or cell are not finite, or the periodic cell vectors are degenerate.

    Example:
        >>> from ase.build import bulk
        >>> copper = bulk("Cu"), bulk("Cu", cubic=True).repeat(2)
        >>> bool(abs(fingerprint(copper[0]) - fingerprint(copper[1])).max() < 1e-6)
        True
    """
    reach_A = _REACHES_A[atoms.numbers]
    pairs = neighbour_pairs(atoms, 2.0 * float(reach_A.max(initial=0.0)))
    ratios = pairs.distances_A / (reach_A[pairs.first] + reach_A[pairs.second])
    seen = np.flatnonzero(ratios < 1.0)
    seen = seen[np.argsort(pairs.first[seen], kind="stable")]
    first, second, ratios = pairs.first[seen], pairs.second[seen], ratios[seen]
    fading = _SHARE * (1.0 - ratios**2) ** 2
    cosine = np.cos(np.pi * ratios)
    radial = np.array([fading, fading * cosine, fading * (2.0 * cosine**2 - 1.0)])
    directions = pairs.vectors_A[seen].T / np.maximum(pairs.distances_A[seen], _TINY)
    weights = _WEIGHTS[:, atoms.numbers[second]]
    near = _environments(first, weights, radial, directions, len(atoms))
    messages = np.sin(_INWARD @ near + _PHASES[:2, atoms.numbers])
    far = _sums(first, fading * messages[:, second], len(atoms))
    angles = _FREQUENCIES @ np.vstack([near, far]) + _PHASES[:, atoms.numbers]
    return np.asarray(np.cos(angles).mean(axis=1), dtype=np.float32)


def _environments(
    first: Indices, weights: Floats, radial: Floats, directions: Floats, n_atoms: int
) -> Floats:
    """Describe what each atom sees by invariant numbers, shape ``(11, n_atoms)``.

    They are sums of three radial functions with two weights each, the lengths of two vectors and
    of the traceless part of a tensor that are summed likewise, the cube of the tensor, and its
    product with the vectors.

    Args:
        first: Which atom sees, in rising order, shape ``(n_pairs,)``.
        weights: By which the other atom counts, shape ``(2, n_pairs)``.
        radial: Radial functions of the distance, shape ``(3, n_pairs)``.
        directions: Unit vectors to the other atom, shape ``(3, n_pairs)``.
        n_atoms: Number of atoms.
    """
    pulls = weights * radial[:2]
    terms = np.empty((18, len(first)))
    terms[0:3] = weights[0] * radial
    terms[3:6] = weights[1] * radial
    terms[6:9] = pulls[0] * directions
    terms[9:12] = pulls[1] * directions
    terms[12:15] = terms[6:9] * directions
    terms[15:18] = terms[6:9] * np.roll(directions, -1, axis=0)
    sums = _sums(first, terms, n_atoms)
    one, other = sums[6:9], sums[9:12]
    tensor = sums[[12, 15, 17, 15, 13, 16, 17, 16, 14]].reshape(3, 3, n_atoms).transpose(2, 0, 1)
    squared = tensor @ tensor
    deviator = np.trace(squared, axis1=1, axis2=2) - np.trace(tensor, axis1=1, axis2=2) ** 2 / 3.0
    return np.vstack(
        [
            sums[:6],
            np.sqrt((one**2).sum(axis=0)),
            np.sqrt((other**2).sum(axis=0)),
            np.sqrt(np.maximum(deviator, 0.0)),
            (squared * tensor).sum(axis=(1, 2)),
            (one.T[:, None] @ tensor @ other.T[:, :, None]).ravel(),
        ]
    )


def _sums(first: Indices, terms: Floats, n_atoms: int) -> Floats:
    """Add up the terms of each atom's pairs, shape ``(n_terms, n_atoms)``."""
    sums = np.zeros((len(terms), n_atoms))
    begins = np.flatnonzero(np.diff(first, prepend=-1))
    if len(begins):
        sums[:, first[begins]] = np.add.reduceat(terms, begins, axis=1)
    return sums


class FingerprintIndex:
    """The fingerprints of structures that were made already, in order.

    Attributes:
        tolerance: Fingerprints of which no number differs by more belong to the same structure.
    """

    def __init__(self, tolerance: float) -> None:
        """Begin with nothing."""
        self.tolerance = tolerance
        self._known: Fingerprint = np.empty((16, N_HARMONICS), dtype=np.float32)
        self._by_first: list[tuple[float, int]] = []

    def __len__(self) -> int:
        """Number of fingerprints."""
        return len(self._by_first)

    def find(self, wanted: Fingerprint) -> int | None:
        """Return the number of the first structure with the same fingerprint, if there is one."""
        key = float(wanted[0])
        begin = bisect_left(self._by_first, (key - self.tolerance, -1))
        end = bisect_left(self._by_first, (key + self.tolerance, len(self)))
        near = [number for _, number in self._by_first[begin:end]]
        apart = np.abs(self._known[near] - wanted).max(axis=1, initial=0.0)
        return min(
            (n for n, d in zip(near, apart, strict=True) if d <= self.tolerance), default=None
        )

    def add(self, new: Fingerprint) -> None:
        """Add the fingerprint of the next structure."""
        number = len(self)
        if number == len(self._known):
            self._known = np.concatenate([self._known, np.empty_like(self._known)])
        self._known[number] = new
        insort(self._by_first, (float(new[0]), number))
