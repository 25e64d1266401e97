"""Sites that several species share, and their occupation at random with exact numbers."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from ase import Atoms
from ase.data import atomic_numbers

from mlip_autopipec.structures.composition import exact_counts

Shares = Mapping[str, float]

SITE = "site"
"""Name of the array that tells which sites belong together."""

_VACANCY = "vacancy"
_FULL = 1e-6
"""How far the shares of a site may be from 1: three thirds given with six digits."""


@dataclass(frozen=True)
class Crystal:
    """A crystal whose sites are not occupied yet.

    Attributes:
        cell: The cell, with an array ``site``: an integer for each group of sites that share
            their species. The species it bears stand for the most frequent ones.
        shares: For each group, the fraction of its sites that each species gets; what is left
            to 1 stays empty.
    """

    cell: Atoms
    shares: Mapping[int, Shares]


def occupied(crystal: Crystal, rng: np.random.Generator) -> Atoms:
    """Give each site a species, at random; the numbers are exact (see `exact_counts`).

    Raises:
        ValueError: A group has too few sites for its shares, or shares sum to more than 1.
    """
    sites = crystal.cell.arrays[SITE]
    numbers = np.zeros(len(sites), dtype=int)
    for group in np.unique(sites):
        places = np.flatnonzero(sites == group)
        counts = site_counts(crystal.shares[int(group)], len(places))
        species = [0 if name == _VACANCY else atomic_numbers[name] for name in counts]
        numbers[places] = rng.permutation(np.repeat(species, list(counts.values())))
    atoms = crystal.cell.copy()
    atoms.numbers = numbers
    del atoms.arrays[SITE]
    return atoms[numbers > 0] if (numbers == 0).any() else atoms


def site_counts(shares: Shares, n_sites: int) -> dict[str, int]:
    """Return how many of a group's sites each species gets; the rest are named ``vacancy``.

    Raises:
        ValueError: There are too few sites for a share, or shares sum to more than 1.
    """
    wanted = {name: share for name, share in shares.items() if share > 0.0}
    empty = 1.0 - sum(wanted.values())
    if empty < -_FULL:
        message = f"occupancies {wanted} sum to more than 1"
        raise ValueError(message)
    if empty > _FULL:
        wanted[_VACANCY] = empty
    counts = exact_counts(wanted, n_sites)
    absent = [name for name, count in counts.items() if count == 0]
    if absent:
        message = (
            f"{n_sites} sites are too few for {wanted[absent[0]]:g} of {absent[0]}; "
            f"enlarge the supercell"
        )
        raise ValueError(message)
    return counts
