"""One pass over the trajectories of a run: thermodynamics and radial distributions.

No more frames are built than can be seen: each trajectory is passed over with a stride, and radial
distributions are taken of some of its frames. Nothing but figures stays in memory.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ase import Atoms

from mlip_autopipec.pipeline.records import StructureRecord
from mlip_autopipec.reporting.courses import CourseLog, generator_label
from mlip_autopipec.reporting.models import Course, RadialComparison
from mlip_autopipec.reporting.radial import RadialDistribution
from mlip_autopipec.structures.extxyz import read_frames

MAX_FRAMES = 4000  # frames that are built, over all trajectories
MAX_POINTS = 200  # and of one trajectory
MIN_POINTS = 8
MAX_ATOMS = 16_000  # atoms whose neighbours are counted, over all frames
PART = 0.25  # of a trajectory: its first and its last quarter

_SHAPES = {0: "clusters", 1: "wires", 2: "slabs", 3: ""}


@dataclass
class Survey:
    """What was seen of the trajectories.

    Attributes:
        courses: Thermodynamics of each.
        radial: Radial distributions of each group.
    """

    courses: list[Course] = field(default_factory=list)
    radial: list[RadialComparison] = field(default_factory=list)


@dataclass
class _Group:
    """Radial distributions of one group of structures."""

    bulk: bool
    first: RadialDistribution
    last: RadialDistribution

    @classmethod
    def empty(cls, *, bulk: bool) -> "_Group":
        return cls(bulk, RadialDistribution(bulk=bulk), RadialDistribution(bulk=bulk))

    def compared(self, name: str) -> RadialComparison:
        return RadialComparison(
            group=name,
            kind="g" if self.bulk else "neighbours",
            distances_A=tuple(self.first.distances_A.round(4).tolist()),
            first=self.first.part(),
            last=self.last.part(),
        )


def survey(run_dir: Path, records: Sequence[StructureRecord]) -> Survey:
    """Look at the trajectories that are there.

    Args:
        run_dir: The run directory.
        records: The explorations; those without a trajectory are passed over.

    Raises:
        FrameFileError: A trajectory cannot be read.
    """
    kept = [
        (record, run_dir / record.file.path, record.file.n_items)
        for record in records
        if record.file is not None and record.file.n_items and (run_dir / record.file.path).exists()
    ]
    result = Survey()
    groups: dict[str, _Group] = {}
    points = min(MAX_POINTS, max(MIN_POINTS, MAX_FRAMES // max(len(kept), 1)))
    for record, path, n_frames in kept:
        every = math.ceil(n_frames / points)
        log = CourseLog(record.structure_id, every)
        sample = _RadialSample(groups, math.ceil(n_frames / every), MAX_ATOMS // len(kept))
        for place, frame in enumerate(read_frames(path, every=every)):
            log.add(frame)
            sample.add(place, frame, log)
        course = log.course()
        if course is not None:
            result.courses.append(course)
    result.radial = [group.compared(name) for name, group in groups.items()]
    return result


class _RadialSample:
    """Takes some frames of one trajectory into the radial distributions of its group."""

    def __init__(self, groups: dict[str, _Group], n_frames: int, n_atoms: int) -> None:
        self._groups = groups
        self._n_part = max(1, round(PART * n_frames))
        self._n_frames = n_frames
        self._n_atoms = n_atoms

    def add(self, place: int, frame: Atoms, log: CourseLog) -> None:
        """Take the frame if it is one of those in the first or the last part that count."""
        n_wanted = max(1, self._n_atoms // (2 * len(frame)))
        stride = math.ceil(self._n_part / n_wanted)
        if place < self._n_part and place % stride == 0:
            self._group(log).first.add(frame)
        backwards = self._n_frames - 1 - place
        if backwards < self._n_part and backwards % stride == 0:
            self._group(log).last.add(frame)

    def _group(self, log: CourseLog) -> _Group:
        shape = _SHAPES[log.dimensionality]
        label = generator_label(log.structure_id)
        name = f"{label} ({shape})" if shape and shape.removesuffix("s") != label else label
        return self._groups.setdefault(name, _Group.empty(bulk=log.is_bulk))
