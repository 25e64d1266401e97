"""How well the selected frames cover all, beside as many random ones."""

from typing import TYPE_CHECKING, Any

from mlip_autopipec.reporting.figures.style import (
    BLUE,
    COLUMN_IN,
    INK,
    LINE_PT,
    SMALL_PT,
    VERMILLION,
    label,
    legend,
    new_figure,
    panels,
)
from mlip_autopipec.reporting.models import Selection

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_HEIGHT_IN = 2.9
_MOST_TICKS = 9


def coverage_figure(selection: Selection | None) -> "Figure | None":
    """Draw the distance to the selected frames against their number; None where it is not known."""
    if selection is None or selection.coverage is None:
        return None
    figure = new_figure(COLUMN_IN, _HEIGHT_IN)
    (panel,) = panels(figure, 1, 1)
    pairs = [
        (selection.coverage, BLUE, selection.sampler),
        (selection.random, VERMILLION, "random"),
    ]
    for curve, colour, name in pairs:
        if curve is None:
            continue
        marker: dict[str, Any] = {"marker": "o", "ms": 2.5} if len(curve.sizes) < 3 else {}  # noqa: PLR2004
        panel.plot(
            curve.sizes,
            curve.largest,
            color=colour,
            lw=LINE_PT,
            ls="--",
            label=f"{name}: largest",
            **marker,
        )
        panel.plot(
            curve.sizes, curve.mean, color=colour, lw=1.5 * LINE_PT, label=f"{name}: mean", **marker
        )
    panel.set_xscale("log")
    panel.set_xticks(_round_numbers(selection.coverage.sizes[-1]))
    panel.xaxis.set_major_formatter("{x:,g}")
    panel.xaxis.set_minor_formatter("")
    panel.set_ylim(bottom=0.0)
    if selection.suggested_size is not None:
        panel.axvline(selection.suggested_size, color=INK, lw=0.9, linestyle=(0, (1, 2)))
        panel.annotate(
            f"suggested: {selection.suggested_size:,}",
            (selection.suggested_size, 0.0),
            xycoords=("data", "axes fraction"),
            xytext=(3, 4),
            textcoords="offset points",
            fontsize=SMALL_PT,
            color=INK,
        )
    of_atoms = selection.compared == "environments"
    distance = "distance of atoms to the selection" if of_atoms else "distance to the selection"
    label(panel, x="number of selected frames", y=distance)
    legend(panel)
    return figure


def _round_numbers(largest: int) -> list[int]:
    """Return 1, 2, 5, 10, 20, … up to a number; every other one is left out where they are many."""
    numbers = [first * 10**power for power in range(len(str(largest))) for first in (1, 2, 5)]
    numbers = [number for number in numbers if number <= largest]
    return numbers if len(numbers) <= _MOST_TICKS else [10**k for k in range(len(str(largest)))]
