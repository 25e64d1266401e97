"""What a run holds and what was selected of it: composition, temperature, volume, forces."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mlip_autopipec.reporting.models import Course, Histogram, Shares, Values

Floats = npt.NDArray[np.float64]

N_BINS = 24
MAX_NAMES = 10
OTHERS = "others"


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number that every frame, or every bulk frame, has.

    Attributes:
        name: What it is.
        unit: Its unit.
        values: Returns it for the frames of a course; empty where it is not defined.
    """

    name: str
    unit: str
    values: Callable[[Course], Values]


QUANTITIES = (
    Quantity("kinetic temperature", "K", lambda course: course.temperature_K),
    Quantity("volume of bulk", "Å³/atom", lambda course: course.volume_A3_atom),
    Quantity("largest force", "eV/Å", lambda course: course.max_force_eV_A),
)


def histograms(courses: Sequence[Course], selected: Sequence[Course]) -> tuple[Histogram, ...]:
    """Return the distribution of every quantity that is defined.

    Args:
        courses: Of all trajectories; a frame stands for those that were passed over after it.
        selected: Of the selected frames.
    """
    found = []
    for quantity in QUANTITIES:
        values, weights = _values(courses, quantity)
        chosen, counts = _values(selected, quantity)
        if len(values) == 0:
            continue
        edges = _edges(np.concatenate([values, chosen]))
        found.append(
            Histogram(
                quantity=quantity.name,
                unit=quantity.unit,
                edges=tuple(edges.round(6).tolist()),
                all_frames=_shares(values, weights, edges),
                selected=_shares(chosen, counts, edges),
            )
        )
    return tuple(found)


def composition(courses: Sequence[Course], selected: Sequence[Course]) -> Shares | None:
    """Return the shares of the reduced formulas, the most frequent first; None without frames."""
    every = _count(courses)
    chosen = _count(selected)
    if not every:
        return None
    names = [name for name, _ in every.most_common(MAX_NAMES)]
    rest = [name for name in every if name not in names]
    labels = [*names, OTHERS] if rest else names

    def shares(counts: Counter[str]) -> Values:
        total = sum(counts.values())
        if not total:
            return ()
        parts = [counts[name] for name in names]
        return tuple(part / total for part in (*parts, *([total - sum(parts)] if rest else [])))

    return Shares(names=tuple(labels), all_frames=shares(every), selected=shares(chosen))


def _count(courses: Sequence[Course]) -> Counter[str]:
    """Count frames by formula."""
    counts: Counter[str] = Counter()
    for course in courses:
        counts[course.formula] += course.every * len(course.steps)
    return counts


def _values(courses: Sequence[Course], quantity: Quantity) -> tuple[Floats, Floats]:
    """Return the values of a quantity, and how many frames each stands for."""
    parts = [np.asarray(quantity.values(course), dtype=float) for course in courses]
    weights = [
        np.full(len(part), float(course.every)) for part, course in zip(parts, courses, strict=True)
    ]
    return np.concatenate([np.empty(0), *parts]), np.concatenate([np.empty(0), *weights])


def _edges(values: Floats) -> Floats:
    """Return edges of equal bins over all values, however close they are."""
    low, high = float(values.min()), float(values.max())
    margin = max(1e-3 * max(abs(low), abs(high)), 1e-6)
    return np.linspace(low, max(high, low + margin), N_BINS + 1)


def _shares(values: Floats, weights: Floats, edges: Floats) -> Values:
    """Return the share of the values in each bin; nothing where there are none."""
    if len(values) == 0:
        return ()
    counts, _ = np.histogram(values, bins=edges, weights=weights)
    return tuple((counts / counts.sum()).round(6).tolist())
