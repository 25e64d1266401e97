"""What the Prefect UI shows of a run beyond its states: summary, tables, progress."""

import contextvars
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from httpx import HTTPError
from prefect.artifacts import (
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)
from prefect.exceptions import PrefectHTTPStatusError

from mlip_autopipec.orchestration.progress import read_progress
from mlip_autopipec.pipeline.records import RunSummary, StructureRecord
from mlip_autopipec.pipeline.runner import PipelineRunner

logger = logging.getLogger(__name__)

_PROGRESS_INTERVAL_S = 5.0
_MAX_ROWS = 1000  # an artifact stays well below the megabyte beyond which the UI is slow


def publish_structures(records: Sequence[StructureRecord], name: str) -> None:
    """Publish the table of structures.

    Args:
        records: The explorations, in order.
        name: The run's name; part of the artifact's key.
    """
    rows = [_row(record) for record in records[:_MAX_ROWS]]
    description = f"{len(records)} explored structures"
    if len(records) > _MAX_ROWS:
        description += f"; the first {_MAX_ROWS} are shown"
    publish(lambda: create_table_artifact(rows, artifact_key("structures", name), description))


def publish_summary(summary: RunSummary) -> None:
    """Publish the run's figures and failures."""
    key = artifact_key("summary", summary.name)
    publish(
        lambda: create_markdown_artifact(summary_markdown(summary), key, "What the run has left")
    )


def summary_markdown(summary: RunSummary) -> str:
    """Write the run's figures as Markdown."""
    speed = summary.n_steps / summary.wall_time_s if summary.wall_time_s > 0 else 0.0
    rows = [
        ("structures generated", f"{summary.n_generated}"),
        *((f"refused: {reason}", f"{count}") for reason, count in summary.rejections.items()),
        ("explored", f"{summary.n_explored}"),
        ("failed", f"{summary.n_failed}"),
        ("frames", f"{summary.n_frames}"),
        ("touched by ZBL", f"{summary.zbl_fraction:.1%} of the frames"),
        ("selected and stored", f"{summary.n_selected}"),
        ("MD steps", f"{summary.n_steps}"),
        ("steps per second and worker", f"{speed:.3g}"),
        ("run directory", f"`{summary.run_dir}`"),
        ("database", f"`{summary.database}`"),
    ]
    lines = [f"# {summary.name}", "", "| quantity | value |", "|---|---|"]
    lines += [f"| {label} | {value} |" for label, value in rows]
    if summary.failures:
        lines += ["", "## Failed structures", "", "| structure | reason |", "|---|---|"]
        lines += [
            f"| {name} | {table_cell(reason)} |" for name, reason in summary.failures[:_MAX_ROWS]
        ]
    return "\n".join(lines) + "\n"


@contextmanager
def live_progress(runner: PipelineRunner) -> Iterator[Callable[[StructureRecord], None]]:
    """Show the share of the explorations done as a progress artifact, while the block lasts.

    Yields:
        A function that takes each finished exploration.
    """
    total = len(runner.structure_ids())
    finished: list[str] = []
    artifact_id = publish(
        lambda: create_progress_artifact(
            0.0, artifact_key("progress", runner.config.name), "Explorations done, in percent"
        )
    )
    stop = threading.Event()

    def show() -> None:
        if artifact_id is not None and total:
            running = sum(item.step / item.n_steps for item in read_progress(runner.run_dir))
            share = min(1.0, (len(finished) + running) / total)
            publish(lambda: update_progress_artifact(artifact_id, round(100 * share, 1)))

    def keep_showing() -> None:
        while not stop.wait(_PROGRESS_INTERVAL_S):
            show()

    thread = threading.Thread(
        target=contextvars.copy_context().run, args=(keep_showing,), daemon=True, name="progress"
    )
    thread.start()
    try:
        yield lambda record: finished.append(record.structure_id)
    finally:
        stop.set()
        thread.join()
        show()


def artifact_key(kind: str, name: str) -> str:
    """Return an artifact's key: lower case, digits and dashes.

    Example:
        >>> artifact_key("summary", "Cu_Au.1")
        'summary-cu-au-1'
    """
    lower = name.lower()
    plain = "".join(char if char.isascii() and char.isalnum() else "-" for char in lower)
    return f"{kind}-{plain}"


def publish(create: Callable[[], Any]) -> Any:  # noqa: ANN401 - the artifact's identifier
    """Create an artifact; a server that does not answer costs the artifact and not the run."""
    try:
        return create()
    except (HTTPError, PrefectHTTPStatusError) as error:
        logger.warning("an artifact could not be published: %s", error)
        return None


def _row(record: StructureRecord) -> dict[str, Any]:
    """Return one line of the table of structures."""
    exploration = record.exploration
    moves = exploration.get("moves")
    attempted, accepted = 0, 0
    if isinstance(moves, dict):
        attempted, accepted = int(str(moves["attempted"])), int(str(moves["accepted"]))
    return {
        "structure": record.structure_id,
        "status": record.status,
        "ensemble": exploration.get("ensemble", ""),
        "why": exploration.get("ensemble_reason", ""),
        "frames": record.n_frames,
        "steps": exploration.get("n_steps", 0),
        "steps/s": round(record.figure("steps_per_s"), 2),
        "swaps accepted": f"{accepted}/{attempted}",
        "recoveries": exploration.get("recoveries", 0),
        "ZBL share": round(record.figure("zbl_fraction"), 4),
        "reason": record.reason,
    }


def table_cell(text: str) -> str:
    """Return text that stays inside a cell of a Markdown table."""
    return " ".join(text.split()).replace("|", "\\|")
