"""The page of the results, as Markdown, and the machine that it names."""

import os
import platform
from collections.abc import Callable, Collection
from importlib.metadata import version
from pathlib import Path

import numpy as np

from benchmarks.data_efficiency.pools import POOLS
from benchmarks.data_efficiency.selection import STRATEGIES
from benchmarks.data_efficiency.settings import Case
from benchmarks.data_efficiency.summary import OVERALL, Curve, Key, needed, told

Names = Collection[str]
"""Of the test sets, in their order."""

PACKAGES = ("ace-jax", "ase", "dscribe", "jax", "numpy", "sevenn", "torch")


def machine() -> str:
    """Describe the machine and the versions in one sentence."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    name = models[0] if models else platform.machine()
    versions = ", ".join(f"{package} {version(package)}" for package in PACKAGES)
    cores = len(os.sched_getaffinity(0))
    return f"{name}, {cores} cores, Python {platform.python_version()}; {versions}."


def told_error(curve: Curve, size: int) -> str:
    """Return an error with its spread, rounded to three digits and to two."""
    if size not in curve.sizes:
        return "not yet"
    place = curve.sizes.index(size)
    mean, spread = float(f"{curve.means[place]:.3g}"), float(f"{curve.spreads[place]:.2g}")
    return f"{mean:g} (one seed)" if np.isnan(spread) else f"{mean:g} ± {spread:g}"


def overall_table(found: dict[Key, Curve], metric: str) -> str:
    """Return the overall error of every pool and strategy, and the labels that it needs."""
    sizes = next(iter(found.values())).sizes
    head = "| pool | strategy | " + " | ".join(f"{n} labels" for n in sizes)
    lines = [f"{head} | labels needed |", "|---|---|" + "---|" * (len(sizes) + 1)]
    for pool in POOLS:
        for strategy in STRATEGIES:
            key = (pool, strategy, OVERALL, metric)
            if key not in found:
                continue
            cells = [told_error(found[key], n) for n in sizes]
            labels = told(needed(found, key), sizes)
            lines.append(f"| {pool} | {strategy} | {' | '.join(cells)} | {labels} |")
    return "\n".join(lines)


def set_table(names: Names, found: dict[Key, Curve], metric: str, size: int) -> str:
    """Return the error on each test set at one number of labels."""
    return _by_set(names, found, metric, lambda key: told_error(found[key], size))


def needed_table(names: Names, found: dict[Key, Curve], metric: str) -> str:
    """Return the labels that each pool and strategy needs on each test set."""
    sizes = next(iter(found.values())).sizes
    return _by_set(names, found, metric, lambda key: told(needed(found, key), sizes))


def _by_set(names: Names, found: dict[Key, Curve], metric: str, cell: Callable[[Key], str]) -> str:
    """Return a table with a row for each pool and strategy, and a column for each test set."""
    lines = [
        "| pool | strategy | " + " | ".join(name.replace("_", " ") for name in names) + " |",
        "|---|---|" + "---|" * len(names),
    ]
    for pool in POOLS:
        for strategy in STRATEGIES:
            if (pool, strategy, OVERALL, metric) not in found:
                continue
            cells = [cell((pool, strategy, name, metric)) for name in names]
            lines.append(f"| {pool} | {strategy} | {' | '.join(cells)} |")
    return "\n".join(lines)


def page(case: Case, found: dict[Key, Curve], findings: str) -> str:
    """Return the page: what was found, then how, then every table."""
    size, names = case.sizes[-2], case.system.tests
    n_seeds = len(case.seeds)
    parts = [findings.strip(), f"## Machine\n\n{machine()}"]
    parts.append(
        f"## Overall errors\n\nMean and standard deviation over {n_seeds} "
        "seeds, where no other number is told."
    )
    for metric, title in (
        ("force_rmse", "Force components, RMSE in meV/Å"),
        ("energy_rmse", "Energies, RMSE in meV an atom"),
    ):
        parts.append(f"### {title}\n\n{overall_table(found, metric)}")
    for metric, title in (
        ("force_rmse", f"Force components, RMSE in meV/Å, {size} labels"),
        ("force_mae", f"Force components, MAE in meV/Å, {size} labels"),
        ("energy_rmse", f"Energies, RMSE in meV an atom, {size} labels"),
        ("energy_mae", f"Energies, MAE in meV an atom, {size} labels"),
    ):
        parts.append(f"## By test set: {title}\n\n{set_table(names, found, metric, size)}")
    parts.append(f"## Labels needed, forces (RMSE)\n\n{needed_table(names, found, 'force_rmse')}")
    parts.append(
        f"## Labels needed, energies (RMSE)\n\n{needed_table(names, found, 'energy_rmse')}"
    )
    return "\n\n".join(parts) + "\n"
