"""Acceptance of Monte Carlo moves by pair of species."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mlip_autopipec.reporting.figures.style import (
    BLUE,
    COLUMN_IN,
    INK,
    SMALL_PT,
    label,
    new_figure,
    panels,
)
from mlip_autopipec.reporting.models import SwapCount

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_Z = 1.96  # two-sided 95 %
_MOST_BARS = 15


def swaps_figure(swaps: Sequence[SwapCount]) -> "Figure | None":
    """Draw a bar a pair, with its 95 % interval; None where no move was tried."""
    tried = [swap for swap in swaps if swap.attempted][:_MOST_BARS]
    if not tried:
        return None
    figure = new_figure(COLUMN_IN, 0.95 + 0.32 * len(tried))
    (panel,) = panels(figure, 1, 1)
    percent = [100.0 * swap.acceptance for swap in tried]
    intervals = [wilson_interval(swap.accepted, swap.attempted) for swap in tried]
    below = [value - 100.0 * low for value, (low, _) in zip(percent, intervals, strict=True)]
    above = [100.0 * high - value for value, (_, high) in zip(percent, intervals, strict=True)]
    places = range(len(tried))
    panel.barh(places, percent, height=0.55, color=BLUE)
    panel.errorbar(percent, places, xerr=[below, above], fmt="none", ecolor=INK, lw=0.9, capsize=2)
    edge = max(100.0 * high for _, high in intervals)
    for place, swap in zip(places, tried, strict=True):
        high = 100.0 * intervals[place][1]
        panel.text(
            high + 0.03 * edge,
            place,
            f"{swap.accepted:,}/{swap.attempted:,}",
            va="center",
            fontsize=SMALL_PT,
            color=INK,
        )
    panel.set_yticks(places, [swap.pair for swap in tried])
    panel.set_ylim(len(tried) - 0.5, -0.5)
    panel.set_xlim(0.0, 1.3 * edge)
    panel.grid(visible=False, axis="y")
    panel.spines["left"].set_visible(False)
    panel.tick_params(axis="y", length=0)
    label(panel, x="moves accepted (%)")
    return figure


def wilson_interval(accepted: int, attempted: int) -> tuple[float, float]:
    """Return the 95 % interval of a proportion (Wilson 1927, doi:10.1080/01621459.1927.10502953).

    Example:
        >>> low, high = wilson_interval(0, 10)
        >>> round(low, 3), round(high, 3)
        (0.0, 0.278)
    """
    share, squared = accepted / attempted, _Z**2
    centre = share + squared / (2 * attempted)
    half = _Z * math.sqrt(share * (1 - share) / attempted + squared / (4 * attempted**2))
    scale = 1 + squared / attempted
    return max(0.0, (centre - half) / scale), min(1.0, (centre + half) / scale)
