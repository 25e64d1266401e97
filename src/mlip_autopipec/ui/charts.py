"""Figures that answer to the mouse, drawn from what a report holds."""

from collections.abc import Sequence

import altair as alt
import pandas as pd

from mlip_autopipec.reporting.figures.style import CYCLE, GRID, INK, MUTED
from mlip_autopipec.reporting.models import (
    Course,
    CoverageCurve,
    Histogram,
    RadialComparison,
    Values,
)

_HEIGHT_PX = 340
QUANTITIES = {
    "energy_eV_atom": "energy (eV/atom)",
    "temperature_K": "kinetic temperature (K)",
    "volume_A3_atom": "volume (Å³/atom)",
    "pressure_GPa": "pressure (GPa)",
}


def course_charts(courses: Sequence[Course]) -> dict[str, alt.Chart]:
    """Return a chart of each quantity along the trajectories; those that none has are left out."""
    charts = {}
    for quantity, title in QUANTITIES.items():
        frame = _courses(courses, quantity)
        if len(frame):
            charts[title] = _lines(frame, title)
    return charts


def radial_chart(comparison: RadialComparison, pair: str | None = None) -> alt.Chart:
    """Return a chart of a radial distribution, in the first and the last quarter of a run."""
    relative = comparison.kind == "g"
    title = "g(r)" if relative else "neighbours (1/Å)"
    parts = {"first quarter": comparison.first, "last quarter": comparison.last}
    frames = []
    for name, part in parts.items():
        values: Values = part.total if pair is None else part.pairs.get(pair, ())
        if values:
            columns = {"r": comparison.distances_A, "value": values, "part": name}
            frames.append(pd.DataFrame(columns))
    colour = alt.Color(
        "part:N",
        title=None,
        scale=alt.Scale(domain=list(parts), range=[CYCLE[0], CYCLE[1]]),
        legend=alt.Legend(orient="top"),
    )
    chart = alt.Chart(pd.concat(frames)).mark_line(strokeWidth=1.8)
    return _styled(
        chart.encode(
            x=alt.X("r:Q", title="distance (Å)"),
            y=alt.Y("value:Q", title=title),
            color=colour,
            tooltip=[
                alt.Tooltip("part:N"),
                alt.Tooltip("r:Q", title="distance (Å)", format=".2f"),
                alt.Tooltip("value:Q", title=title, format=".3f"),
            ],
        ),
        height_px=400,
    )


def histogram_chart(histogram: Histogram) -> alt.Chart:
    """Return a chart of the shares of all frames, and of the selected ones."""
    unit = f" ({histogram.unit})" if histogram.unit else ""
    middle = [
        (low + high) / 2
        for low, high in zip(histogram.edges[:-1], histogram.edges[1:], strict=True)
    ]
    named = {"all frames": histogram.all_frames, "selected": histogram.selected}
    frame = pd.concat(
        pd.DataFrame({"value": middle, "share": shares, "of": name})
        for name, shares in named.items()
        if shares
    )
    chart = alt.Chart(frame).mark_line(interpolate="step", strokeWidth=1.6)
    return _styled(
        chart.encode(
            x=alt.X("value:Q", title=f"{histogram.quantity}{unit}", scale=alt.Scale(zero=False)),
            y=alt.Y("share:Q", title="share of frames", axis=alt.Axis(format="%")),
            color=alt.Color(
                "of:N",
                title=None,
                scale=alt.Scale(domain=list(named), range=[MUTED, CYCLE[1]]),
                legend=alt.Legend(orient="top"),
            ),
        )
    )


def coverage_charts(curves: dict[str, CoverageCurve]) -> tuple[alt.Chart, alt.Chart]:
    """Return how near frames are to the selected ones, as more are: the farthest, and the mean."""
    farthest = {name: (curve.sizes, curve.largest) for name, curve in curves.items()}
    mean = {name: (curve.sizes, curve.mean) for name, curve in curves.items()}
    return (
        _coverage(farthest, "distance of the farthest frame"),
        _coverage(mean, "mean distance of all frames"),
    )


def _coverage(curves: dict[str, tuple[tuple[int, ...], Values]], title: str) -> alt.Chart:
    """Return a chart of distances to the nearest selected frame, by number of selected ones."""
    frame = pd.concat(
        pd.DataFrame({"size": sizes, "distance": distances, "of": name})
        for name, (sizes, distances) in curves.items()
    )
    chart = alt.Chart(frame).mark_line(point=True, strokeWidth=1.6)
    return _styled(
        chart.encode(
            x=alt.X("size:Q", title="frames selected", scale=alt.Scale(type="log", nice=False)),
            y=alt.Y("distance:Q", title=title),
            color=alt.Color(
                "of:N",
                title=None,
                scale=alt.Scale(domain=list(curves), range=[CYCLE[0], MUTED]),
                legend=alt.Legend(orient="top"),
            ),
        )
    )


def _courses(courses: Sequence[Course], quantity: str) -> pd.DataFrame:
    """Return one quantity of all trajectories as a long table."""
    frames = [
        pd.DataFrame({"step": course.steps, "value": values, "structure": course.structure_id})
        for course in courses
        if (values := getattr(course, quantity))
    ]
    return pd.concat(frames) if frames else pd.DataFrame()


def _lines(frame: pd.DataFrame, title: str) -> alt.Chart:
    """Return a line for each structure."""
    names = sorted(frame["structure"].unique())
    scale = alt.Scale(domain=names, range=[CYCLE[i % len(CYCLE)] for i in range(len(names))])
    chart = alt.Chart(frame).mark_line(strokeWidth=1.4)
    return _styled(
        chart.encode(
            x=alt.X("step:Q", title="MD step"),
            y=alt.Y("value:Q", title=title, scale=alt.Scale(zero=False)),
            color=alt.Color(
                "structure:N",
                title=None,
                scale=scale,
                legend=alt.Legend(orient="top", columns=4),
            ),
            tooltip=[
                alt.Tooltip("structure:N"),
                alt.Tooltip("step:Q", title="MD step"),
                alt.Tooltip("value:Q", title=title, format=".5g"),
            ],
        )
    )


def _styled(chart: alt.Chart, height_px: int = _HEIGHT_PX) -> alt.Chart:
    """Return a chart in the page's look."""
    styled: alt.Chart = (
        chart.properties(height=height_px)
        .configure_axis(
            labelColor=INK, titleColor=INK, gridColor=GRID, domainColor=MUTED, titleFontWeight=500
        )
        .configure_view(stroke=None)
    )
    return styled
