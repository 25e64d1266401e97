"""What sampling keeps of a trajectory, so that its frames need not be in memory."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from ase import Atoms

from mlip_autopipec.descriptors.base import BaseDescriptor
from mlip_autopipec.errors import SamplingError
from mlip_autopipec.files import replacing
from mlip_autopipec.sampling.base import Indices
from mlip_autopipec.sampling.frames import FrameTable, tabulate

Rows = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Description:
    """All that sampling needs of the frames of one trajectory.

    Attributes:
        table: Numbers of the frames.
        features: Descriptors of the frames, shape ``(n_frames, n_features)``; without columns
            where nothing is compared.
        environments: Descriptors of all atoms, shape ``(n_atoms, n_atom_features)``; without rows
            where environments are not compared.
        numbers: Atomic number of each of these atoms.
        counts: Number of these atoms in each frame.
    """

    table: FrameTable
    features: Rows
    environments: Rows
    numbers: Indices
    counts: Indices

    @classmethod
    def of(
        cls, frames: Iterable[Atoms], descriptor: BaseDescriptor | None, *, environments: bool
    ) -> Self:
        """Describe frames, which are consumed once, one at a time.

        Args:
            frames: Of one trajectory.
            descriptor: What they are compared by; None where they are not.
            environments: Keep the environments of all atoms, too.

        Raises:
            SamplingError: A frame cannot be described.
        """
        rows: list[Rows] = []
        atoms: list[Rows] = []
        numbers: list[Indices] = []

        def described() -> Iterator[Atoms]:
            for frame in frames:
                if descriptor is not None:
                    row, around = descriptor.describe_both(frame)
                    rows.append(row)
                    if environments:
                        atoms.append(around)
                        numbers.append(frame.numbers.astype(np.int64))
                yield frame

        table = tabulate(described())
        width = 0 if descriptor is None else descriptor.n_features
        atom_width = 0 if descriptor is None else descriptor.n_atom_features
        return cls(
            table,
            np.array(rows, dtype=np.float32).reshape(len(table), width),
            np.concatenate([np.empty((0, atom_width), dtype=np.float32), *atoms]),
            np.concatenate([np.empty(0, dtype=np.int64), *numbers]),
            np.array([len(each) for each in numbers], dtype=np.int64),
        )

    def save(self, path: Path) -> None:
        """Write everything to one ``.npz`` file, atomically."""
        arrays: dict[str, Any] = self.table.arrays()
        for name in ("features", "environments", "numbers", "counts"):
            arrays[name] = getattr(self, name)
        with replacing(path) as temporary, temporary.open("wb") as stream:
            np.savez(stream, **arrays)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote.

        Raises:
            SamplingError: The file is missing or is no description.
        """
        try:
            with np.load(path, allow_pickle=False) as arrays:
                names = ("features", "environments", "numbers", "counts")
                return cls(FrameTable.of_arrays(arrays), *(arrays[name] for name in names))
        except (OSError, ValueError, KeyError) as error:
            message = f"{path}: is not a description of frames ({error})"
            raise SamplingError(message) from error
