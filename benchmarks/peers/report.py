"""Table and figure of what was measured."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlip_autopipec.reporting.figures import style

SUMMARY, TABLE, FIGURE = "summary.json", "table.md", "peers.png"


@dataclass(frozen=True)
class Line:
    """The straight line through two sizes: what a run costs, and what each structure adds.

    Of several repeats the fastest counts: what else the machine does only ever adds.

    Attributes:
        fixed_s: Time of a run of no structure, start of the process included, in s.
        each_s: Time that one more structure takes, in s of wall time.
        largest_s: Time of the larger size as a whole, in s.
        n_largest: Its number of structures.
        fixed_cpu_s: As ``fixed_s``, in processor time of all processes.
        each_cpu_s: As ``each_s``, in processor time.
    """

    fixed_s: float
    each_s: float
    largest_s: float
    n_largest: int
    fixed_cpu_s: float
    each_cpu_s: float

    @classmethod
    def through(cls, sizes: tuple[int, int], runs: Sequence[Sequence[dict[str, Any]]]) -> "Line":
        """Draw it through the fastest of two sizes' repeats, and the least processor time."""
        few, many = sizes
        low, high = (min(run["seconds"] for run in each) for each in runs)
        low_cpu, high_cpu = (min(run["cpu_seconds"] for run in each) for each in runs)
        each_s, each_cpu_s = (high - low) / (many - few), (high_cpu - low_cpu) / (many - few)
        return cls(low - few * each_s, each_s, high, many, low_cpu - few * each_cpu_s, each_cpu_s)

    def as_json(self) -> dict[str, float]:
        """Return the figures, rounded as far as they mean something."""
        return {
            "structures_a_minute_without_start": round(60.0 / self.each_s, 1),
            "structures_a_minute_with_start": round(60.0 * self.n_largest / self.largest_s, 1),
            "fixed_s": round(self.fixed_s, 2),
            "seconds_a_structure": round(self.each_s, 4),
            "seconds_of_the_larger_size": round(self.largest_s, 2),
            "fixed_cpu_s": round(self.fixed_cpu_s, 2),
            "cpu_seconds_a_structure": round(self.each_cpu_s, 4),
        }


def line_of(part: dict[str, Any], name: str) -> Line:
    """Return the line of one contestant in a part of two sizes."""
    few, many = (work["n_structures"] for work in part["workloads"])
    return Line.through((few, many), part["timings"][name])


def kill_of(timing: dict[str, Any]) -> dict[str, float]:
    """Return what a kill cost one contestant."""
    undisturbed = timing["seconds"]
    both = timing["seconds_until_kill"] + timing["seconds_after_kill"]
    return {
        "undisturbed_s": round(undisturbed, 1),
        "until_kill_s": round(timing["seconds_until_kill"], 1),
        "after_kill_s": round(timing["seconds_after_kill"], 1),
        "lost_s": round(both - undisturbed, 1),
        "steps_repeated": timing["evaluations_repeated"],
    }


def summary_of(document: dict[str, Any]) -> dict[str, Any]:
    """Return the figures of each part and contestant."""
    parts = document["parts"]
    summary: dict[str, Any] = {
        name: {
            contestant: line_of(part, contestant).as_json()
            for contestant, runs in part["timings"].items()
            if all(runs)
        }
        for name, part in parts.items()
        if name in {"throughput", "tasks", "model"}
    }
    if "kill" in parts:
        timings = parts["kill"]["timings"]
        summary["kill"] = {name: kill_of(timing) for name, timing in timings.items()}
    if "torch-sim" in parts:
        part = parts["torch-sim"]
        n_steps = part["workload"]["n_structures"] * part["workload"]["n_steps"]
        summary["torch-sim"] = {"steps_a_second": round(n_steps / part["timings"]["TorchSim"], 2)}
    return summary


def explored_steps_a_second(part: dict[str, Any], name: str) -> float:
    """Return steps a second of the exploration alone, between the two sizes."""
    small, large = part["timings"][name]
    spans = [
        min(run["ends"]["explore"] - run["ends"]["generate"] for run in runs)
        for runs in (small, large)
    ]
    steps = [work["n_structures"] * work["n_steps"] for work in part["workloads"]]
    return (steps[1] - steps[0]) / (spans[1] - spans[0])


def table_of(document: dict[str, Any], summary: dict[str, Any]) -> str:
    """Return all tables, as Markdown."""
    parts = document["parts"]
    blocks = []
    for name, title in (("throughput", "EMT"), ("model", "SevenNet-0")):
        if name not in summary:
            continue
        few, many = parts[name]["workloads"]
        blocks.append(
            f"**{title}**: {few['n_structures']} and {many['n_structures']} structures of "
            f"{many['n_atoms']} atoms, {many['n_steps']} steps each, "
            f"{many['n_selected']} frames selected, {many['n_workers']} workers\n\n"
            "| | structures a minute | with the start of the process | fixed cost, s "
            "| s a structure | fixed, CPU s | CPU s a structure |\n|---|---|---|---|---|---|---|\n"
            + "\n".join(
                f"| {contestant} | {row['structures_a_minute_without_start']:.1f} "
                f"| {row['structures_a_minute_with_start']:.1f} | {row['fixed_s']:.1f} "
                f"| {row['seconds_a_structure']:.3f} | {row['fixed_cpu_s']:.1f} "
                f"| {row['cpu_seconds_a_structure']:.3f} |"
                for contestant, row in summary[name].items()
            )
        )
    if "tasks" in summary:
        few, many = parts["tasks"]["workloads"]
        blocks.append(
            f"**Structures of next to no work** ({many['n_atoms']} atoms, one step; "
            f"{few['n_structures']} and {many['n_structures']} of them)\n\n"
            "| | ms a structure | CPU ms a structure | fixed cost, s |\n|---|---|---|---|\n"
            + "\n".join(
                f"| {contestant} | {1000.0 * row['seconds_a_structure']:.0f} "
                f"| {1000.0 * row['cpu_seconds_a_structure']:.0f} "
                f"| {row['fixed_s']:.1f} |"
                for contestant, row in summary["tasks"].items()
            )
        )
    if "kill" in summary:
        work = parts["kill"]["workload"]
        blocks.append(
            f"**Killed half-way** ({work['n_structures']} structures of {work['n_steps']} steps; "
            f"{work['n_evaluations']} evaluations are needed)\n\n"
            "| | undisturbed, s | until the kill, s | then, to the end, s | lost, s "
            "| steps done twice |\n|---|---|---|---|---|---|\n"
            + "\n".join(
                f"| {contestant} | {row['undisturbed_s']:.1f} | {row['until_kill_s']:.1f} "
                f"| {row['after_kill_s']:.1f} | {row['lost_s']:.1f} | {row['steps_repeated']} |"
                for contestant, row in summary["kill"].items()
            )
        )
    return "\n\n".join(blocks) + "\n"


def draw(summary: dict[str, Any], path: Path) -> None:
    """Draw the parts that there are, a panel each."""
    names = [name for name in ("throughput", "model", "tasks", "kill") if name in summary]
    if not names:
        return
    figure = style.new_figure(style.WIDE_IN, 2.1 * -(-len(names) // 2))
    for axes, name in zip(style.panels(figure, len(names), 2), names, strict=True):
        rows = summary[name]
        places = list(range(len(rows)))[::-1]
        axes.set_yticks(places, list(rows))
        axes.grid(visible=False, axis="y")
        axes.grid(visible=True, axis="x", color=style.GRID, linewidth=0.6)
        DRAWERS[name](axes, places, list(rows.values()))
    path.write_bytes(style.small_png(figure))


def _draw_rates(axes: Any, places: list[int], rows: list[dict[str, float]], title: str) -> None:  # noqa: ANN401
    without = [row["structures_a_minute_without_start"] for row in rows]
    included = [row["structures_a_minute_with_start"] for row in rows]
    axes.barh([y + 0.2 for y in places], without, 0.36, color=style.BLUE, label="start left out")
    axes.barh([y - 0.2 for y in places], included, 0.36, color=style.SKY, label="start included")
    for y, value, other in zip(places, without, included, strict=True):
        axes.text(value, y + 0.2, f" {value:.0f}", va="center", fontsize=style.SMALL_PT)
        axes.text(other, y - 0.2, f" {other:.0f}", va="center", fontsize=style.SMALL_PT)
    axes.set_xlim(0, 1.45 * max(without))
    style.label(axes, x="structures a minute", title=title)
    _legend_beside_title(axes, 2)


def _legend_beside_title(axes: Any, n_columns: int) -> None:  # noqa: ANN401 - matplotlib's axes
    axes.legend(
        fontsize=style.SMALL_PT,
        frameon=False,
        loc="lower right",
        bbox_to_anchor=(1.02, 0.98),
        ncols=n_columns,
        handlelength=1.0,
        columnspacing=1.0,
    )


def _draw_tasks(axes: Any, places: list[int], rows: list[dict[str, float]]) -> None:  # noqa: ANN401
    values = [1000.0 * row["seconds_a_structure"] for row in rows]
    axes.barh(places, values, 0.5, color=style.BLUE)
    for y, value in zip(places, values, strict=True):
        axes.text(value, y, f" {value:.0f}", va="center", fontsize=style.SMALL_PT)
    axes.set_xlim(0, 1.2 * max(values))
    style.label(axes, x="wall time of a structure of no work (ms)", title="overhead")


def _draw_kill(axes: Any, places: list[int], rows: list[dict[str, float]]) -> None:  # noqa: ANN401
    before = [row["until_kill_s"] for row in rows]
    after = [row["after_kill_s"] for row in rows]
    axes.barh(places, before, 0.5, color=style.SKY, label="until the kill")
    axes.barh(places, after, 0.5, left=before, color=style.BLUE, label="run again")
    undisturbed = [row["undisturbed_s"] for row in rows]
    axes.plot(undisturbed, places, "|", color=style.VERMILLION, ms=12, mew=2, label="undisturbed")
    for y, row in zip(places, rows, strict=True):
        end = row["until_kill_s"] + row["after_kill_s"]
        text = f" {row['steps_repeated']:.0f} steps twice"
        axes.text(end, y, text, va="center", fontsize=style.SMALL_PT)
    ends = [a + b for a, b in zip(before, after, strict=True)]
    axes.set_xlim(0, 2.7 * max(ends))
    style.label(axes, x="wall time (s)", title="killed half-way, run again")
    axes.legend(fontsize=style.SMALL_PT, frameon=False, loc="center right", handlelength=1.0)


DRAWERS = {
    "throughput": lambda *all_: _draw_rates(*all_, title="EMT"),
    "model": lambda *all_: _draw_rates(*all_, title="SevenNet-0"),
    "tasks": _draw_tasks,
    "kill": _draw_kill,
}


def report(results: Path) -> None:
    """Print the tables, and write them, the summary and the figure beside the measurements."""
    document = json.loads((results / "measurements.json").read_text(encoding="utf-8"))
    summary = summary_of(document)
    for name in ("throughput", "model"):
        for contestant, row in summary.get(name, {}).items():
            steps = explored_steps_a_second(document["parts"][name], contestant)
            row["steps_a_second_exploring"] = round(steps, 1)
    text = json.dumps(summary, indent=1) + "\n"
    (results / SUMMARY).write_text(text, encoding="utf-8")
    table = table_of(document, summary)
    (results / TABLE).write_text(table, encoding="utf-8")
    draw(summary, results / FIGURE)
    print(table)
