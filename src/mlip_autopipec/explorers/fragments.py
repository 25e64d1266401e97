"""Fragments: which atoms hang together, and whether some have left."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from ase import Atoms
from ase.data import chemical_symbols
from ase.neighborlist import primitive_neighbor_list
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from mlip_autopipec.explorers.faults import TrajectoryFault

REACH_A = 6.0
"""Atoms farther than this from all others have left: beyond it, models see no neighbours."""


@dataclass(frozen=True, slots=True)
class Fragments:
    """How many pieces a structure with vacuum consisted of at its start.

    Attributes:
        count: Number of pieces.
    """

    count: int

    @classmethod
    def of(cls, atoms: Atoms) -> "Fragments":
        """Count the pieces of a starting structure."""
        return cls(int(pieces(atoms).max(initial=-1)) + 1)

    def check(self, atoms: Atoms) -> None:
        """Look for atoms that have left.

        Raises:
            TrajectoryFault: There are more pieces than at the start; names the smallest.
        """
        labels = pieces(atoms)
        sizes = np.bincount(labels)
        if len(sizes) <= self.count:
            return
        gone = np.flatnonzero(labels == np.argmin(sizes))
        symbol = chemical_symbols[atoms.numbers[gone[0]]]
        others = "" if len(gone) == 1 else f" and {len(gone) - 1} more"
        message = f"{symbol} (atom {gone[0]}){others} evaporated: over {REACH_A:g} Å from the rest"
        raise TrajectoryFault(message)


def pieces(atoms: Atoms) -> npt.NDArray[np.int32]:
    """Return the number of the piece to which each atom belongs, ``(n_atoms,)``."""
    first, second = primitive_neighbor_list(
        "ij", atoms.pbc, atoms.cell.complete().array, atoms.positions, REACH_A
    )
    n = len(atoms)
    bonds = coo_matrix((np.ones(len(first), dtype=bool), (first, second)), shape=(n, n))
    return np.asarray(connected_components(bonds, directed=False)[1])
