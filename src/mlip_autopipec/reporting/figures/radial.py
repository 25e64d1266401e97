"""Radial distributions, in the first against the last part of the run."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mlip_autopipec.reporting.figures.style import (
    BLUE,
    INK,
    LINE_PT,
    VERMILLION,
    WIDE_IN,
    label,
    legend_above,
    new_figure,
    panels,
)
from mlip_autopipec.reporting.models import RadialComparison, Values

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MAX_GROUPS = 6
MAX_PAIRS = 6

_HEIGHT_IN = 2.05
_X = "distance r (Å)"
_Y = {"g": "g(r)", "neighbours": "neighbours (1/Å)"}


def radial_figure(radial: Sequence[RadialComparison]) -> "Figure | None":
    """Draw a panel a group; None where there is none."""
    if not radial:
        return None
    shown = radial[:MAX_GROUPS]
    curves = [(one, one.group, one.first.total, one.last.total) for one in shown]
    return _figure(curves)


def radial_pairs_figure(radial: Sequence[RadialComparison]) -> "Figure | None":
    """Draw a panel a pair of species of the group with most frames; None with one species."""
    alloys = [one for one in radial if len(one.first.pairs) > 1]
    if not alloys:
        return None
    one = max(alloys, key=lambda each: (each.kind == "g", each.first.n_frames))
    pairs = [pair for pair in one.first.pairs if pair in one.last.pairs][:MAX_PAIRS]
    return _figure(
        [(one, f"{pair}", one.first.pairs[pair], one.last.pairs[pair]) for pair in pairs]
    )


def _figure(curves: Sequence[tuple[RadialComparison, str, Values, Values]]) -> "Figure":
    """Draw curves of the first and the last part, in panels."""
    n_columns = {1: 1, 2: 2, 4: 2}.get(len(curves), 3)
    width_in = WIDE_IN if n_columns > 1 else WIDE_IN / 2
    figure = new_figure(width_in, _HEIGHT_IN * -(-len(curves) // n_columns) + 0.25)
    axes = panels(figure, len(curves), n_columns)
    for place, (panel, (one, title, first, last)) in enumerate(zip(axes, curves, strict=True)):
        _draw(panel, one, first, last)
        is_left = place % n_columns == 0 or one.kind != curves[place - 1][0].kind
        label(panel, x=_X, y=_Y[one.kind] if is_left else "", title=title)
    legend_above(figure, axes[0], columns=3)
    return figure


def _draw(panel: "Axes", one: RadialComparison, first: Values, last: Values) -> None:
    """Draw one panel."""
    if one.kind == "g":
        panel.axhline(1.0, color=INK, lw=0.6, linestyle=(0, (1, 2)))
    panel.fill_between(one.distances_A, first, color=BLUE, alpha=0.18, lw=0.0)
    panel.plot(one.distances_A, first, color=BLUE, lw=LINE_PT, label="first quarter of the run")
    panel.plot(one.distances_A, last, color=VERMILLION, lw=LINE_PT, label="last quarter")
    panel.set_xlim(1.0, one.distances_A[-1])
    panel.set_ylim(bottom=0.0)
