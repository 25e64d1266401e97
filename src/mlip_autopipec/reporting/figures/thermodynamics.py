"""Energy, temperature, volume and pressure along the trajectories."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlip_autopipec.reporting.figures.style import (
    CYCLE,
    DASHES,
    INK,
    LINE_PT,
    WIDE_IN,
    colours,
    label,
    legend_above,
    new_figure,
    panels,
)
from mlip_autopipec.reporting.models import Course, Values

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MAX_NAMED = 8  # trajectories that have a colour of their own; more are coloured by generator
MAX_DRAWN = 60  # lines

_HEIGHT_IN = 2.15
_FAINT = 0.45
_LEGEND_COLUMNS = 5


@dataclass(frozen=True, slots=True)
class _Look:
    """How the line of one trajectory looks; only the first of its name is listed."""

    colour: str
    dashes: str
    name: str
    alpha: float


def thermodynamics_figure(courses: Sequence[Course]) -> "Figure | None":
    """Draw a panel for each quantity that is defined; None where there is no trajectory."""
    if not courses:
        return None
    shown = drawn(courses)
    quantities = [_energies, _temperatures]
    if any(course.volume_A3_atom for course in shown):
        quantities.append(_volumes)
    if any(course.pressure_GPa for course in shown):
        quantities.append(_pressures)
    figure = new_figure(WIDE_IN, _HEIGHT_IN * -(-len(quantities) // 2) + 0.25)
    axes = panels(figure, len(quantities), 2)
    looks = _looks(shown)
    for place, (panel, quantity) in enumerate(zip(axes, quantities, strict=True)):
        y_label = quantity(panel, shown, looks)
        is_lowest = place >= len(quantities) - 2
        label(panel, x="MD step" if is_lowest else "", y=y_label)
        panel.margins(x=0.01)
    legend_above(figure, axes[1], columns=_LEGEND_COLUMNS)  # the one that has the thermostat, too
    return figure


def drawn(courses: Sequence[Course]) -> list[Course]:
    """Return the trajectories that are drawn: all, or some spread evenly over them."""
    stride = max(1, -(-len(courses) // MAX_DRAWN))
    return list(courses[::stride])


def _looks(courses: Sequence[Course]) -> list[_Look]:
    """Give every trajectory a colour, or its generator where there are many."""
    if len(courses) <= MAX_NAMED:
        return [
            _Look(CYCLE[place], DASHES[place], course.structure_id, 1.0)
            for place, course in enumerate(courses)
        ]
    generators = list(dict.fromkeys(course.generator for course in courses))
    of_generator = colours(generators)
    looks, listed = [], set()
    for course in courses:
        name = "" if course.generator in listed else course.generator
        listed.add(course.generator)
        looks.append(_Look(of_generator[course.generator], "-", name, _FAINT))
    return looks


def _draw(panel: "Axes", course: Course, values: Values, look: _Look) -> None:
    """Draw one line; its name is listed at full strength."""
    width = LINE_PT if look.alpha == 1.0 else 0.8
    panel.plot(
        course.steps, values, color=look.colour, linestyle=look.dashes, lw=width, alpha=look.alpha
    )
    if look.name:
        panel.plot([], [], color=look.colour, linestyle=look.dashes, lw=LINE_PT, label=look.name)


def _energies(panel: "Axes", courses: Sequence[Course], looks: Sequence[_Look]) -> str:
    """Draw energies from each trajectory's first frame, so that compositions share an axis."""
    for course, look in zip(courses, looks, strict=True):
        first = course.energy_eV_atom[0]
        values = tuple(1000.0 * (energy - first) for energy in course.energy_eV_atom)
        _draw(panel, course, values, look)
    return "energy − first frame\n(meV/atom)"


def _temperatures(panel: "Axes", courses: Sequence[Course], looks: Sequence[_Look]) -> str:
    """Draw kinetic temperatures, and what the thermostats imposed."""
    for course, look in zip(courses, looks, strict=True):
        _draw(panel, course, course.temperature_K, look)
    for steps, thermostat_K in {(course.steps, course.thermostat_K) for course in courses}:
        panel.plot(steps, thermostat_K, color=INK, linestyle=(0, (3, 2)), lw=0.9)
    panel.plot([], [], color=INK, linestyle=(0, (3, 2)), lw=0.9, label="thermostat")
    return "kinetic temperature (K)"


def _volumes(panel: "Axes", courses: Sequence[Course], looks: Sequence[_Look]) -> str:
    """Draw volumes of bulk."""
    for course, look in zip(courses, looks, strict=True):
        if course.volume_A3_atom:
            _draw(panel, course, course.volume_A3_atom, look)
    return "volume (Å³/atom)"


def _pressures(panel: "Axes", courses: Sequence[Course], looks: Sequence[_Look]) -> str:
    """Draw pressures of bulk."""
    panel.axhline(0.0, color=INK, lw=0.6)
    for course, look in zip(courses, looks, strict=True):
        if course.pressure_GPa:
            _draw(panel, course, course.pressure_GPa, look)
    return "pressure (GPa)"
