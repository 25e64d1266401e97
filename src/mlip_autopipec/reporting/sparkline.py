"""A course as a line of the size of a word."""

from collections.abc import Sequence

import numpy as np

WIDTH, HEIGHT = 84, 20
MAX_POINTS = 42

_MARGIN = 2.0


def sparkline(values: Sequence[float]) -> str:
    """Return the points of an SVG polyline, ``WIDTH`` by ``HEIGHT``; empty below two values.

    Example:
        >>> sparkline([0.0, 1.0])
        '2.0,18.0 82.0,2.0'
    """
    if len(values) < 2:  # noqa: PLR2004 - a line has two ends
        return ""
    places = np.unique(np.linspace(0, len(values) - 1, MAX_POINTS).round().astype(int))
    shown = np.asarray(values, dtype=float)[places]
    span = float(np.ptp(shown)) or 1.0
    x = _MARGIN + (WIDTH - 2 * _MARGIN) * places / (len(values) - 1)
    y = HEIGHT - _MARGIN - (HEIGHT - 2 * _MARGIN) * (shown - shown.min()) / span
    return " ".join(f"{left:.1f},{down:.1f}" for left, down in zip(x, y, strict=True))


_BLOCKS = "▁▂▃▄▅▆▇█"


def text_sparkline(values: Sequence[float], width: int) -> str:
    """Return a course as a line of blocks, the latest value at the right; empty without values.

    Args:
        values: The course; of more than ``width`` values the mean of each stretch is shown.
        width: Number of characters, at most.

    Example:
        >>> text_sparkline([0.0, 1.0, 2.0, 7.0], 10), text_sparkline([3.0], 10)
        ('▁▂▃█', '▁')
    """
    if not values:
        return ""
    stretches = np.array_split(np.asarray(values, dtype=float), min(width, len(values)))
    shown = np.array([stretch.mean() for stretch in stretches])
    span = float(np.ptp(shown)) or 1.0
    levels = np.rint((len(_BLOCKS) - 1) * (shown - shown.min()) / span).astype(int)
    return "".join(_BLOCKS[level] for level in levels)
