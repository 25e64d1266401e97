"""Strata: groups of frames of which none is to be starved."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from mlip_autopipec.config.sampling import StrataConfig
from mlip_autopipec.sampling.frames import FrameTable, Labels

DISORDERED = 0.3
"""Displacement (see `FrameTable`) above which a frame counts as disordered.

Lindemann's criterion (Phys. Z. 11, 609, 1910) puts melting at a displacement from the lattice of
0.1 to 0.15 of the neighbour distance. From another snapshot it is √2 times that, and in a liquid it
grows without bound.
"""


def strata(table: FrameTable, config: StrataConfig) -> Labels:
    """Return the stratum of each frame, named by what it differs by."""
    columns = [_names(table, key, config.temperature_bins) for key in config.by]
    return Labels.of([" | ".join(row) for row in zip(*columns, strict=True)])


def even_shares(available: Sequence[int], total: int) -> list[int]:
    """Share a total evenly; what a small group cannot take goes to the others.

    Args:
        available: The most that each group can take.
        total: What is to be shared; no more than can be taken is.

    Returns:
        One number a group; they differ by more than one only where a group is exhausted.

    Example:
        >>> even_shares([100, 2, 50], 30)
        [14, 2, 14]
        >>> even_shares([5, 5], 3)
        [2, 1]
    """
    shares = [0] * len(available)
    left = min(total, sum(available))
    while left:
        open_groups = [place for place, room in enumerate(available) if shares[place] < room]
        each = max(1, left // len(open_groups))
        for place in open_groups:
            more = min(each, available[place] - shares[place], left)
            shares[place] += more
            left -= more
    return shares


def _names(table: FrameTable, key: str, temperature_bins: int) -> list[str]:
    """Return the name of each frame's group by one key."""
    if key == "generator":
        return [table.generator[frame] for frame in range(len(table))]
    if key == "composition":
        return [table.composition[frame] for frame in range(len(table))]
    if key == "phase":
        return [_phase(value) for value in table.displacement]
    return _ranges(table.temperature_K, temperature_bins)


def _phase(displacement: float) -> str:
    """Name the phase that a displacement speaks for."""
    if np.isnan(displacement):
        return "unknown"
    return "disordered" if displacement > DISORDERED else "ordered"


def _ranges(temperatures: npt.NDArray[np.float64], n_bins: int) -> list[str]:
    """Name the range of temperature that each frame lies in."""
    known = temperatures[np.isfinite(temperatures)]
    if len(known) == 0:
        return ["unknown"] * len(temperatures)
    edges = np.linspace(known.min(), known.max(), n_bins + 1)
    bins = np.clip(np.searchsorted(edges, temperatures, side="right") - 1, 0, n_bins - 1)
    names = [f"{low:g}-{high:g} K" for low, high in pairwise(edges)]
    return [
        names[place] if np.isfinite(temperature) else "unknown"
        for place, temperature in zip(bins, temperatures, strict=True)
    ]
