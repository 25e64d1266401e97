"""Compositions: from atomic fractions to whole numbers of atoms, and their names."""

import math
from collections.abc import Mapping

import numpy as np
from ase import Atoms
from ase.data import chemical_symbols

_TIE = 1e-9
"""Remainders closer than this are equal: they differ by rounding alone."""


def exact_counts(fractions: Mapping[str, float], n_sites: int) -> dict[str, int]:
    """Share sites among species by largest remainder.

    No count differs from ``fraction × n_sites`` by one or more, and the counts add up. Equal
    remainders go to the larger fraction first, then by the name, so that the order in which the
    fractions are given does not matter.

    Args:
        fractions: Non-negative weight of each species; they are normalised by their sum.
        n_sites: Number of sites, 0 or more.

    Returns:
        The count of each species, in the order given.

    Raises:
        ValueError: The fractions are negative, or all zero; or there are fewer than 0 sites.

    Example:
        >>> exact_counts({"Cu": 0.5, "Au": 0.3, "Ni": 0.2}, 32)
        {'Cu': 16, 'Au': 10, 'Ni': 6}
    """
    total = math.fsum(fractions.values())
    if n_sites < 0 or total <= 0 or any(fraction < 0 for fraction in fractions.values()):
        message = f"cannot share {n_sites} sites by {dict(fractions)}"
        raise ValueError(message)
    quotas = {name: n_sites * fraction / total for name, fraction in fractions.items()}
    counts = {name: math.floor(quota + _TIE) for name, quota in quotas.items()}

    def precedence(name: str) -> tuple[float, float, str]:
        remainder = quotas[name] - counts[name]
        return (-round(remainder / _TIE) * _TIE, -round(fractions[name] / total / _TIE), name)

    for name in sorted(quotas, key=precedence)[: n_sites - sum(counts.values())]:
        counts[name] += 1
    return counts


def element_counts(atoms: Atoms) -> dict[str, int]:
    """Return the number of atoms of each element, in the order in which elements come.

    Example:
        >>> element_counts(Atoms("OH2"))
        {'O': 1, 'H': 2}
    """
    numbers, first, counts = np.unique(atoms.numbers, return_index=True, return_counts=True)
    return {
        chemical_symbols[numbers[place]]: int(counts[place]) for place in np.argsort(first).tolist()
    }


def formula(counts: Mapping[str, int]) -> str:
    """Return a chemical formula in the order given; species without atoms are left out.

    Example:
        >>> formula({"Cu": 16, "Au": 15, "Ni": 1, "H": 0})
        'Cu16Au15Ni'
    """
    return "".join(f"{name}{n if n > 1 else ''}" for name, n in counts.items() if n)
