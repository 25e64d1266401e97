"""What became of each structure, read from the records and logs of a run."""

from collections.abc import Mapping, Sequence
from typing import Any

from ase.symbols import Symbols

from mlip_autopipec.errors import RunDirectoryError
from mlip_autopipec.pipeline.records import StageRecord, StructureRecord
from mlip_autopipec.pipeline.runner import PipelineRunner
from mlip_autopipec.reporting.log_tail import log_tail
from mlip_autopipec.reporting.models import Course, StructureEntry, SwapCount


def structure_names(runner: PipelineRunner) -> list[str]:
    """Return the structures of a run, in order; none while nothing is generated."""
    try:
        return runner.structure_ids()
    except RunDirectoryError:
        return []


def exploration_records(runner: PipelineRunner, names: Sequence[str]) -> list[StructureRecord]:
    """Return the explorations that have ended, well or not.

    A structure whose process was lost left no record: that it failed, and why, is known from the
    stage as a whole, once that has ended.
    """
    lost = _failures(runner.directory.read_record(StageRecord, "explore"))
    records = []
    for name in names:
        record = runner.directory.read_record(StructureRecord, "explore", name)
        if record is None and name in lost:
            record = StructureRecord(structure_id=name, key="", status="failed", reason=lost[name])
        if record is not None:
            records.append(record)
    return records


def entries(
    runner: PipelineRunner,
    names: Sequence[str],
    records: Sequence[StructureRecord],
    courses: Sequence[Course],
    n_selected: Mapping[str, int],
) -> tuple[StructureEntry, ...]:
    """Return what became of each structure, in order.

    Args:
        runner: The run.
        names: Its structures.
        records: The explorations that have ended.
        courses: Thermodynamics of the trajectories.
        n_selected: Number of selected frames by structure.
    """
    by_name = {record.structure_id: record for record in records}
    course_of = {course.structure_id: course for course in courses}
    return tuple(
        _entry(runner, by_name[name], course_of.get(name), n_selected.get(name, 0))
        if name in by_name
        else StructureEntry(structure_id=name, status="pending")
        for name in names
    )


def swap_counts(records: Sequence[StructureRecord]) -> tuple[SwapCount, ...]:
    """Return the Monte Carlo moves of all structures together, by pair of species."""
    totals: dict[str, list[int]] = {}
    for record in records:
        by_pair = record.exploration.get("moves_by_pair")
        for pair, count in (by_pair if isinstance(by_pair, dict) else {}).items():
            attempted, accepted = _moves(count)
            total = totals.setdefault(str(pair), [0, 0])
            total[0] += attempted
            total[1] += accepted
    return tuple(
        SwapCount(pair=pair, attempted=attempted, accepted=accepted)
        for pair, (attempted, accepted) in sorted(totals.items())
    )


def _entry(
    runner: PipelineRunner, record: StructureRecord, course: Course | None, n_selected: int
) -> StructureEntry:
    """Return what became of a structure whose exploration has ended."""
    exploration = record.exploration
    attempted, accepted = _moves(exploration.get("moves"))
    failed = record.status == "failed"
    log = runner.run_dir / "logs" / f"{record.structure_id}.log"
    return StructureEntry(
        structure_id=record.structure_id,
        status=record.status,
        reason=record.reason,
        formula="" if course is None else _formula(course),
        generator="" if course is None else course.generator,
        n_atoms=0 if course is None else course.n_atoms,
        dimensionality=None if course is None else course.dimensionality,
        ensemble=str(exploration.get("ensemble", "")),
        ensemble_reason=str(exploration.get("ensemble_reason", "")),
        n_frames=record.n_frames,
        n_selected=n_selected,
        n_steps=round(record.figure("n_steps")),
        steps_per_s=record.figure("steps_per_s"),
        wall_time_s=record.figure("wall_time_s"),
        attempted=attempted,
        accepted=accepted,
        recoveries=round(record.figure("recoveries")),
        faults=_texts(exploration.get("faults")),
        zbl_fraction=record.figure("zbl_fraction"),
        warnings=_texts(exploration.get("warnings")),
        log_tail=log_tail(log) if failed else (),
    )


def _formula(course: Course) -> str:
    """Return the formula of all atoms of a structure: the reduced one is repeated."""
    reduced = Symbols.fromsymbols(course.formula)
    return str((reduced.formula * (course.n_atoms // len(reduced))).format("hill"))


def _moves(count: object) -> tuple[int, int]:
    """Return moves tried and accepted."""
    content: Mapping[str, Any] = count if isinstance(count, dict) else {}
    return int(content.get("attempted", 0)), int(content.get("accepted", 0))


def _texts(value: object) -> tuple[str, ...]:
    """Return a list of texts."""
    return tuple(str(item) for item in value) if isinstance(value, list | tuple) else ()


def _failures(explored: StageRecord | None) -> dict[str, str]:
    """Return the reason of each structure that failed."""
    rows = [] if explored is None else explored.summary.get("failures", [])
    pairs = rows if isinstance(rows, list) else []
    return {str(row[0]): str(row[1]) for row in pairs if isinstance(row, list)}
