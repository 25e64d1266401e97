"""A picture sheet of the structures that a config would make."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from ase import Atoms
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PatchCollection
from matplotlib.figure import Figure

from mlip_autopipec.config.pipeline import PipelineConfig
from mlip_autopipec.files import replacing
from mlip_autopipec.generators.factory import build_generators
from mlip_autopipec.structures.density import density_g_cm3
from mlip_autopipec.structures.drawing import ball, draw_structure, element_colour
from mlip_autopipec.structures.symmetry import space_group
from mlip_autopipec.structures.vacuum import detect_vacuum

_PANEL_IN = 2.6
_CAPTION_IN = 0.62
_HEADER_IN = 0.6
_LEGEND_IN = 0.55
_MOST_COLUMNS = 5
_INK, _FAINT = "#1f2933", "#6b7785"
_BULK = 3
_DPI = 150


@dataclass(frozen=True)
class Preview:
    """The structures of a sheet.

    Attributes:
        name: The run's name.
        structures: Those that are shown, in the order of the run.
        parents: For each, the space group of the crystal that it was made from, if there is one.
        n_structures: Number of structures that the run would make.
    """

    name: str
    structures: tuple[Atoms, ...]
    parents: tuple[str | None, ...]
    n_structures: int


def preview(config: PipelineConfig, most: int) -> Preview:
    """Make the structures to show: the first ones of each generator, in equal shares.

    Raises:
        GenerationError: A generator cannot make what is asked for.
    """
    generators = build_generators(config)
    counts = _shares([generator.n_structures for generator in generators], most)
    structures: list[Atoms] = []
    parents: list[str | None] = []
    for generator, count in zip(generators, counts, strict=True):
        for atoms in islice(generator.generate(), count):
            structures.append(atoms)
            index = int(str(atoms.info["structure_id"]).rpartition("-")[2])
            parents.append(generator.space_group(index))
    return Preview(
        name=config.name,
        structures=tuple(structures),
        parents=tuple(parents),
        n_structures=sum(generator.n_structures for generator in generators),
    )


def write_sheet(shown: Preview, path: Path) -> None:
    """Write the sheet as PNG, whole or not at all.

    Raises:
        OSError: The file cannot be written.
    """
    figure = sheet(shown)
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png", dpi=_DPI)


def sheet(shown: Preview) -> Figure:
    """Draw the structures, each with its name and what it is, and a legend of the elements."""
    n_panels = len(shown.structures)
    columns = min(_MOST_COLUMNS, max(2, math.ceil(math.sqrt(1.2 * n_panels))))
    rows = math.ceil(n_panels / columns)
    width = columns * _PANEL_IN
    height = _HEADER_IN + rows * (_PANEL_IN + _CAPTION_IN) + _LEGEND_IN
    figure = Figure(figsize=(width, height), facecolor="white")
    FigureCanvasAgg(figure)
    left = 0.18 / width
    of_all = "all" if n_panels == shown.n_structures else f"{n_panels} of {shown.n_structures:,}"
    top = 1.0 - 0.32 / height
    figure.text(left, top, shown.name, size=15, weight="bold", color=_INK, va="center")
    figure.text(
        1.0 - left, top, f"{of_all} structures", size=10, color=_FAINT, ha="right", va="center"
    )
    for place, (atoms, parent) in enumerate(zip(shown.structures, shown.parents, strict=True)):
        row, column = divmod(place, columns)
        bottom_in = height - _HEADER_IN - (row + 1) * (_PANEL_IN + _CAPTION_IN)
        axes = figure.add_axes(
            (
                (column + 0.04) / columns,
                (bottom_in + _CAPTION_IN) / height,
                0.92 / columns,
                0.96 * _PANEL_IN / height,
            )
        )
        draw_structure(axes, atoms)
        _caption(figure, atoms, parent, (column + 0.5) / columns, bottom_in / height, height)
    _legend(figure, _elements(shown.structures), width, height)
    return figure


def _caption(
    figure: Figure, atoms: Atoms, parent: str | None, x: float, bottom: float, height: float
) -> None:
    """Write what a structure is below its picture."""
    lines = (
        (str(atoms.info["structure_id"]), 9.5, "bold", _INK),
        (f"{_formula(atoms)}   {len(atoms)} atoms", 8.0, "normal", _INK),
        (described(atoms, parent), 8.0, "normal", _FAINT),
    )
    for number, (text, size, weight, colour) in enumerate(lines):
        y = bottom + (_CAPTION_IN - 0.1 - 0.17 * number) / height
        figure.text(x, y, text, size=size, weight=weight, color=colour, ha="center", va="center")


def described(atoms: Atoms, parent: str | None) -> str:
    """Say how dense and symmetric bulk is, or where other structures end.

    Args:
        atoms: The structure.
        parent: Space group of the crystal that it was made from.
    """
    report = detect_vacuum(atoms)
    if report.dimensionality < _BULK:
        what = str(atoms.info.get("shape", report.reason.split(":", maxsplit=1)[0]))
        what = "molecule" if "molecule" in atoms.info else what
        if "miller" in atoms.info:
            what += f" ({str(atoms.info['miller']).replace(' ', '')})"
        if parent is not None:
            what += f" of {_symbol(parent)}"
        size = " × ".join(f"{length:.1f}" for length in atoms.cell.lengths() if length > 0.0)
        return f"{what}   {size} Å" if size else what
    group = space_group(atoms)
    symmetry = "" if group is None else f"   {_symbol(group)}"
    if group is not None and parent is not None and parent != group:
        symmetry += f", from {_symbol(parent)}"
    return f"{density_g_cm3(atoms):.2f} g/cm³{symmetry}"


def _symbol(group: str) -> str:
    """Write a space group's symbol as mathematics: bars and screw axes, without its number."""
    symbol = group.split(" ", maxsplit=1)[0]
    symbol = re.sub(r"-(\d)", r"\\bar{\1}", symbol)
    return f"$\\mathrm{{{symbol}}}$"


def _formula(atoms: Atoms) -> str:
    """Write a formula with subscripts."""
    return re.sub(r"(\d+)", r"$_{\1}$", atoms.get_chemical_formula("metal"))


def _elements(structures: Sequence[Atoms]) -> list[str]:
    """Return the elements of all structures, in the order in which they come."""
    return list(dict.fromkeys(symbol for atoms in structures for symbol in atoms.symbols))


def _legend(figure: Figure, symbols: list[str], width: float, height: float) -> None:
    """Draw a ball for each element, in one line at the foot."""
    axes = figure.add_axes((0.0, 0.0, 1.0, _LEGEND_IN / height))
    axes.set(xlim=(0.0, width), ylim=(0.0, _LEGEND_IN), aspect="equal")
    axes.set_axis_off()
    step = min(0.75, (width - 0.4) / max(1, len(symbols)))
    begin = 0.5 * (width - step * len(symbols))
    for number, symbol in enumerate(symbols):
        x = begin + number * step + 0.15
        discs = ball(np.array([x, 0.3]), 0.1, element_colour(symbol))
        colours = [colour.tolist() for _, colour in discs]
        axes.add_collection(PatchCollection([disc for disc, _ in discs], facecolors=colours))
        axes.text(x + 0.16, 0.29, symbol, size=10, color=_INK, va="center")


def _shares(available: Sequence[int], most: int) -> list[int]:
    """Share the places of a sheet among generators, no one getting more than it can fill."""
    given = [0] * len(available)
    while sum(given) < min(most, sum(available)):
        for number, limit in enumerate(available):
            if given[number] < limit and sum(given) < most:
                given[number] += 1
    return given
