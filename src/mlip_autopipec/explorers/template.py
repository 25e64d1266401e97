"""The part of a starting structure that its frames carry along."""

from io import StringIO

from ase import Atoms

from mlip_autopipec.structures.extxyz import FrameFileError, write_frame

_OWN_ARRAYS = frozenset({"numbers", "positions"})


def storable(atoms: Atoms) -> tuple[Atoms, tuple[str, ...]]:
    """Return a structure without what a trajectory file cannot hold.

    It is looked at before anything is computed: that a file cannot be written must not come out at
    the end.

    Args:
        atoms: Any structure; it is not changed.

    Returns:
        A copy without calculator, and the names of the info and arrays that were left out.
    """
    copy = atoms.copy()
    dropped = []
    for key, value in atoms.info.items():
        probe = Atoms()
        probe.info[key] = value
        if not _is_storable(probe):
            dropped.append(str(key))
            del copy.info[key]
    for name, array in atoms.arrays.items():
        if name in _OWN_ARRAYS:
            continue
        probe = Atoms(atoms.numbers, positions=atoms.positions)
        probe.set_array(name, array)
        if not _is_storable(probe):
            dropped.append(name)
            del copy.arrays[name]
    return copy, tuple(dropped)


def _is_storable(probe: Atoms) -> bool:
    """Say whether a structure can be written."""
    try:
        write_frame(StringIO(), probe)
    except FrameFileError:
        return False
    return True
