"""A run in figures, read from the records that its stages left."""

from collections.abc import Mapping

from pydantic import JsonValue

from mlip_autopipec.pipeline.context import RunContext
from mlip_autopipec.pipeline.records import (
    RunSummary,
    Stage,
    StageRecord,
)


def summarise(run: RunContext) -> RunSummary:
    """Return the figures of a run as far as it has come; stages not done yet count as 0."""
    explored = run.directory.read_record(StageRecord, "explore")
    figures = explored.summary if explored is not None else {}
    failures = figures.get("failures", [])
    rows = failures if isinstance(failures, list) else []
    pairs = tuple((str(row[0]), str(row[1])) for row in rows if isinstance(row, list))
    return RunSummary(
        name=run.config.name,
        run_dir=str(run.directory.path),
        n_generated=_count(run, "generate"),
        n_explored=_number(figures, "n_structures") - len(pairs),
        n_failed=len(pairs),
        n_frames=_count(run, "explore"),
        n_frames_zbl=_number(figures, "n_frames_zbl"),
        n_selected=_count(run, "sample"),
        failures=pairs,
        database=run.config.storage.database,
        wall_time_s=float(str(figures.get("wall_time_s", 0.0))),
        n_steps=_number(figures, "n_steps"),
        rejections=_rejections(run),
    )


def _rejections(run: RunContext) -> dict[str, int]:
    """Return how many candidate structures were refused, by reason."""
    record = run.directory.read_record(StageRecord, "generate")
    counts = {} if record is None else record.summary.get("rejections")
    if not isinstance(counts, dict):
        return {}
    return {reason: _number(counts, reason) for reason in counts}


def _count(run: RunContext, stage: Stage) -> int:
    """Return the number of items that a stage left."""
    record = run.directory.read_record(StageRecord, stage)
    return 0 if record is None else record.file.n_items


def _number(figures: Mapping[str, JsonValue], name: str) -> int:
    """Return a whole number of a summary."""
    value = figures.get(name, 0)
    return value if isinstance(value, int) else 0
