"""The descriptions of many trajectories, standardised together in files that are memory-mapped."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mlip_autopipec.errors import SamplingError
from mlip_autopipec.sampling.base import Indices
from mlip_autopipec.sampling.choice import Material
from mlip_autopipec.sampling.description import Description
from mlip_autopipec.sampling.environments import Environments, separated, starts_of
from mlip_autopipec.sampling.frames import FrameTable
from mlip_autopipec.sampling.standardisation import Moments, Standardisation

Rows = npt.NDArray[np.float32]


def gather(paths: Sequence[Path], known: Sequence[Path], scratch: Path) -> Material:
    """Standardise the descriptions of many trajectories, and of known datasets, together.

    One trajectory is in memory at a time. The points lie in files that are mapped into memory,
    so that the system keeps of them what it has room for.

    Args:
        paths: Files that `Description.save` wrote, in the order of the frames; at least one.
        known: The same for known datasets.
        scratch: Folder for the points; it must stay as long as the result is used.

    Raises:
        SamplingError: A file is missing, or the descriptions do not belong together.
    """
    everything = [*paths, *known]
    survey = _Survey()
    for place, path in enumerate(everything):
        survey.add(Description.load(path), path, is_known=place >= len(paths))
    table = FrameTable.joined(survey.tables)
    if survey.width == 0:
        return Material(table)
    points = _standardised(everything, survey, scratch / "points.npy")
    if not survey.of_elements:
        return Material(table, points)
    atoms = _separated(everything, survey, scratch / "environments.npy")
    return Material(table, points, Environments(atoms, starts_of(np.concatenate(survey.counts))))


@dataclass(slots=True)
class _Survey:
    """What has to be known of all descriptions before the first can be standardised."""

    tables: list[FrameTable] = field(default_factory=list)
    counts: list[Indices] = field(default_factory=list)
    rows: Moments | None = None
    of_elements: dict[int, Moments] = field(default_factory=dict)

    @property
    def width(self) -> int:
        """Number of features of a frame."""
        return 0 if self.rows is None else len(self.rows.mean)

    def add(self, description: Description, path: Path, *, is_known: bool) -> None:
        """Account for one more description.

        Raises:
            SamplingError: It has other columns than those before.
        """
        if not is_known:
            self.tables.append(description.table)
        self.counts.append(description.counts)
        n_features = description.features.shape[1]
        if self.rows is None:
            self.rows = Moments.over(n_features)
        if n_features != self.width:
            message = f"{path}: has {n_features} features a frame, the first has {self.width}"
            raise SamplingError(message)
        self.rows.add(description.features)
        for number in np.unique(description.numbers):
            mine = description.environments[description.numbers == number]
            self.of_elements.setdefault(int(number), Moments.over(mine.shape[1])).add(mine)


def _standardised(paths: Sequence[Path], survey: _Survey, target: Path) -> Rows:
    """Write the standardised descriptors of all frames to a mapped file."""
    moments = survey.rows or Moments.over(0)
    scale = Standardisation.by(moments)
    parts = (scale.applied(Description.load(path).features) for path in paths)
    return _filled(target, (moments.count, survey.width), parts)


def _separated(paths: Sequence[Path], survey: _Survey, target: Path) -> Rows:
    """Write the standardised descriptors of all atoms to a mapped file."""
    scales = {number: Standardisation.by(sums) for number, sums in survey.of_elements.items()}
    n_atoms = sum(sums.count for sums in survey.of_elements.values())
    width = len(next(iter(survey.of_elements.values())).mean) + len(scales)

    def parts() -> Iterator[Rows]:
        for path in paths:
            description = Description.load(path)
            yield separated(description.environments, description.numbers, scales)

    return _filled(target, (n_atoms, width), parts())


def _filled(path: Path, shape: tuple[int, int], parts: Iterator[Rows]) -> Rows:
    """Write rows, part after part, to a file that is mapped into memory."""
    rows: Rows = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=shape)
    place = 0
    for part in parts:
        rows[place : place + len(part)] = part
        place += len(part)
    return rows
