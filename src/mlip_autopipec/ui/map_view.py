"""The map of descriptor space: a point a frame, and on a click its atoms."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from mlip_autopipec.reporting.models import Course, RunReport
from mlip_autopipec.reporting.selection import read_sampling
from mlip_autopipec.ui.frame_view import show_frame
from mlip_autopipec.ui.run_files import RunFiles
from mlip_autopipec.ui.site import empty

_MOST_POINTS = 4000
_COLOURS = {"thermostat temperature": "K", "MD step": "", "structure number": ""}


@dataclass(frozen=True)
class MapPoints:
    """Frames on the map, each once.

    Attributes:
        frames: Place of each in the run.
        coordinates: Shape ``(n, 2)``.
        selected: Which of them were selected.
    """

    frames: list[int]
    coordinates: np.ndarray[Any, np.dtype[np.float64]]
    selected: list[bool]

    @classmethod
    def of(cls, content: dict[str, Any], most: int = _MOST_POINTS) -> "MapPoints | None":
        """Read the map that sampling left; None where there is none.

        Selected frames come last, so that they are drawn above the others, of which there are as
        many as there is room for.
        """
        chosen = _pairs(content, "chosen", "chosen_coordinates")
        others = _pairs(content, "frames", "coordinates")
        if not others:
            return None
        selected = dict(chosen[:: max(1, math.ceil(len(chosen) / most))])
        rest = [pair for pair in others if pair[0] not in selected]
        every = max(1, math.ceil(len(rest) / max(most - len(selected), 1)))
        points = dict(rest[::every]) | selected
        coordinates = np.array(list(points.values()))
        return cls(list(points), coordinates, [frame in selected for frame in points])


def map_view(files: RunFiles, report: RunReport) -> None:
    """Draw the map, and the frame of the point that was clicked."""
    sampling = read_sampling(files.runner)
    evidence = sampling.get("evidence", {})
    content = evidence.get("map") if isinstance(evidence, dict) else None
    content = content if isinstance(content, dict) else {}
    points = MapPoints.of(content)
    if points is None:
        about = "It shows when frames have been selected by a sampler that compares them."
        empty("scatter_plot", "No map yet", about)
        return
    left, right = st.columns([3, 2], gap="large")
    with left:
        chosen = _draw(files, report, points, [*content.get("explained", []), 0.0, 0.0])
    with right:
        place = 0 if chosen is None or chosen >= len(points.frames) else chosen
        origin = files.origins.of(points.frames[place])
        if origin is not None:
            badge = ":green-badge[selected]" if points.selected[place] else ":gray-badge[explored]"
            st.markdown(badge)
            show_frame(files, *origin, key="map.frame")


def _draw(
    files: RunFiles, report: RunReport, points: MapPoints, explained: list[float]
) -> int | None:
    """Draw the points; return the one that was clicked."""
    from mlip_autopipec.ui.viewer import Columns, show_map  # noqa: PLC0415 - takes a second

    colour = st.segmented_control(
        "Coloured by",
        list(_COLOURS),
        default="thermostat temperature",
        key="map.colour",
        required=True,
    )
    x, y = (f"PC{axis + 1}, {explained[axis]:.0%} of the variance" for axis in range(2))
    temperatures_K, steps, numbers = _known(files, report, points)
    columns = Columns(
        {
            x: points.coordinates[:, 0].tolist(),
            y: points.coordinates[:, 1].tolist(),
            "thermostat temperature": temperatures_K,
            "MD step": steps,
            "structure number": numbers,
            "emphasis": [2.0 if selected else 1.0 for selected in points.selected],
            "frame": ["selected" if selected else "explored" for selected in points.selected],
        },
        {name: unit for name, unit in _COLOURS.items() if unit},
    )
    key = f"map.{files.runner.run_dir}.{len(points.frames)}.{colour}"
    chosen = show_map(
        columns, x=x, y=y, color=colour or "MD step", symbol="frame", size="emphasis", key=key
    )
    st.caption(
        f"{sum(points.selected):,} selected frames and {points.selected.count(False):,} others. "
        "Click a point to see its atoms; the menu at the upper left changes axes and colours."
    )
    return chosen


def _known(
    files: RunFiles, report: RunReport, points: MapPoints
) -> tuple[list[float], list[float], list[float]]:
    """Return temperature in K, step and number of the structure of each frame on the map."""
    courses = {course.structure_id: course for course in report.courses}
    order = {name: number for number, name in enumerate(files.origins.names)}
    rows = []
    for frame in points.frames:
        name, place = files.origins.of(frame) or ("", 0)
        rows.append((*_along(courses.get(name), place), float(order.get(name, 0))))
    temperatures_K, steps, numbers = zip(*rows, strict=True)
    return list(temperatures_K), list(steps), list(numbers)


def _along(course: Course | None, place: int) -> tuple[float, float]:
    """Return thermostat temperature and step at a place of a trajectory, between listed frames."""
    if course is None:
        return 0.0, 0.0
    listed = np.arange(len(course.steps)) * course.every
    temperature_K = float(np.interp(place, listed, course.thermostat_K))
    return temperature_K, float(np.interp(place, listed, course.steps))


def _pairs(
    content: dict[str, Any], frames: str, coordinates: str
) -> list[tuple[int, tuple[float, float]]]:
    """Return frames with two coordinates each, of which a row may have fewer."""
    rows = zip(content.get(frames, []), content.get(coordinates, []), strict=False)
    return [(int(frame), ((*row, 0.0, 0.0)[0], (*row, 0.0, 0.0)[1])) for frame, row in rows]
