"""Sites that several species share, and their occupation at random with exact numbers."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from ase import Atoms
from ase.data import atomic_numbers

from mlip_autopipec.structures.composition import element_counts, exact_counts

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

    What rounding gives a species too much of in one group, it gets less of in the next that it
    shares, so that the numbers of the whole crystal are exact, too.

    Raises:
        ValueError: A group has too few sites for its shares, or shares sum to more than 1.
    """
    sites = crystal.cell.arrays[SITE]
    numbers = np.zeros(len(sites), dtype=int)
    owed: dict[str, float] = {}
    for group in np.unique(sites):
        places = np.flatnonzero(sites == group)
        shares = crystal.shares[int(group)]
        counts = site_counts(_settling(shares, owed, len(places)), len(places))
        for name, count in counts.items():
            owed[name] = owed.get(name, 0.0) + shares.get(name, 0.0) * len(places) - count
        species = [0 if name == _VACANCY else atomic_numbers[name] for name in counts]
        numbers[places] = rng.permutation(np.repeat(species, list(counts.values())))
    atoms = crystal.cell.copy()
    atoms.numbers = numbers
    del atoms.arrays[SITE]
    return atoms[numbers > 0] if (numbers == 0).any() else atoms


def _settling(shares: Shares, owed: Mapping[str, float], n_sites: int) -> dict[str, float]:
    """Return the shares of a group with what earlier groups owe its species, or got too much."""
    return {
        name: max(0.0, share + owed.get(name, 0.0) / n_sites) if 0.0 < share < 1.0 else share
        for name, share in shares.items()
    }


def occupation_fault(atoms: Atoms, crystal: Crystal) -> str | None:
    """Say which element a structure has more or fewer atoms of than a crystal's shares ask for.

    No number may differ by one or more, for each group of sites that an element shares.
    """
    groups, sizes = np.unique(crystal.cell.arrays[SITE], return_counts=True)
    asked: dict[str, float] = {}
    rounded: dict[str, int] = {}
    for group, size in zip(groups.tolist(), sizes.tolist(), strict=True):
        for symbol, share in crystal.shares[group].items():
            asked[symbol] = asked.get(symbol, 0.0) + share * size
            rounded[symbol] = rounded.get(symbol, 0) + (_FULL < share < 1.0 - _FULL)
    found = element_counts(atoms)
    for symbol in {**asked, **found}:
        off = abs(found.get(symbol, 0) - asked.get(symbol, 0.0))
        if off > _FULL * len(atoms) and off >= rounded.get(symbol, 0):
            return f"{found.get(symbol, 0)} atoms of {symbol} instead of {asked.get(symbol, 0.0):g}"
    return None


def is_mixed(crystal: Crystal) -> bool:
    """Say whether chance decides what sits where."""
    return any(max(shares.values()) < 1.0 - _FULL for shares in crystal.shares.values())


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
