"""What makes two frames the same structure, whatever file they passed through."""

import hashlib

import numpy as np
from ase import Atoms


def structure_key(atoms: Atoms) -> str:
    """Return the SHA-256 of a structure: species, positions, cell and periodicity.

    Lengths count to the 8 decimals (in Å) that extended XYZ keeps, so that the key is the same
    before and after a file. The order of the atoms counts; momenta, results and ``info`` do not.

    Example:
        >>> from ase.build import bulk
        >>> copper = bulk("Cu")
        >>> structure_key(copper) == structure_key(copper.copy())
        True
    """
    digest = hashlib.sha256()
    digest.update(np.ascontiguousarray(atoms.numbers, dtype="<i8").tobytes())
    digest.update(np.ascontiguousarray(atoms.pbc, dtype=np.uint8).tobytes())
    digest.update(_eight_decimals(atoms.cell.array))
    digest.update(_eight_decimals(atoms.positions))
    return digest.hexdigest()


def _eight_decimals(values: np.ndarray) -> bytes:
    """Print numbers as extended XYZ does, with one zero (−0 is 0)."""
    text = "\n".join(f"{value:.8f}" for value in np.ravel(values).tolist())
    return (text.replace("-0.00000000", "0.00000000") + ";").encode()
