"""The base class of descriptors."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
from ase import Atoms

from mlip_autopipec.descriptors.pooling import MOMENTS, pooled
from mlip_autopipec.errors import SamplingError


class BaseDescriptor(ABC):
    """Turns frames into points of one space, in which near means alike.

    A descriptor is invariant under translation, rotation, and permutation of like atoms, and does
    not depend on which image of an atom is given. It is built for the elements of a whole run, so
    that all rows of a run have the same columns.

    Attributes:
        elements: Chemical symbols that frames may hold, in alphabetical order.
    """

    def __init__(self, elements: Iterable[str]) -> None:
        """Keep the elements of the run.

        Raises:
            SamplingError: There are none.
        """
        self.elements = tuple(sorted(set(elements)))
        if not self.elements:
            message = "a descriptor needs at least one element"
            raise SamplingError(message)

    @property
    @abstractmethod
    def n_atom_features(self) -> int:
        """Number of features of one atom's environment."""

    @abstractmethod
    def _environments(self, frame: Atoms) -> npt.NDArray[np.floating]:
        """Return the features of all atoms, shape ``(n_atoms, n_atom_features)``."""

    @property
    def n_features(self) -> int:
        """Number of features of one frame."""
        return MOMENTS * len(self.elements) * self.n_atom_features

    def describe_atoms(self, frame: Atoms) -> npt.NDArray[np.float32]:
        """Describe the environment of each atom.

        Returns:
            Shape ``(n_atoms, n_atom_features)``.

        Raises:
            SamplingError: The frame has no atoms, has one of an element that the descriptor was not
                built for, or has one whose position or description is not finite.
        """
        return self._checked_environments(frame).astype(np.float32)

    def describe(self, frames: Iterable[Atoms]) -> npt.NDArray[np.float32]:
        """Describe whole frames (see `mlip_autopipec.descriptors.pooling`).

        Args:
            frames: Consumed once, one frame at a time.

        Returns:
            Shape ``(n_frames, n_features)``.

        Raises:
            SamplingError: As for `describe_atoms`.
        """
        rows = [self.describe_both(frame)[0] for frame in frames]
        return np.array(rows, dtype=np.float32).reshape(len(rows), self.n_features)

    def describe_both(
        self, frame: Atoms
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Return a frame's row and the environments of its atoms, computed once.

        Returns:
            Shapes ``(n_features,)`` and ``(n_atoms, n_atom_features)``.

        Raises:
            SamplingError: As for `describe_atoms`.
        """
        environments = self._checked_environments(frame)
        row = pooled(environments, frame.numbers, self.elements)
        return row.astype(np.float32), environments.astype(np.float32)

    def _checked_environments(self, frame: Atoms) -> npt.NDArray[np.floating]:
        """Describe the atoms of a frame that fits the descriptor."""
        _check_frame(frame, self.elements)
        environments = self._environments(frame)
        if not np.isfinite(environments).all():
            message = f"{frame.get_chemical_formula()}: its description is not finite"
            raise SamplingError(message)
        return environments


def _check_frame(frame: Atoms, elements: Sequence[str]) -> None:
    """Refuse frames that have no place in the rows."""
    if not len(frame):
        message = "a frame without atoms cannot be described"
        raise SamplingError(message)
    foreign = sorted(set(frame.symbols) - set(elements))
    if foreign:
        message = (
            f"{frame.get_chemical_formula()}: holds {', '.join(foreign)}; "
            f"the descriptor was built for {', '.join(elements)}"
        )
        raise SamplingError(message)
    if not (np.isfinite(frame.positions).all() and np.isfinite(frame.cell.array).all()):
        message = f"{frame.get_chemical_formula()}: has positions or a cell that are not finite"
        raise SamplingError(message)
