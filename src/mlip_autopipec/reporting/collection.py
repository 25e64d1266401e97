"""A report's data, gathered from a run directory: finished, unfinished, or with failures."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from mlip_autopipec.calculators.pair_scan import PairScan
from mlip_autopipec.config.canonical import content_key
from mlip_autopipec.files import sha256_file
from mlip_autopipec.pipeline.records import RunSummary, StageRecord
from mlip_autopipec.pipeline.runner import PipelineRunner
from mlip_autopipec.reporting.asked import asked
from mlip_autopipec.reporting.card import card
from mlip_autopipec.reporting.collisions import shots
from mlip_autopipec.reporting.courses import CourseLog
from mlip_autopipec.reporting.distributions import composition, histograms
from mlip_autopipec.reporting.entries import (
    entries,
    exploration_records,
    structure_names,
    swap_counts,
)
from mlip_autopipec.reporting.models import Course, RunReport
from mlip_autopipec.reporting.selection import (
    FrameOrigins,
    read_sampling,
    selected_frames,
    selection,
)
from mlip_autopipec.reporting.survey import survey
from mlip_autopipec.structures.extxyz import read_frames

VERSION = 2
"""Raised when the same run would give another report."""

MAX_SELECTED = 2000  # selected frames that histograms are made of


def report_key(runner: PipelineRunner) -> str:
    """Return the content key of a run's report: its config, records and what they stand for."""
    directory = runner.directory
    paths = [directory.config, directory.pair_scan, directory.sampling_report]
    paths += sorted((directory.path / "records").rglob("*.json"))
    files = {
        path.relative_to(directory.path).as_posix(): sha256_file(path)
        for path in paths
        if path.is_file()
    }
    return content_key("report", VERSION, str(directory.path), files)


def collect(runner: PipelineRunner) -> RunReport:
    """Return what a report says of a run, as far as it has come.

    Raises:
        FrameFileError: A trajectory that a record stands for cannot be read.
    """
    names = structure_names(runner)
    records = exploration_records(runner, names)
    seen = survey(runner.run_dir, records)
    sampling = read_sampling(runner)
    explored = runner.directory.read_record(StageRecord, "explore")
    origins = FrameOrigins(explored)
    chosen = _selected_courses(runner, sampled=bool(sampling))
    summary = runner.summary()
    scan = _scan(runner.directory.pair_scan)
    finished = runner.directory.read_record(StageRecord, "store") is not None
    return RunReport(
        key=report_key(runner),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        name=runner.config.name,
        run_dir=str(runner.run_dir),
        is_finished=finished,
        verdict=_verdict(summary, len(names), len(records), finished=finished),
        n_generated=len(names),
        n_frames=sum(record.n_frames for record in records),
        n_selected=summary.n_selected,
        n_steps=round(sum(record.figure("n_steps") for record in records)),
        wall_time_s=sum(record.figure("wall_time_s") for record in records),
        asked=asked(runner.config),
        card=card(runner, seen.courses),
        structures=entries(
            runner, names, records, seen.courses, origins.counts(selected_frames(sampling))
        ),
        courses=tuple(seen.courses),
        radial=tuple(seen.radial),
        swaps=swap_counts(records),
        scan=scan,
        shots=shots(scan),
        selection=selection(runner, sampling, seen.courses, origins),
        composition=composition(seen.courses, chosen),
        histograms=histograms(seen.courses, chosen),
    )


def _verdict(summary: RunSummary, n_names: int, n_ended: int, *, finished: bool) -> str:
    """Say how the run stands."""
    if not n_names:
        return "Nothing has been generated yet."
    if n_ended < n_names:
        return f"Unfinished: {n_ended} of {n_names} structures have been explored."
    if summary.n_frames == 0:
        return "No frame was kept, so there is nothing to select."
    failed = f"; {summary.n_failed} of {n_names} structures failed" if summary.n_failed else ""
    if not finished:
        return f"Unfinished: all structures are explored, the dataset is not stored yet{failed}."
    return f"Finished: {summary.n_selected:,} of {summary.n_frames:,} frames are stored{failed}."


def _selected_courses(runner: PipelineRunner, *, sampled: bool) -> Sequence[Course]:
    """Return the figures of the selected frames, by the structure they come from."""
    path = runner.directory.sampled_structures
    record = runner.directory.read_record(StageRecord, "sample")
    if not sampled or record is None or not path.exists():
        return []
    every = max(1, math.ceil(record.file.n_items / MAX_SELECTED))
    logs: dict[str, CourseLog] = {}
    for frame in read_frames(path, every=every):
        name = str(frame.info["structure_id"])
        logs.setdefault(name, CourseLog(name, every)).add(frame)
    return [course for log in logs.values() if (course := log.course()) is not None]


def _scan(path: Path) -> PairScan | None:
    """Return the scanned pairs; None where there are none, or they cannot be read."""
    try:
        scan = PairScan.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValidationError):
        return None
    return scan if scan.curves else None
