"""The figure of stability: the share of trials survived."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from benchmarks.data_efficiency.figure import POOL_STYLES
from benchmarks.data_efficiency.survival import KINDS, ORACLE, survival

TITLES = {kind: f"collision, {kind}" if kind.endswith("eV") else kind for kind in KINDS}
CONTROLS = {"bare": "oracle", "zbl": "oracle + ZBL"}


def draw_stability(kept: dict[str, Any], path: Path) -> None:
    """Draw a panel for each kind of trial, a bar for each potential; hatched: with close pairs."""
    found = survival(kept)
    figure = Figure(figsize=(10.5, 3.4), layout="constrained")
    panels = figure.subplots(1, len(KINDS), sharey=True)
    names = [
        CONTROLS[strategy] if pool == ORACLE else f"{pool}, {strategy}"
        for pool, strategy, share in found
        if share == 0.0
    ]
    for axes, kind in zip(panels, KINDS, strict=True):
        for (pool, strategy, share), outcomes in found.items():
            name = CONTROLS[strategy] if pool == ORACLE else f"{pool}, {strategy}"
            shift = 0.0 if pool == ORACLE else 0.2 if share else -0.2
            colour = "#777777" if pool == ORACLE else POOL_STYLES[pool][0]
            place = names.index(name) + shift
            if kind not in outcomes:
                axes.text(0.02, place, "not tried", va="center", fontsize=7, color="#777777")
                continue
            axes.barh(
                place,
                outcomes[kind].share,
                0.36,
                color="none" if share else colour,
                edgecolor=colour,
                hatch="////" if share else None,
            )
        axes.set_title(TITLES[kind], fontsize=10)
        axes.set_xlim(0.0, 1.02)
        axes.grid(visible=True, axis="x", color="#DDDDDD", linewidth=0.6)
        axes.set_axisbelow(True)
    panels[0].set_yticks(np.arange(len(names)), names, fontsize=9)
    panels[0].invert_yaxis()
    figure.supxlabel(
        "share of trials survived; filled: as selected, hatched: a tenth replaced by close pairs",
        fontsize=9,
    )
    figure.savefig(path, dpi=130)
