"""Which atoms may sensibly trade places: those of one sublattice, or of one charge class."""

import numpy as np
import numpy.typing as npt
from ase import Atoms
from ase.data import atomic_numbers, chemical_symbols

Integers = npt.NDArray[np.int64]

NON_METALS = frozenset(
    atomic_numbers[symbol] for symbol in ("C", "N", "O", "F", "P", "S", "Cl", "Se", "Br", "I", "At")
)
"""What forms anions, or sits between the metal atoms. Tellurium and the metalloids alloy."""
_HYDROGEN = 1
_NOBLE_GASES = frozenset(atomic_numbers[s] for s in ("He", "Ne", "Ar", "Kr", "Xe", "Rn"))


def exchange_classes(atoms: Atoms, groups: tuple[tuple[str, ...], ...] | None = None) -> Integers:
    """Return the class of each atom; atoms trade places within a class only.

    The first of these that the structure has decides: the groups of elements given; an integer
    array ``sublattice``; initial charges, by their sign; else the elements, as metals, non-metals,
    hydrogen or noble gases. Two cations, or two anions, may thus trade places, a cation and an
    anion may not: their exchange would be tried in vain.

    Args:
        atoms: The structure.
        groups: Elements that may trade places, group by group; elements in none stay.

    Returns:
        ``(n,)``; -1 for atoms that stay where they are.

    Example:
        >>> exchange_classes(Atoms("MgNiO2")).tolist()
        [0, 0, 1, 1]
        >>> exchange_classes(Atoms("MgNiO2"), groups=(("Mg", "O"),)).tolist()
        [0, -1, 0, 0]
    """
    if groups is not None:
        member_of = {symbol: k for k, group in enumerate(groups) for symbol in group}
        classes = [member_of.get(chemical_symbols[number], -1) for number in atoms.numbers]
        return np.array(classes, dtype=np.int64)
    if atoms.has("sublattice"):
        return np.asarray(atoms.get_array("sublattice"), dtype=np.int64)
    charges = atoms.get_initial_charges()
    if charges.any():
        return np.asarray(np.sign(charges) + 1, dtype=np.int64)
    return np.array([_element_class(number) for number in atoms.numbers], dtype=np.int64)


def _element_class(number: int) -> int:
    """Return the class of an element."""
    if number in NON_METALS:
        return 1
    if number == _HYDROGEN:
        return 2
    return 3 if number in _NOBLE_GASES else 0
