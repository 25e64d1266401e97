"""Descriptor space in the plane that shows most of it, with the selected frames marked."""

from typing import TYPE_CHECKING, Any

import numpy as np

from mlip_autopipec.reporting.figures.style import (
    COLUMN_IN,
    CYCLE,
    INK,
    MANY_POINTS,
    MUTED,
    SEQUENCE,
    SMALL_PT,
    TEXT_PT,
    colours,
    label,
    legend_above,
    new_figure,
    panels,
)
from mlip_autopipec.reporting.models import DescriptorMap, Selection

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_HEIGHT_IN = 2.9


def map_figure(selection: Selection | None) -> "Figure | None":
    """Draw the map; None where frames were not compared."""
    if selection is None or selection.map is None:
        return None
    space = selection.map
    figure = new_figure(COLUMN_IN, _HEIGHT_IN)
    (panel,) = panels(figure, 1, 1)
    _draw_frames(figure, panel, space)
    chosen = np.array(space.selected).reshape(-1, 2)
    panel.scatter(
        chosen[:, 0],
        chosen[:, 1],
        s=20,
        facecolors="none",
        edgecolors=INK,
        linewidths=0.9,
        label="selected",
    )
    first, second = (100.0 * share for share in space.explained)
    label(
        panel,
        x=f"principal component 1 ({first:.0f} % of the variance)",
        y=f"principal component 2 ({second:.0f} %)",
    )
    legend_above(figure, panel, columns=3)
    return figure


def _draw_frames(figure: "Figure", panel: "Axes", space: DescriptorMap) -> None:
    """Draw all frames, coloured by generator, or by temperature where there is only one."""
    points = np.array(space.coordinates)
    style: dict[str, Any] = {
        "s": 7,
        "linewidths": 0,
        "alpha": 0.75,
        "rasterized": len(points) > MANY_POINTS,
    }
    generators = np.array(space.generators)
    names = list(dict.fromkeys(space.generators))
    if len(names) > 1:
        shades = colours(names)
        for name in names:
            part = points[generators == name]
            panel.scatter(part[:, 0], part[:, 1], color=shades[name], label=name, **style)
        return
    if not names:
        panel.scatter(points[:, 0], points[:, 1], color=CYCLE[0], label="frames", **style)
        return
    drawn = panel.scatter(
        points[:, 0], points[:, 1], c=space.temperatures_K, cmap=SEQUENCE, label="frames", **style
    )
    bar = figure.colorbar(drawn, ax=panel, pad=0.02, aspect=30)
    bar.set_label("thermostat (K)", fontsize=TEXT_PT, color=INK)
    bar.ax.tick_params(labelsize=SMALL_PT, labelcolor=INK, color=MUTED, width=0.6, length=2.5)
    bar.outline.set_visible(False)
