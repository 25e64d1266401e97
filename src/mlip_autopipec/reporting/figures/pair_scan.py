"""The wall of every pair of elements: the model, ZBL, and their sum."""

from typing import TYPE_CHECKING

from mlip_autopipec.calculators.pair_scan import PairCurve, PairScan
from mlip_autopipec.reporting.collisions import ENERGIES_EV, turning_point
from mlip_autopipec.reporting.figures.style import (
    BLUE,
    INK,
    MUTED,
    ORANGE,
    SMALL_PT,
    VERMILLION,
    WIDE_IN,
    label,
    legend_above,
    new_figure,
    panels,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MAX_PAIRS = 15

_HEIGHT_IN = 2.2
_LOWEST_EV, _HIGHEST_EV = -100.0, 1e5
_LINEAR_EV = 10.0  # the axis is linear below, logarithmic above


def pair_scan_figure(scan: PairScan | None) -> "Figure | None":
    """Draw a panel a pair; None where pairs were not scanned."""
    if scan is None or not scan.curves:
        return None
    shown = scan.curves[:MAX_PAIRS]
    n_columns = min(3, len(shown))
    width_in = WIDE_IN if n_columns > 1 else WIDE_IN / 2
    figure = new_figure(width_in, _HEIGHT_IN * -(-len(shown) // n_columns) + 0.25)
    axes = panels(figure, len(shown), n_columns)
    for place, (panel, curve) in enumerate(zip(axes, shown, strict=True)):
        _draw(panel, curve, scan.min_barrier_eV)
        y_label = "energy − far apart (eV)" if place % n_columns == 0 else ""
        label(panel, x="distance (Å)", y=y_label, title=curve.pair)
    legend_above(figure, axes[0], columns=4 if n_columns > 1 else 2)
    return figure


def _draw(panel: "Axes", curve: PairCurve, min_barrier_eV: float) -> None:
    """Draw the curves of one pair, the height that was asked for, and the limit."""
    distances = curve.distances_A
    rest = _rest_energy(curve)
    panel.axvspan(0.0, curve.limit_A, color=MUTED, alpha=0.16, lw=0.0)
    panel.axhline(rest + min_barrier_eV, color=MUTED, lw=0.8, linestyle=(0, (1, 2)))
    panel.plot(distances, curve.energies_mlip_eV, color=BLUE, lw=1.1, label="model")
    panel.plot(distances, curve.energies_zbl_eV, color=ORANGE, lw=1.1, linestyle="--", label="ZBL")
    panel.plot(distances, curve.energies_eV, color=INK, lw=1.6, label="sum, as explored")
    panel.plot(
        [curve.limit_A],
        [rest + curve.barrier_eV],
        marker="o",
        ms=4.5,
        color=VERMILLION,
        linestyle="none",
        label="limit",
    )
    for energies, style in ((curve.energies_mlip_eV, BLUE), (curve.energies_eV, INK)):
        turns = [(turning_point(distances, energies, shot), shot) for shot in ENERGIES_EV]
        shown = [(distance, shot) for distance, shot in turns if distance is not None]
        panel.plot(
            [distance for distance, _ in shown],
            [shot for _, shot in shown],
            marker="|",
            ms=7.0,
            mew=1.6,
            color=style,
            linestyle="none",
        )
    panel.text(
        0.98,
        0.97,
        f"limit {curve.limit_A:.2f} Å\nbarrier {curve.barrier_eV:,.0f} eV",
        transform=panel.transAxes,
        ha="right",
        va="top",
        fontsize=SMALL_PT,
        color=INK if curve.fault is None else VERMILLION,
    )
    panel.set_yscale("symlog", linthresh=_LINEAR_EV, linscale=0.6)
    panel.set_ylim(_LOWEST_EV, _HIGHEST_EV)
    panel.set_yticks([-100, -10, 0, 10, 100, 1e3, 1e4, 1e5])
    panel.set_xlim(0.0, min(distances[-1], 2.2 * curve.rest_distance_A))


def _rest_energy(curve: PairCurve) -> float:
    """Return the energy of the dimer at rest."""
    place = min(
        range(len(curve.distances_A)),
        key=lambda k: abs(curve.distances_A[k] - curve.rest_distance_A),
    )
    return curve.energies_eV[place]
