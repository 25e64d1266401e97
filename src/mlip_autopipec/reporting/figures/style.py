"""How figures look, and how they are written: as PNG on white, as SVG that follows the page.

Nothing here touches matplotlib's global state: figures are made without pyplot, and every size is
given where it is used.
"""

import base64
import io
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMN_IN = 3.5  # width of one column of a journal, in inches
WIDE_IN = 7.0  # width of two
PNG_DPI = (200, 150, 100, 72)  # the first with which a PNG is small enough
MAX_PNG_BYTES = 700_000  # as a data address a third more: below a megabyte
RASTER_DPI = 220

TEXT_PT = 8.0
SMALL_PT = 7.0
LINE_PT = 1.3

# Okabe and Ito's colours (https://jfly.uni-koeln.de/color/), without yellow, which white swallows.
BLUE, VERMILLION, GREEN = "#0072b2", "#d55e00", "#009e73"
PURPLE, ORANGE, SKY = "#cc79a7", "#e69f00", "#56b4e9"
INK, MUTED, GRID = "#1b2430", "#67717e", "#d9dee4"
CYCLE = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY, INK, MUTED)
DASHES = ("-", "-", "-", "-", "--", "--", "--", "--")
SEQUENCE = "cividis"  # for numbers; it reads the same without colour vision

VARIABLES = {
    BLUE: "blue",
    VERMILLION: "vermillion",
    GREEN: "green",
    PURPLE: "purple",
    ORANGE: "orange",
    SKY: "sky",
    INK: "ink",
    MUTED: "muted",
    GRID: "grid",
}
"""Names under which a page may give each colour anew."""

MANY_POINTS = 400  # beyond so many, points are drawn as an image inside the SVG


def new_figure(width_in: float, height_in: float) -> "Figure":
    """Return an empty figure whose parts are laid out so that nothing overlaps."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - only where something is drawn

    return Figure(figsize=(width_in, height_in), layout="constrained")


def panels(figure: "Figure", n_panels: int, n_columns: int) -> "list[Axes]":
    """Return styled axes in rows of ``n_columns``."""
    n_columns = min(n_columns, n_panels)
    n_rows = -(-n_panels // n_columns)
    return [styled(figure.add_subplot(n_rows, n_columns, number + 1)) for number in range(n_panels)]


def styled(axes: "Axes") -> "Axes":
    """Give axes their ink, and take away what says nothing."""
    axes.patch.set_alpha(0.0)
    for side, spine in axes.spines.items():
        spine.set_visible(side in {"left", "bottom"})
        spine.set_color(MUTED)
        spine.set_linewidth(0.7)
    axes.tick_params(labelsize=SMALL_PT, colors=MUTED, labelcolor=INK, width=0.7, length=3)
    axes.tick_params(which="minor", color=MUTED, width=0.5, length=1.8)
    axes.set_axisbelow(True)
    axes.grid(visible=True, axis="y", color=GRID, linewidth=0.6)
    return axes


def label(axes: "Axes", *, x: str = "", y: str = "", title: str = "") -> None:
    """Write the axes' names, with units."""
    axes.set_xlabel(x, fontsize=TEXT_PT, color=INK)
    axes.set_ylabel(y, fontsize=TEXT_PT, color=INK)
    if title:
        axes.set_title(title, fontsize=TEXT_PT, color=INK, loc="left", fontweight="bold")


def legend(axes: "Axes") -> None:
    """Write what the lines of axes are, where curves that fall leave room."""
    axes.legend(
        fontsize=SMALL_PT, labelcolor=INK, frameon=False, loc="upper right", handlelength=1.6
    )


def legend_above(figure: "Figure", axes: "Axes", *, columns: int) -> None:
    """Write what the lines of all axes are, above them; those of one of them stand for all."""
    handles, names = axes.get_legend_handles_labels()
    figure.legend(
        handles,
        names,
        loc="outside upper left",
        fontsize=SMALL_PT,
        labelcolor=INK,
        frameon=False,
        ncols=columns,
        handlelength=1.8,
        columnspacing=1.4,
    )


def colours(names: Sequence[str]) -> dict[str, str]:
    """Give each name a colour; beyond the palette's end it begins again."""
    return {name: CYCLE[place % len(CYCLE)] for place, name in enumerate(names)}


def small_png(figure: "Figure") -> bytes:
    """Draw a figure on white, as finely as fits in `MAX_PNG_BYTES`."""
    png = b""
    for dpi in PNG_DPI:
        stream = io.BytesIO()
        figure.savefig(
            stream, format="png", dpi=dpi, facecolor="white", metadata={"Software": None}
        )
        png = stream.getvalue()
        if len(png) <= MAX_PNG_BYTES:
            break
    return png


def svg_text(figure: "Figure", name: str) -> str:
    """Draw a figure as SVG to be put into a page.

    Colours are CSS variables with the palette's as a fallback, so that a dark page may give its
    own; text is text, in the page's font. Identifiers begin with the figure's name.
    """
    from matplotlib import rc_context  # noqa: PLC0415 - only where something is drawn

    stream = io.StringIO()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": name}):
        figure.savefig(
            stream, format="svg", transparent=True, dpi=RASTER_DPI, metadata={"Date": None}
        )
    return _for_page(stream.getvalue(), name)


def data_uri(png: bytes) -> str:
    """Return a PNG as an address that holds it."""
    return f"data:image/png;base64,{base64.b64encode(png).decode('ascii')}"


def _for_page(svg: str, name: str) -> str:
    """Return an SVG without its head, in the page's colours and font."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r' xmlns(:xlink)?="[^"]*"', "", svg)
    svg = svg.replace("xlink:href=", "href=")
    svg = re.sub(r'\bid="', f'id="{name}-', svg)
    svg = re.sub(r'href="#', f'href="#{name}-', svg)
    svg = re.sub(r"url\(#", f"url(#{name}-", svg)
    svg = re.sub(r'<svg [^>]*?viewBox="([^"]*)"[^>]*>', r'<svg viewBox="\1">', svg, count=1)
    svg = re.sub(r"('DejaVu Sans'|DejaVu Sans)(, [^;\"]*)?", "var(--figure-font)", svg)
    for colour, variable in VARIABLES.items():
        svg = svg.replace(colour, f"var(--f-{variable}, {colour})")
    return svg.strip()
