"""How frames were chosen, read from what the sampling left."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
from pydantic import BaseModel, ValidationError

from mlip_autopipec.pipeline.records import StageRecord
from mlip_autopipec.pipeline.runner import PipelineRunner
from mlip_autopipec.reporting.models import Course, CoverageCurve, DescriptorMap, Selection

ModelT = TypeVar("ModelT", bound=BaseModel)


class FrameOrigins:
    """Which trajectory each frame of the gathered file belongs to."""

    def __init__(self, explored: StageRecord | None) -> None:
        """Read the order of the trajectories from the record of the exploration."""
        rows = [] if explored is None else explored.summary.get("trajectories", [])
        pairs = rows if isinstance(rows, list) else []
        self.names = [str(row[0]) for row in pairs if isinstance(row, list)]
        self._ends = np.cumsum([int(str(row[1])) for row in pairs if isinstance(row, list)])

    def of(self, frame: int) -> tuple[str, int] | None:
        """Return the trajectory of a frame and its place in it; None if there is no such frame."""
        number = int(np.searchsorted(self._ends, frame, side="right"))
        if not 0 <= number < len(self.names):
            return None
        begin = int(self._ends[number - 1]) if number else 0
        return self.names[number], frame - begin

    def counts(self, frames: Sequence[int]) -> dict[str, int]:
        """Return how many of the frames belong to each trajectory."""
        counts = dict.fromkeys(self.names, 0)
        for frame in frames:
            origin = self.of(frame)
            if origin is not None:
                counts[origin[0]] += 1
        return counts


def read_sampling(runner: PipelineRunner) -> dict[str, Any]:
    """Return what the sampling left; nothing while it is not done, or if it is damaged."""
    if runner.directory.read_record(StageRecord, "sample") is None:
        return {}
    try:
        content = json.loads(runner.directory.sampling_report.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def selected_frames(sampling: Mapping[str, Any]) -> list[int]:
    """Return the places of the selected frames in the gathered file."""
    return [int(place) for place in sampling.get("indices", [])]


def selection(
    runner: PipelineRunner,
    sampling: Mapping[str, Any],
    courses: Sequence[Course],
    origins: FrameOrigins,
) -> Selection | None:
    """Return how the frames were chosen; None while they are not.

    Parts that are absent, or written otherwise than this version reads them, are None.
    """
    if not sampling:
        return None
    evidence = _mapping(sampling, "evidence")
    environments = _mapping(evidence, "environments")
    curves = environments or evidence
    suggested = curves.get("suggested_size")
    known = sampling.get("known")
    return Selection(
        sampler=runner.config.sampling.kind,
        n_asked=runner.config.sampling.n_samples,
        n_frames=int(sampling.get("n_frames", 0)),
        n_candidates=int(sampling.get("n_candidates", 0)),
        n_selected=len(selected_frames(sampling)),
        rejected={str(name): int(n) for name, n in _mapping(sampling, "rejected").items()},
        quotas=_mapping(sampling, "quotas"),
        known=known if isinstance(known, dict) else None,
        notes=tuple(str(note) for note in sampling.get("notes", [])),
        compared="environments" if environments else "frames",
        coverage=_read(CoverageCurve, curves.get("coverage")),
        random=_read(CoverageCurve, curves.get("coverage_random")),
        suggested_size=suggested if isinstance(suggested, int) else None,
        map=_map(_mapping(evidence, "map"), courses, origins),
    )


def _map(
    content: Mapping[str, Any], courses: Sequence[Course], origins: FrameOrigins
) -> DescriptorMap | None:
    """Return the map of descriptor space, with what is known of each of its frames."""
    by_name = {course.structure_id: course for course in courses}
    generators: list[str] = []
    temperatures: list[float] = []
    for frame in content.get("frames", []):
        origin = origins.of(int(frame))
        course = None if origin is None else by_name.get(origin[0])
        if origin is None or course is None:
            generators, temperatures = [], []
            break
        listed = np.arange(len(course.steps)) * course.every
        generators.append(course.generator)
        temperatures.append(float(np.interp(origin[1], listed, course.thermostat_K)))
    known = {"generators": generators, "temperatures_K": temperatures}
    explained = [*content.get("explained", []), 0.0, 0.0][:2]
    given = {
        "explained": explained,
        "coordinates": [_plane(row) for row in content.get("coordinates", [])],
        "selected": [_plane(row) for row in content.get("chosen_coordinates", [])],
    }
    return _read(DescriptorMap, {**given, **known}) if given["coordinates"] else None


def _plane(row: Sequence[float]) -> tuple[float, ...]:
    """Return two coordinates of a row that may have fewer: one frame has no variance."""
    return tuple([*row, 0.0, 0.0][:2])


def _mapping(content: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return a part that should be a mapping; nothing where it is absent."""
    part = content.get(name)
    return part if isinstance(part, dict) else {}


def _read(model: type[ModelT], content: object) -> ModelT | None:
    """Return a part as its model; None where it is absent or does not fit."""
    try:
        return None if content is None else model.model_validate(content)
    except ValidationError:
        return None
