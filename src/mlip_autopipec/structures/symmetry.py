"""Space groups."""

import warnings

import numpy as np
import spglib
from ase import Atoms

from mlip_autopipec.structures.neighbours import periodic_axes

_TOLERANCE_A = 1e-2


def space_group(atoms: Atoms, labels: np.ndarray | None = None) -> str | None:
    """Return the space group of a crystal, found by spglib within 0.01 Å.

    Args:
        atoms: A structure with a cell that is not degenerate.
        labels: A number for each atom, shape ``(n_atoms,)``, of which atoms that symmetry makes
            equal have the same; the elements by default.

    Returns:
        Its symbol and number, for instance ``Fm-3m (225)``; None of what is not periodic in three
        directions, and where spglib finds none.

    Example:
        >>> from ase.build import bulk
        >>> space_group(bulk("Cu")), space_group(bulk("Mg"))
        ('Fm-3m (225)', 'P6_3/mmc (194)')
    """
    if not periodic_axes(atoms).all():
        return None
    kinds = atoms.numbers if labels is None else labels
    parts = (atoms.cell.array, atoms.get_scaled_positions(), kinds)
    lattice, positions, numbers = (np.asarray(part).tolist() for part in parts)
    with warnings.catch_warnings():
        # spglib announces exceptions for a later version; with this one, failure is None.
        warnings.simplefilter("ignore", DeprecationWarning)
        dataset = spglib.get_symmetry_dataset((lattice, positions, numbers), symprec=_TOLERANCE_A)
    return None if dataset is None else f"{dataset.international} ({dataset.number})"
