"""All figures of a report, with the words that go with them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlip_autopipec.reporting.figures.coverage import coverage_figure
from mlip_autopipec.reporting.figures.descriptor_map import map_figure
from mlip_autopipec.reporting.figures.histograms import histograms_figure
from mlip_autopipec.reporting.figures.monte_carlo import swaps_figure
from mlip_autopipec.reporting.figures.pair_scan import pair_scan_figure
from mlip_autopipec.reporting.figures.radial import radial_figure, radial_pairs_figure
from mlip_autopipec.reporting.figures.style import COLUMN_IN, small_png, svg_text
from mlip_autopipec.reporting.figures.thermodynamics import drawn, thermodynamics_figure
from mlip_autopipec.reporting.models import RunReport

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAMES = (
    "thermodynamics",
    "radial",
    "radial-pairs",
    "swaps",
    "pair-scan",
    "coverage",
    "descriptor-map",
    "histograms",
)
"""Of all figures, in the order in which they are drawn."""

_PAIR_SCAN_CAPTION = (
    "Two atoms alone, before the run. The sum must repel without a dip down to the limit, and rise "
    "above the dotted line; what is closer (shaded) is refused. The axis is linear within 10 eV of "
    "zero and logarithmic beyond. Where the model has holes at short distances, they do not reach "
    "the sum: below a floor the model is not asked, and ZBL alone speaks. "
    "Ticks: where two atoms shot at each other with 20, 100 and 300 eV turn back, on the sum and "
    "on the model alone."
)


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure that is drawn.

    Attributes:
        name: Of its file, without suffix: lower case and dashes.
        title: What it shows, in a few words.
        caption: What is drawn how.
        png: On white.
        svg: To be put into a page.
        is_wide: Whether it takes two columns.
    """

    name: str
    title: str
    caption: str
    png: bytes
    svg: str
    is_wide: bool


@dataclass(frozen=True, slots=True)
class Words:
    """What is said of a figure.

    Attributes:
        title: What it shows, in a few words.
        caption: What is drawn how.
    """

    title: str
    caption: str


def gallery(report: RunReport) -> Iterator[Picture]:
    """Draw the figures that a run has, one at a time."""
    draw: dict[str, Callable[[], Figure | None]] = {
        "thermodynamics": lambda: thermodynamics_figure(report.courses),
        "radial": lambda: radial_figure(report.radial),
        "radial-pairs": lambda: radial_pairs_figure(report.radial),
        "swaps": lambda: swaps_figure(report.swaps),
        "pair-scan": lambda: pair_scan_figure(report.scan),
        "coverage": lambda: coverage_figure(report.selection),
        "descriptor-map": lambda: map_figure(report.selection),
        "histograms": lambda: histograms_figure(report.composition, report.histograms),
    }
    words = words_of(report)
    for name in NAMES:
        figure = draw[name]()
        if figure is not None:
            png = small_png(figure)
            figure.set_layout_engine("none")  # the layout is known now
            wide = bool(figure.get_figwidth() > COLUMN_IN)
            said = words[name]
            yield Picture(name, said.title, said.caption, png, svg_text(figure, name), wide)


def words_of(report: RunReport) -> dict[str, Words]:
    """Return title and caption of every figure, drawn or not."""
    return {
        "thermodynamics": Words(
            "Energy, temperature, volume and pressure", _thermodynamics_caption(report)
        ),
        "radial": Words(
            "Radial distribution, by generator",
            "Averages over the first and the last quarter of each trajectory. In bulk relative to "
            "an ideal gas of the same density; with vacuum, where a density means nothing, the "
            "number of neighbours an ångström. Broad peaks: hot or molten. A needle is an atom's "
            "own image in a small cell that does not move.",
        ),
        "radial-pairs": Words(
            "Radial distribution, by pair of species",
            f"The same for {_alloy(report)}. A first peak that grows: the species draw together.",
        ),
        "swaps": Words(
            "Monte Carlo moves accepted",
            "Over all structures, by the species exchanged; bars span the 95 % interval (Wilson).",
        ),
        "pair-scan": Words("Walls of the pairs of elements", _PAIR_SCAN_CAPTION),
        "coverage": Words(
            "Coverage against size",
            f"Distance of {_compared(report)}, in standardised descriptors, as more frames are "
            "selected; beside it, as many frames drawn at random. Dotted: the size beyond which "
            "more frames say little.",
        ),
        "descriptor-map": Words(
            "Map of descriptor space",
            "Candidates in the plane of the two leading principal components; rings are the "
            "selected.",
        ),
        "histograms": Words(
            "What there is, and what was selected of it",
            "Shares of all frames (grey) and of the selected ones (blue).",
        ),
    }


def _thermodynamics_caption(report: RunReport) -> str:
    """Say what is drawn of how much."""
    text = "The model's own energy, from each trajectory's first frame. "
    n_drawn = len(drawn(report.courses))
    if n_drawn < len(report.courses):
        text += f"{n_drawn} of {len(report.courses)} trajectories are drawn. "
    every = max((course.every for course in report.courses), default=1)
    if every > 1:
        text += f"Of long trajectories, every {every}-th frame is drawn. "
    if any(course.pressure_GPa for course in report.courses):
        text += "Volume and pressure are those of bulk; the pressure has no share of ZBL."
    return text.strip()


def _compared(report: RunReport) -> str:
    """Name what the curve of coverage is of."""
    selection = report.selection
    if selection is not None and selection.compared == "environments":
        return "the candidates' atomic environments to the nearest selected one of their element"
    return "all candidates to the nearest selected frame"


def _alloy(report: RunReport) -> str:
    """Name the group whose pairs are drawn."""
    alloys = [one for one in report.radial if len(one.first.pairs) > 1]
    if not alloys:
        return ""
    return max(alloys, key=lambda each: (each.kind == "g", each.first.n_frames)).group
