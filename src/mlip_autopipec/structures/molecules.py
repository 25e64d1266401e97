"""Molecules by their names."""

from ase import Atoms
from ase.build import molecule
from ase.data import atomic_numbers


def known_molecule(name: str) -> Atoms:
    """Return an atom by its symbol, or a molecule that ASE knows, without charges and moments.

    Raises:
        ValueError: ASE knows no such molecule.

    Example:
        >>> known_molecule("H2O").get_chemical_formula()
        'H2O'
    """
    if name in atomic_numbers:
        return Atoms([name])
    try:
        known = molecule(name)
    except (KeyError, NotImplementedError) as error:
        message = f"ASE knows no molecule {name!r} (see ase.build.molecule)"
        raise ValueError(message) from error
    return Atoms(known.numbers, positions=known.positions)
