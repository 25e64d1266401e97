"""From cells to curves: means and spreads over seeds, and the labels that each strategy needs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.data_efficiency.grid import Cell
from benchmarks.data_efficiency.scores import METRICS, labels_needed, overall

OVERALL = "overall"
REFERENCE = ("nvt", "random")
"""Pool and strategy whose error at the largest size the others are to reach."""


@dataclass(frozen=True, slots=True)
class Curve:
    """Errors of one pool, strategy, test set and metric against the number of labels.

    Attributes:
        sizes: Numbers of labels, rising.
        means: Over the seeds.
        spreads: Standard deviation over the seeds; NaN for a single one.
        n_seeds: Smallest number of seeds of any size.
    """

    sizes: tuple[int, ...]
    means: tuple[float, ...]
    spreads: tuple[float, ...]
    n_seeds: int

    @classmethod
    def of(cls, values: dict[int, list[float]]) -> "Curve":
        """Average the values at each size."""
        sizes = tuple(sorted(values))
        return cls(
            sizes,
            tuple(float(np.mean(values[n])) for n in sizes),
            tuple(
                float(np.std(values[n], ddof=1)) if len(values[n]) > 1 else np.nan for n in sizes
            ),
            min(len(values[n]) for n in sizes),
        )


Key = tuple[str, str, str, str]
"""Pool, strategy, test set (or `OVERALL`) and metric."""


def curves(cells: Iterable[tuple[str, str, Cell]]) -> dict[Key, Curve]:
    """Return the curve of every pool, strategy, test set and metric."""
    values: dict[Key, dict[int, list[float]]] = {}
    for pool, strategy, cell in cells:
        for metric in METRICS:
            found = {name: each[metric] for name, each in cell["scores"].items()}
            found[OVERALL] = overall(cell["scores"], metric)
            for name, value in found.items():
                curve = values.setdefault((pool, strategy, name, metric), {})
                curve.setdefault(cell["n"], []).append(value)
    return {key: Curve.of(each) for key, each in values.items()}


def needed(found: dict[Key, Curve], key: Key) -> float | None:
    """Return the labels that reach the reference's error at its largest size; None: not reached.

    Raises:
        KeyError: There is no such curve, or none of the reference.
    """
    reference = found[(*REFERENCE, *key[2:])]
    return labels_needed(found[key].sizes, found[key].means, reference.means[-1])


def told(labels: float | None, sizes: Sequence[int]) -> str:
    """Return a number of labels as the tables say it."""
    if labels is None:
        return "not reached"
    return f"≤ {sizes[0]}" if labels <= sizes[0] else f"{labels:.0f}"


def as_json(found: dict[Key, Curve]) -> list[dict[str, Any]]:
    """Return all curves, and the labels that they need, JSON-ready."""
    rows: list[dict[str, Any]] = []
    for key, curve in found.items():
        pool, strategy, name, metric = key
        rows.append(
            {
                "pool": pool,
                "strategy": strategy,
                "set": name,
                "metric": metric,
                "sizes": list(curve.sizes),
                "means": [float(f"{value:.4g}") for value in curve.means],
                "spreads": [
                    None if np.isnan(value) else float(f"{value:.3g}") for value in curve.spreads
                ],
                "n_seeds": curve.n_seeds,
                "labels_needed": needed(found, key),
            }
        )
    return rows
