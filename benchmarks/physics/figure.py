"""The figures: differences with their errors, ordering against temperature, ZBL's walls."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from benchmarks.physics.zbl import PAIRS_DRAWN, Comparison
from mlip_autopipec.calculators.zbl import ZBLCalculator

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes

    from benchmarks.physics.report import Row
    from benchmarks.physics.settings import Case

# Okabe and Ito's colours, which the colour-blind tell apart
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")
GREY = "#777777"
DPI = 130
LARGEST_SIGMAS = 5.0


def draw_differences(
    rows: list[Row], quantities: dict[str, tuple[str, str, float]], path: Path
) -> None:
    """Draw this package minus LAMMPS in standard errors; a panel a quantity."""
    cases = list(dict.fromkeys(row.case for row in rows))
    shown = {name: each for name, each in quantities.items() if _has(rows, name)}
    height = 1.6 + 0.28 * len(cases)
    figure = Figure(figsize=(1.3 * len(shown) + 2.0, height), layout="constrained")
    panels = np.atleast_1d(figure.subplots(1, len(shown), sharey=True))
    for axes, (name, (title, _, _)) in zip(panels, shown.items(), strict=True):
        chosen = [row for row in rows if row.quantity == name]
        axes.axvspan(-2.0, 2.0, color="#EEEEEE", zorder=0)
        axes.axvline(0.0, color=GREY, linewidth=1.0)
        axes.errorbar(
            [row.sigmas for row in chosen],
            [cases.index(row.case) for row in chosen],
            xerr=1.0,
            fmt="o",
            color=COLOURS[0],
            markersize=4,
            capsize=2,
        )
        _mark_exact(axes, chosen, cases)
        axes.set_title(title, fontsize=8)
        axes.set_xlim(-LARGEST_SIGMAS, LARGEST_SIGMAS)
        axes.set_xticks((-4, -2, 0, 2, 4))
        axes.tick_params(labelsize=7)
    panels[0].set_yticks(range(len(cases)), [case.title for case in cases], fontsize=8)
    panels[0].invert_yaxis()
    figure.supxlabel(
        "this package minus LAMMPS, in standard errors of the difference (grey: two of them); "
        "crosses: the exact value",
        fontsize=9,
    )
    figure.savefig(path, dpi=DPI)


def _has(rows: list[Row], quantity: str) -> bool:
    """Say whether any case has a quantity."""
    return any(row.quantity == quantity for row in rows)


def _exact_sigmas(row: Row, exact: float) -> float:
    """Return the exact value minus LAMMPS's, in standard errors of the sides' difference."""
    error = float(np.hypot(row.pipeline.error, row.lammps.error))
    return (exact - row.lammps.value) / error if error else 0.0


def _mark_exact(axes: Axes, rows: list[Row], cases: list[Case]) -> None:
    """Mark where the exact value lies, as far as there is one."""
    known = [(row, row.exact) for row in rows if row.exact is not None]
    axes.plot(
        [_exact_sigmas(row, exact) for row, exact in known],
        [cases.index(row.case) for row, _ in known],
        "x",
        color=COLOURS[1],
        markersize=5,
    )


def draw_ordering(rows: list[Row], path: Path) -> None:
    """Draw energy and order of the binary crystal against temperature, from both starts."""
    figure = Figure(figsize=(9.0, 3.8), layout="constrained")
    panels = figure.subplots(1, 2)
    labels = {"order": "Warren-Cowley $\\alpha_1$", "energy_eV": "potential energy (meV an atom)"}
    for axes, (name, label) in zip(panels, labels.items(), strict=True):
        chosen = [row for row in rows if row.case.swaps and row.quantity == name]
        for place, (side, start) in enumerate(
            (side, start) for side in ("pipeline", "lammps") for start in (False, True)
        ):
            some = [row for row in chosen if row.case.ordered is start]
            estimates = [getattr(row, side) for row in some]
            axes.errorbar(
                [row.case.temperature_K + 0.8 * (place - 1.5) for row in some],
                [each.value for each in estimates],
                yerr=[each.error for each in estimates],
                fmt="os"[side == "lammps"],
                color=COLOURS[side == "lammps"],
                markerfacecolor="none" if start else None,
                markersize=5,
                capsize=3,
                label=f"{'LAMMPS' if side == 'lammps' else 'this package'}, "
                f"from {'L1$_0$' if start else 'random'}",
            )
        axes.set_xlabel("temperature (K), points side by side")
        axes.set_ylabel(label)
    panels[0].legend(fontsize=8, frameon=False)
    figure.savefig(path, dpi=DPI)


def draw_zbl(comparisons: list[Comparison], path: Path) -> None:
    """Draw walls as lines with LAMMPS's points on them, and all relative deviations."""
    figure = Figure(figsize=(9.0, 3.8), layout="constrained")
    walls, deviations = figure.subplots(1, 2)
    zbl = ZBLCalculator()
    for colour, pair in zip(COLOURS, PAIRS_DRAWN, strict=True):
        points = [row for row in comparisons if row.pair == pair and row.lammps_energy_eV > 0.0]
        _, outer_A = zbl.radii(*pair.split("-"))
        nearest_A = min(row.distance_A or 0.0 for row in points)
        distances = outer_A - np.geomspace(1e-3 * outer_A, outer_A - nearest_A, 200)
        walls.plot(distances, [_dimer_eV(zbl, pair, r) for r in distances], color=colour)
        walls.plot(
            [row.distance_A for row in points],
            [row.lammps_energy_eV for row in points],
            "o",
            color=colour,
            markersize=4,
            label=pair,
        )
    walls.set_yscale("log")
    walls.set_ylim(bottom=1e-7)
    walls.set_xlabel("distance (Å)")
    walls.set_ylabel("energy (eV): lines here, points LAMMPS")
    walls.legend(fontsize=8, frameon=False)
    for colour, (name, attribute) in zip(
        COLOURS,
        (
            ("energy", "energy_deviation"),
            ("forces", "force_deviation"),
            ("stress", "stress_deviation"),
        ),
        strict=False,
    ):
        values = [getattr(row, attribute) for row in comparisons]
        found = np.sort([value for value in values if value])
        deviations.plot(found, np.arange(1, len(found) + 1), ".-", color=colour, label=name)
    deviations.set_xscale("log")
    deviations.set_xlabel("relative deviation")
    deviations.set_ylabel("structures up to it (number)")
    deviations.legend(fontsize=8, frameon=False)
    figure.savefig(path, dpi=DPI)


def _dimer_eV(zbl: ZBLCalculator, pair: str, distance_A: float) -> float:  # noqa: N802 - the unit
    """Return the energy of two atoms."""
    from ase import Atoms  # noqa: PLC0415

    atoms = Atoms(pair.split("-"), positions=[[0.0, 0.0, 0.0], [0.0, 0.0, distance_A]])
    return zbl.sums(atoms).energy_eV
