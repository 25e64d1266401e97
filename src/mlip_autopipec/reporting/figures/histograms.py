"""Composition, temperature, volume and forces: of all frames, and of the selected ones."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from mlip_autopipec.reporting.figures.style import (
    BLUE,
    MUTED,
    SMALL_PT,
    WIDE_IN,
    label,
    legend_above,
    new_figure,
    panels,
)
from mlip_autopipec.reporting.models import Histogram, Shares
from mlip_autopipec.reporting.wording import subscripts

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_HEIGHT_IN = 2.05
_SLANTED = 4  # names beyond this number are slanted
_FAINT = 0.45


def histograms_figure(
    composition: Shares | None, histograms: Sequence[Histogram]
) -> "Figure | None":
    """Draw a panel a quantity; None without frames."""
    if composition is None:
        return None
    n_panels = 1 + len(histograms)
    figure = new_figure(WIDE_IN, _HEIGHT_IN * -(-n_panels // 2) + 0.25)
    axes = panels(figure, n_panels, 2)
    _draw_shares(axes[0], composition)
    for panel, histogram in zip(axes[1:], histograms, strict=True):
        _draw_histogram(panel, histogram)
    legend_above(figure, axes[0], columns=2)
    return figure


def _draw_shares(panel: "Axes", shares: Shares) -> None:
    """Draw the compositions."""
    places = np.arange(len(shares.names))
    width = 0.36 if len(places) > 1 else 0.2
    panel.bar(
        places - width / 2,
        100.0 * np.array(shares.all_frames),
        width,
        color=MUTED,
        alpha=_FAINT,
        label="all frames",
    )
    if shares.selected:
        panel.bar(
            places + width / 2,
            100.0 * np.array(shares.selected),
            width,
            color=BLUE,
            label="selected",
        )
    panel.set_xticks(places, [subscripts(name) for name in shares.names])
    panel.set_xlim(-0.7, len(places) - 0.3)
    if len(places) > _SLANTED:
        panel.tick_params(axis="x", labelrotation=35, labelsize=SMALL_PT)
    label(panel, x="reduced formula", y="frames (%)")


def _draw_histogram(panel: "Axes", histogram: Histogram) -> None:
    """Draw the distribution of a number."""
    edges = histogram.edges
    panel.stairs(
        100.0 * np.array(histogram.all_frames), edges, fill=True, color=MUTED, alpha=_FAINT
    )
    if histogram.selected:
        panel.stairs(100.0 * np.array(histogram.selected), edges, color=BLUE, lw=1.4)
    panel.set_ylim(bottom=0.0)
    label(panel, x=f"{histogram.quantity} ({histogram.unit})", y="frames (%)")
