"""Figures that the commands print."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from mlip_autopipec.generators.generation_plan import GenerationPlan
from mlip_autopipec.orchestration.estimate import CostEstimate
from mlip_autopipec.orchestration.inventory import CacheEntry
from mlip_autopipec.pipeline.plan import RunPlan
from mlip_autopipec.pipeline.records import RunSummary
from mlip_autopipec.reporting.report_files import page_path
from mlip_autopipec.reporting.wording import count, duration
from mlip_autopipec.storage.training import ExportReport

_FAILURES_SHOWN = 10
_SPACE_GROUPS_SHOWN = 5

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
    rows: Rows = []
    for part, space_groups in zip(plan.generators, plan.space_groups, strict=True):
        rows += _generator_rows(part, space_groups)
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


def _generator_rows(part: GenerationPlan, space_groups: tuple[str, ...]) -> Rows:
    """Say what one generator would make."""
    size = f"{part.n_structures:,} × {part.formula} ({part.n_atoms} atoms)"
    rows = [(part.label, escape(size)), ("", escape(f"{part.kind}: {part.detail}"))]
    if space_groups:
        shown = ", ".join(space_groups[:_SPACE_GROUPS_SHOWN])
        rest = len(space_groups) - _SPACE_GROUPS_SHOWN
        rows.append(("", f"made from {shown}" + (f", and {rest} more" if rest > 0 else "")))
    if part.rejections:
        rows.append(("", f"refused: {counted(part.rejections)}"))
    return rows


def counted(rejections: Mapping[str, int]) -> str:
    """Write how many candidates were refused and why, the commonest reason first.

    Example:
        >>> counted({"near-duplicate": 1, "atoms too close": 20})
        '20 atoms too close, 1 near-duplicate'
    """
    ranked = sorted(rejections.items(), key=lambda item: -item[1])
    return ", ".join(f"{n:,} {reason}" for reason, n in ranked)


def cost_rows(cost: CostEstimate) -> Rows:
    """Say what a run would cost."""
    workers = count(cost.n_workers, "worker")
    return [
        ("one evaluation", ", ".join(f"{1000 * second:.3g} ms" for second in cost.evaluation_s)),
        ("time", f"{duration(cost.wall_s)} with {workers}"),
        ("  start, end and report", duration(cost.start_s)),
        ("  structures", duration(cost.generate_s)),
        ("  model and pair scan", duration(cost.scan_s)),
        ("  exploration", f"{duration(cost.explore_s)}, {duration(cost.core_s)} on one core"),
        ("  descriptors", duration(cost.describe_s)),
        ("  selection and database", duration(cost.select_s)),
        (
            "memory",
            f"{file_size(cost.memory_bytes)}, of it {file_size(cost.worker_bytes)} a worker",
        ),
        ("disk", file_size(cost.disk_bytes)),
    ]


def summary_rows(summary: RunSummary, ui_url: str | None) -> Rows:
    """Say what a run has done."""
    colour = "red" if summary.n_failed else "default"
    rows = [
        ("structures generated", f"{summary.n_generated:,}"),
        *([("candidates refused", counted(summary.rejections))] if summary.rejections else []),
        ("explored", f"{summary.n_explored:,}"),
        ("failed", f"[{colour}]{summary.n_failed:,}[/]"),
        ("frames", f"{summary.n_frames:,}"),
        ("touched by ZBL", f"{summary.zbl_fraction:.1%} of the frames"),
        ("selected", f"{summary.n_selected:,}"),
        ("run directory", escape(summary.run_dir)),
    ]
    if summary.n_selected:
        rows.append(("database", escape(str(Path(summary.run_dir) / summary.database))))
    page = page_path(summary.run_dir)
    if page.is_file():
        rows.append(("report", escape(str(page))))
    if ui_url is not None:
        rows.append(("in the Prefect UI", escape(ui_url)))
    shown = summary.failures[:_FAILURES_SHOWN]
    rows += [(f"{name} failed", f"[red]{escape(reason)}[/]") for name, reason in shown]
    if len(summary.failures) > len(shown):
        rows.append(("", f"and {len(summary.failures) - len(shown):,} more that failed"))
    return rows


def export_rows(report: ExportReport, folder: Path) -> Rows:
    """Say what was exported, and how to train on it."""
    rows = [
        (name, f"{count(report.n_frames[part], 'frame')} of {trajectories}")
        for part, name in report.files.items()
        for trajectories in [count(report.n_trajectories[part], "trajectory", "trajectories")]
    ]
    energies = ", ".join(f"{element} {energy:.4f}" for element, energy in report.e0_eV.items())
    return [
        *rows,
        ("labels", escape(report.labels)),
        ("E0 in eV, fitted", energies),
        ("folder", escape(str(folder))),
        ("MACE", "mace_run_train --config mace.yaml --stage_two --name NAME, in that folder"),
        ("SevenNet", "sevennet.yaml there is the section data of its input"),
    ]


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
