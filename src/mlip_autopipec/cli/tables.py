"""Figures that the commands print."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from mlip_autopipec.orchestration.inventory import CacheEntry
from mlip_autopipec.pipeline.plan import CostEstimate, RunPlan
from mlip_autopipec.pipeline.records import RunSummary

_FAILURES_SHOWN = 10

Rows = list[tuple[str, str]]


def print_figures(console: Console, title: str, rows: Rows) -> None:
    """Print names and figures in two columns, never folded: paths and addresses stay whole."""
    width = max(len(name) for name, _ in rows)
    console.print(f"[bold]{escape(title)}[/]")
    for name, value in rows:
        text = f"  [dim]{escape(name):<{width}}[/]  {value}"
        console.print(text, soft_wrap=True, highlight=False)


def plan_rows(plan: RunPlan) -> Rows:
    """Say what a run would do."""
    rows = [
        (part.label, escape(f"{part.n_structures} × {part.formula} ({part.n_atoms} atoms)"))
        for part in plan.generators
    ]
    rows += [("", escape(part.detail)) for part in plan.generators if len(plan.generators) == 1]
    workers = "as many as the cluster has" if plan.n_workers is None else str(plan.n_workers)
    return [
        *rows,
        ("structures", f"{plan.n_structures:,}"),
        ("MD steps", f"{plan.n_steps:,}"),
        ("Monte Carlo moves", f"{plan.n_moves:,}"),
        ("frames", f"{plan.n_frames:,}"),
        ("selected", f"{plan.n_selected:,}"),
        ("workers", workers),
    ]


def cost_rows(cost: CostEstimate) -> Rows:
    """Say what a run would cost."""
    rows = [
        ("one evaluation", ", ".join(f"{1000 * second:.3g} ms" for second in cost.evaluation_s)),
        ("on one worker", duration(cost.core_s)),
    ]
    if cost.wall_s is not None:
        rows.append(("on this machine", duration(cost.wall_s)))
    return rows


def summary_rows(summary: RunSummary, ui_url: str | None) -> Rows:
    """Say what a run has done."""
    colour = "red" if summary.n_failed else "default"
    rows = [
        ("structures generated", f"{summary.n_generated:,}"),
        ("explored", f"{summary.n_explored:,}"),
        ("failed", f"[{colour}]{summary.n_failed:,}[/]"),
        ("frames", f"{summary.n_frames:,}"),
        ("touched by ZBL", f"{summary.zbl_fraction:.1%} of the frames"),
        ("selected", f"{summary.n_selected:,}"),
        ("run directory", escape(summary.run_dir)),
    ]
    if summary.n_selected:
        rows.append(("database", escape(str(Path(summary.run_dir) / summary.database))))
    if ui_url is not None:
        rows.append(("in the Prefect UI", escape(ui_url)))
    shown = summary.failures[:_FAILURES_SHOWN]
    rows += [(f"{name} failed", f"[red]{escape(reason)}[/]") for name, reason in shown]
    if len(summary.failures) > len(shown):
        rows.append(("", f"and {len(summary.failures) - len(shown):,} more that failed"))
    return rows


def duration(seconds: float) -> str:
    """Write a time for people: ``48 s``, ``3 min 05 s``, ``2 h 10 min``, ``3.4 d``.

    Example:
        >>> duration(185), duration(48.2), duration(7800)
        ('3 min 05 s', '48 s', '2 h 10 min')
    """
    whole = round(seconds)
    if whole < 60:  # noqa: PLR2004 - seconds of a minute
        return f"{whole} s"
    if whole < 3600:  # noqa: PLR2004 - seconds of an hour
        return f"{whole // 60} min {whole % 60:02d} s"
    if whole < 48 * 3600:
        return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
    return f"{whole / 86400:.1f} d"


def cache_table(entries: Sequence[CacheEntry]) -> Table:
    """Count what is kept, by kind, and what of it is not used."""
    table = Table(box=None, pad_edge=False)
    table.add_column("kept")
    for title in ("number", "size", "not used", "size"):
        table.add_column(title, justify="right")
    kinds = dict.fromkeys(entry.kind for entry in entries)
    for kind in kinds:
        table.add_row(kind, *_counts([entry for entry in entries if entry.kind == kind]))
    table.add_row("all", *_counts(entries), style="bold")
    return table


def _counts(entries: Sequence[CacheEntry]) -> list[str]:
    """Return number and size of entries, and of those that are not used."""
    figures: list[str] = []
    for chosen in (entries, [entry for entry in entries if not entry.used]):
        size = file_size(sum(entry.size_bytes for entry in chosen))
        figures += [f"{len(chosen):,}", size if chosen else ""]
    return figures


def file_size(size_bytes: int) -> str:
    """Write a size for people.

    Example:
        >>> file_size(999), file_size(345_678), file_size(3_456_789_012)
        ('999 B', '346 kB', '3.46 GB')
    """
    size, unit = float(size_bytes), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if size < 1000:  # noqa: PLR2004 - of the next smaller unit
            break
        size, unit = size / 1000, larger
    return f"{size:.3g} {unit}"
