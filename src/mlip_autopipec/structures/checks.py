"""Checks that a structure passes before anything is computed with it."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from ase import Atoms
from ase.data import atomic_numbers, chemical_symbols, covalent_radii

from mlip_autopipec.structures.neighbours import neighbour_pairs

Floats = npt.NDArray[np.float64]

_FIRST_CUTOFF_A = 3.0
_LAST_CUTOFF_A = 100.0


class ClosestPair(NamedTuple):
    """The pair of atoms that is closest for its species.

    Attributes:
        ratio: Distance divided by the sum of the covalent radii.
        i: Index of one atom.
        j: Index of the other; equal to ``i`` where an atom meets its own periodic image.
        distance_A: Distance in Å.
    """

    ratio: float
    i: int
    j: int
    distance_A: float


def closest_scaled_distance(atoms: Atoms) -> ClosestPair | None:
    """Return the pair with the least distance, scaled by the sum of its covalent radii.

    Periodic images count, in cells of any size and shape. Covalent radii are those of Cordero et
    al. (2008), https://doi.org/10.1039/B801115J.

    Returns:
        The pair; None where no two atoms come within 100 Å (a lone atom).

    Raises:
        ValueError: Positions or cell are not finite, or the periodic cell vectors are degenerate.
    """
    cutoff_A = _FIRST_CUTOFF_A
    largest_sum_A = 2.0 * float(covalent_radii[atoms.numbers].max(initial=0.0))
    pair = None
    while pair is None and cutoff_A <= _LAST_CUTOFF_A:
        pair = _closest_within(atoms, cutoff_A)
        cutoff_A *= 2.0
    if pair is None or pair.ratio * largest_sum_A <= cutoff_A / 2.0:
        return pair
    # larger atoms farther apart may have a smaller ratio, up to this distance
    return _closest_within(atoms, pair.ratio * largest_sum_A * (1.0 + 1e-9))


class PairLimits:
    """Shortest distances allowed, for each pair of elements.

    Attributes:
        limits_A: Limit in Å by the numbers of two elements, shape ``(119, 119)``.
    """

    def __init__(self, scale: float, named_A: Mapping[str, float] | None = None) -> None:
        """Scale the sums of covalent radii; the limits of named pairs hold where they are larger.

        Args:
            scale: Least distance as a fraction of the pair's sum of covalent radii.
            named_A: Least distance in Å of pairs such as Cu-Au.
        """
        self.limits_A: Floats = scale * np.add.outer(covalent_radii, covalent_radii)
        for name, limit_A in (named_A or {}).items():
            i, j = (atomic_numbers[symbol] for symbol in name.split("-"))
            self.limits_A[i, j] = self.limits_A[j, i] = max(limit_A, self.limits_A[i, j])

    def fault(self, atoms: Atoms) -> str | None:
        """Say which pair of atoms is too close, if any (see `shortest_distance_fault`)."""
        numbers = np.unique(atoms.numbers)
        cutoff_A = float(self.limits_A[np.ix_(numbers, numbers)].max(initial=0.0))
        pairs = neighbour_pairs(atoms, cutoff_A)
        limits_A = self.limits_A[atoms.numbers[pairs.first], atoms.numbers[pairs.second]]
        close = np.flatnonzero(pairs.distances_A < limits_A)
        if len(close) == 0:
            return None
        best = int(close[np.argmin(pairs.distances_A[close] / limits_A[close])])
        i, j = sorted((int(pairs.first[best]), int(pairs.second[best])))
        first, second = (f"{chemical_symbols[atoms.numbers[k]]} (atom {k})" for k in (i, j))
        other = "its own periodic image" if i == j else second
        distance_A, limit_A = pairs.distances_A[best], limits_A[best]
        return f"{first} is {distance_A:.3f} Å from {other}; the limit is {limit_A:.3f} Å"


def shortest_distance_fault(atoms: Atoms, min_distance_scale: float) -> str | None:
    """Say which pair of atoms is too close, if any.

    Args:
        atoms: The structure.
        min_distance_scale: Least distance as a fraction of the pair's sum of covalent radii. All
            known bonds pass at 0.6 (N≡N has 0.77, O–H 0.99, Ba=O 0.69).

    Returns:
        One line that names the closest pair, its distance and the limit; None if all is well.

    Raises:
        ValueError: Positions or cell are not finite, or the periodic cell vectors are degenerate.
    """
    return PairLimits(min_distance_scale).fault(atoms)


def _closest_within(atoms: Atoms, cutoff_A: float) -> ClosestPair | None:
    """Return the closest pair, scaled by its radii, among those within a cutoff."""
    pairs = neighbour_pairs(atoms, cutoff_A)
    if len(pairs.distances_A) == 0:
        return None
    radii_A = covalent_radii[atoms.numbers]
    ratios = pairs.distances_A / (radii_A[pairs.first] + radii_A[pairs.second])
    best = int(np.argmin(ratios))
    i, j = sorted((int(pairs.first[best]), int(pairs.second[best])))
    return ClosestPair(float(ratios[best]), i, j, float(pairs.distances_A[best]))
