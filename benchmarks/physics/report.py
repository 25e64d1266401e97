"""The table, the JSON and the figures, from the stored results of both sides."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import t as student

from benchmarks.physics import zbl
from benchmarks.physics.figure import draw_differences, draw_ordering, draw_zbl
from benchmarks.physics.settings import CASES, N_ATOMS, ZBL_REFERENCE, Case
from benchmarks.physics.statistics import N_BLOCKS, Estimate, estimates

QUANTITIES = {
    "energy_eV": ("potential energy", "meV an atom", 1e3),
    "volume_A3": ("volume", "Å³ an atom", 1.0),
    "variance_of_volume_A3": ("variance of volume", "10⁻³ Å⁶ an atom²", 1e3),
    "pressure_GPa": ("pressure", "MPa", 1e3),
    "temperature_K": ("kinetic temperature", "K", 1.0),
    "variance_of_temperature_K": ("its variance", "K²", 1.0),
    "order": ("Warren-Cowley α₁", "", 1.0),
}
N_DEGREES = 3 * N_ATOMS - 3


@dataclass(frozen=True, slots=True)
class Row:
    """One quantity of one case on both sides, in the units of the table.

    Attributes:
        case: Under which conditions.
        quantity: A key of `QUANTITIES`.
        pipeline: This package's estimate.
        lammps: LAMMPS's.
        exact: What statistical mechanics says, where it says it.
    """

    case: Case
    quantity: str
    pipeline: Estimate
    lammps: Estimate
    exact: float | None

    @property
    def sigmas(self) -> float:
        """Difference from LAMMPS over its standard error."""
        return self.pipeline.sigmas_from(self.lammps)


def collect(results: Path) -> list[Row]:
    """Return all rows whose two sides are there."""
    rows = []
    for case in CASES:
        paths = [results / side / f"{case.name}.json" for side in ("pipeline", "lammps")]
        if not all(path.exists() for path in paths):
            continue
        pipeline, lammps = (
            estimates(json.loads(path.read_text(encoding="utf-8"))["estimates"]) for path in paths
        )
        for name, (_, _, factor) in QUANTITIES.items():
            if name in pipeline:
                rows.append(
                    Row(
                        case,
                        name,
                        _scaled(pipeline[name], factor),
                        _scaled(lammps[name], factor),
                        _exact(case, name),
                    )
                )
    return rows


def _scaled(estimate: Estimate, factor: float) -> Estimate:
    return Estimate(estimate.value * factor, estimate.error * factor)


def _exact(case: Case, quantity: str) -> float | None:
    """Return the canonical temperature and its variance 2T²/(3N - 3)."""
    temperature = case.temperature_K
    return {
        "temperature_K": temperature,
        "variance_of_temperature_K": 2.0 * temperature**2 / N_DEGREES,
    }.get(quantity)


def overall(rows: list[Row]) -> dict[str, float]:
    """Return what all the differences say together.

    Each is a difference of two means of `N_BLOCKS` blocks, hence nearly Student's t.
    """
    sigmas = np.array([row.sigmas for row in rows])
    freedom = 2 * (N_BLOCKS - 1)
    return {
        "n": len(rows),
        "largest": float(np.abs(sigmas).max()),
        "largest_expected": float(student.ppf(1.0 - 0.25 / len(rows), freedom)),
        "root_mean_square": float(np.sqrt(np.mean(sigmas**2))),
        "beyond_2": int(np.sum(np.abs(sigmas) > 2.0)),
        "beyond_2_expected": float(2.0 * len(rows) * student.sf(2.0, freedom)),
    }


def table(rows: list[Row]) -> str:
    """Return a Markdown table."""
    lines = [
        "| case | quantity | this package | LAMMPS | exact | difference, σ |",
        "|---|---|---|---|---|---|",
    ]
    last = None
    for row in rows:
        name, unit, _ = QUANTITIES[row.quantity]
        exact = "" if row.exact is None else f"{row.exact:.4g}"
        title = row.case.title if row.case != last else ""
        label = f"{name}, {unit}" if unit else name
        lines.append(
            f"| {title} | {label} | {row.pipeline} | {row.lammps} | {exact} | {row.sigmas:+.1f} |"
        )
        last = row.case
    return "\n".join(lines)


def report(results: Path) -> None:
    """Print the tables, and write ``summary.json``, ``table.md`` and the figures."""
    results.mkdir(parents=True, exist_ok=True)
    rows = collect(results)
    comparisons = zbl.compare(ZBL_REFERENCE)
    deviations = zbl.largest_deviations(comparisons)
    summary: dict[str, Any] = {"zbl": deviations}
    print("ZBL against pair_style zbl, largest relative deviations:")
    for label, found in deviations.items():
        print(f"  {label}: " + ", ".join(f"{k} {v:.2g}" for k, v in found.items()))
    draw_zbl(comparisons, results / "zbl.png")
    if rows:
        summary["averages"] = overall(rows)
        summary["rows"] = [
            {"case": row.case.title, "quantity": row.quantity, "sigmas": row.sigmas} for row in rows
        ]
        written = table(rows)
        print(written)
        print(", ".join(f"{k} {v:.3g}" for k, v in overall(rows).items()))
        (results / "table.md").write_text(written + "\n", encoding="utf-8")
        draw_differences(rows, QUANTITIES, results / "averages.png")
        draw_ordering(rows, results / "ordering.png")
    text = json.dumps(summary, indent=1, ensure_ascii=False)
    (results / "summary.json").write_text(text + "\n", encoding="utf-8")
