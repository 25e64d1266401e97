"""The size of an atom in its element's own solid, and what a lattice of such atoms measures."""

import math
from collections.abc import Mapping
from typing import Any, Literal

from ase.data import atomic_numbers, reference_states

Lattice = Literal["fcc", "bcc", "hcp", "sc", "diamond"]

IDEAL_C_OVER_A = math.sqrt(8.0 / 3.0)

_ATOMS_PER_CUBE = {"fcc": 4, "bcc": 2, "sc": 1, "diamond": 8}
_ATOMS_PER_CELL = {"B": 50, "Mn": 58, "Ga": 8, "Se": 3, "In": 2, "Sn": 4, "Te": 3, "U": 4, "Np": 8}
_ATOMS_PER_CELL |= {"As": 2, "Sb": 2, "Bi": 2, "Sm": 3, "Hg": 1, "Pa": 2}
"""Atoms in the cell whose lengths ASE gives, for elements of other lattices."""


def atomic_volume(symbol: str) -> float | None:
    """Return the volume of an atom in its element's solid at ambient conditions, in Å³.

    Lengths are ASE's (`ase.data.reference_states`, after Ashcroft and Mermin).

    Returns:
        The volume; None where the element has no solid, or no cell is on record for it.

    Example:
        >>> round(atomic_volume("Cu"), 2)
        11.76
    """
    reference = reference_states[atomic_numbers[symbol]] or {}
    symmetry, a = reference.get("symmetry"), reference.get("a")
    if a is None:
        return None
    if symmetry in _ATOMS_PER_CUBE:
        return float(a**3 / _ATOMS_PER_CUBE[symmetry])
    if symbol in _ATOMS_PER_CELL:
        return _cell_volume(reference) / _ATOMS_PER_CELL[symbol]
    if symmetry == "hcp":
        return _cell_volume(reference) / 2
    return None


def lattice_constant(symbol: str, lattice: Lattice, c_over_a: float) -> float | None:
    """Return the lattice constant a that gives atoms of an element their own volume, in Å.

    Args:
        symbol: Chemical symbol.
        lattice: The lattice wanted; where it is the element's own, its constant is returned.
        c_over_a: Ratio c/a wanted of hcp.

    Returns:
        The constant of the conventional cell; None where the atomic volume is not known.

    Example:
        >>> lattice_constant("Cu", "fcc", 1.633)
        3.61
    """
    volume = atomic_volume(symbol)
    if volume is None:
        return None
    if lattice == "hcp":
        return math.cbrt(4.0 * volume / (math.sqrt(3.0) * c_over_a))
    return round(math.cbrt(_ATOMS_PER_CUBE[lattice] * volume), 10)


def vegard_constant(
    composition: Mapping[str, float], lattice: Lattice, c_over_a: float = IDEAL_C_OVER_A
) -> float:
    """Return the lattice constant of a solid solution by Vegard's law, in Å.

    It is the mean of the elements' constants, weighted by their fractions
    (https://doi.org/10.1007/BF01349680). An element of another structure counts with the constant
    that leaves it its own atomic volume.

    Raises:
        ValueError: An element has no solid on record.
    """
    total_A = 0.0
    for symbol, fraction in composition.items():
        if fraction == 0.0:
            continue
        constant_A = lattice_constant(symbol, lattice, c_over_a)
        if constant_A is None:
            message = (
                f"{symbol} has no solid on record from which a lattice constant could follow; "
                f"give lattice_constant_A"
            )
            raise ValueError(message)
        total_A += fraction * constant_A
    return total_A / math.fsum(composition.values())


def _cell_volume(reference: Mapping[str, Any]) -> float:
    """Return the volume of a reference cell, in Å³."""
    a = reference["a"]
    if reference["symmetry"] == "rhombohedral":
        cosine = math.cos(math.radians(reference["alpha"]))
        return float(a**3 * math.sqrt(1.0 - 3.0 * cosine**2 + 2.0 * cosine**3))
    hexagonal = math.sqrt(0.75) if reference["symmetry"] == "hcp" else 1.0
    return float(a**3 * reference.get("b/a", 1.0) * reference.get("c/a", 1.0) * hexagonal)
