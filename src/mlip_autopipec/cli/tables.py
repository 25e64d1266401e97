"""Figures that the commands print."""

from pathlib import Path

from rich.console import Console
from rich.markup import escape

from mlip_autopipec.pipeline.plan import CostEstimate, RunPlan
from mlip_autopipec.pipeline.records import RunSummary
from mlip_autopipec.reporting.report_files import page_path
from mlip_autopipec.reporting.wording import duration

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
