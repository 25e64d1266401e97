"""The figures: error against labels, and error by test set."""

from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.data_efficiency.pools import POOLS
from benchmarks.data_efficiency.selection import STRATEGIES
from benchmarks.data_efficiency.summary import OVERALL, REFERENCE, Curve, Key
from benchmarks.data_efficiency.systems import System

# Okabe and Ito's colours, which the colour-blind tell apart; markers differ as well.
STYLES = {
    "random": ("#000000", "o"),
    "fps": ("#0072B2", "s"),
    "fps-plain": ("#56B4E9", "^"),
    "fps-environments": ("#009E73", "D"),
    "direct": ("#D55E00", "v"),
    "cur": ("#CC79A7", "P"),
}
POOL_STYLES = {"hybrid": ("#0072B2", "s"), "nvt": ("#000000", "o"), "strained": ("#D55E00", "^")}
FEW, MANY = (1.0, 2.0, 5.0), (1.0, 1.2, 1.4, 1.7, 2.0, 3.0, 5.0, 7.0)
"""Ticks within a decade, for wide and for narrow axes."""

METRIC_TITLES = {
    "force_rmse": "RMSE of force components (meV/Å)",
    "energy_rmse": "RMSE of energies (meV/atom)",
}


def pool_titles(system: System) -> dict[str, str]:
    """Return what figures call the pools of a system."""
    start_K, end_K = system.ramp_K
    dynamics = "MD" if system.monte_carlo is None else "hybrid MD/MC"
    return {
        "hybrid": f"{dynamics}, {start_K:g} to {end_K:g} K, ZBL",
        "nvt": f"NVT, {system.nvt_K:g} K",
        "strained": "strained and rattled",
    }


def draw_curves(system: System, found: dict[Key, Curve], path: Path) -> None:
    """Draw the overall errors against the number of labels, a column a pool."""
    figure = Figure(figsize=(10.5, 6.6), layout="constrained")
    axes = figure.subplots(2, len(POOLS), sharex=True)
    for row, (metric, title) in zip(axes, METRIC_TITLES.items(), strict=True):
        reference = found[(*REFERENCE, OVERALL, metric)].means[-1]
        for place, pool in enumerate(POOLS):
            _draw_pool(row[place], found, pool, metric)
            row[place].axhline(reference, color="#777777", linestyle=":", linewidth=1.2)
        row[0].set_ylabel(f"{title},\ngeometric mean of {len(system.tests)} test sets", fontsize=9)
    titles = pool_titles(system)
    for place, pool in enumerate(POOLS):
        axes[0][place].set_title(titles[pool], fontsize=10)
        axes[-1][place].set_xlabel("labelled structures (number)")
    handles, labels = axes[0][0].get_legend_handles_labels()
    handles.append(mpl.lines.Line2D([], [], color="#777777", linestyle=":"))
    labels.append("NVT, random, most labels")
    figure.legend(handles, labels, loc="outside lower center", ncols=7, fontsize=9, frameon=False)
    figure.savefig(path, dpi=130)


def _draw_pool(axes: Axes, found: dict[Key, Curve], pool: str, metric: str) -> None:
    """Draw one curve a strategy, with the spread over seeds."""
    for place, strategy in enumerate(STRATEGIES):
        curve = found.get((pool, strategy, OVERALL, metric))
        if curve is None:
            continue
        colour, marker = STYLES[strategy]
        shift = 1.0 + 0.012 * (place - 0.5 * (len(STRATEGIES) - 1))  # bars beside each other
        axes.errorbar(
            [n * shift for n in curve.sizes],
            curve.means,
            yerr=curve.spreads,
            color=colour,
            marker=marker,
            markersize=5,
            linewidth=1.3,
            elinewidth=0.8,
            capsize=2,
            label=strategy,
        )
    axes.set_xscale("log")
    axes.set_yscale("log")
    sizes = found[(*REFERENCE, OVERALL, metric)].sizes
    axes.set_xticks(sizes, [str(n) for n in sizes])
    axes.minorticks_off()
    low, high = axes.get_ylim()
    axes.yaxis.set_major_locator(mpl.ticker.LogLocator(subs=FEW if high > 8.0 * low else MANY))
    axes.yaxis.set_major_formatter(mpl.ticker.StrMethodFormatter("{x:g}"))
    axes.grid(visible=True, which="both", color="#DDDDDD", linewidth=0.6)


def draw_sets(system: System, found: dict[Key, Curve], path: Path, size: int) -> None:
    """Draw the errors on each test set at one number of labels."""
    figure = Figure(figsize=(10.5, 6.6), layout="constrained")
    for axes, (metric, title) in zip(figure.subplots(2, 1), METRIC_TITLES.items(), strict=True):
        _draw_sets(system, axes, found, metric, size)
        axes.set_ylabel(title, fontsize=9)
        axes.set_yscale("log")
        axes.grid(visible=True, which="both", axis="y", color="#DDDDDD", linewidth=0.6)
        axes.set_xticks(range(len(system.tests)), [system.titles[name] for name in system.tests])
    figure.suptitle(f"{size} labelled structures; bars: standard deviation over seeds", fontsize=10)
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, fontsize=9, frameon=False)
    figure.savefig(path, dpi=130)


def _draw_sets(system: System, axes: Axes, found: dict[Key, Curve], metric: str, size: int) -> None:
    """Draw a point for every test set, pool and the two strategies that matter most."""
    titles = pool_titles(system)
    combinations = [(pool, strategy) for pool in POOLS for strategy in ("random", "fps")]
    for place, (pool, strategy) in enumerate(combinations):
        colour, marker = POOL_STYLES[pool]
        if size not in sizes_of(found, pool, strategy):
            continue
        chosen = [found[(pool, strategy, name, metric)] for name in system.tests]
        at = [curve.sizes.index(size) for curve in chosen]
        axes.errorbar(
            [number + 0.11 * (place - 2.5) for number in range(len(system.tests))],
            [curve.means[i] for curve, i in zip(chosen, at, strict=True)],
            yerr=[curve.spreads[i] for curve, i in zip(chosen, at, strict=True)],
            color=colour,
            marker=marker,
            markerfacecolor="none" if strategy == "random" else colour,
            linestyle="none",
            capsize=2,
            elinewidth=0.8,
            label=f"{titles[pool]}; {strategy}",
        )


def sizes_of(found: dict[Key, Curve], pool: str, strategy: str) -> tuple[int, ...]:
    """Return the numbers of labels that there are potentials of."""
    curve = found.get((pool, strategy, OVERALL, "force_rmse"))
    return () if curve is None else curve.sizes
