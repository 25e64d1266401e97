"""The second stage: one trajectory a structure, and all of them in one file."""

from collections.abc import Callable, Sequence

from pydantic import JsonValue

from mlip_autopipec.explorers.ensembles import choose_ensemble
from mlip_autopipec.explorers.md_engine import explore
from mlip_autopipec.explorers.result import Progress
from mlip_autopipec.pipeline.context import RunContext, Summary
from mlip_autopipec.pipeline.records import FileRecord, StructureRecord
from mlip_autopipec.seeds import child_seed
from mlip_autopipec.structures.extxyz import concatenate, read_frame_at

ProgressCallback = Callable[[Progress], None]


def explore_key(run: RunContext, structure_id: str) -> str:
    """Return the content key of one trajectory."""
    index = run.index
    entry = index.entry(structure_id)
    return run.keys.explore(structure_id, entry.key, index.position(structure_id), run.exploration)


def ensemble_name(run: RunContext, structure_id: str) -> str:
    """Return the ensemble that a structure will be explored in, told from structure and config."""
    offset = run.index.entry(structure_id).offset
    atoms = read_frame_at(run.directory.initial_structures, offset)
    return choose_ensemble(atoms, run.config.exploration).name


def explore_structure(
    run: RunContext, structure_id: str, on_progress: ProgressCallback | None = None
) -> StructureRecord:
    """Explore from one structure, unless the same trajectory is there already.

    A failed exploration is a record with a reason, not an exception.
    """
    key = explore_key(run, structure_id)
    known = run.directory.read_record(StructureRecord, "explore", structure_id)
    if known is not None and known.key == key and _is_usable(run, known):
        return known
    offset = run.index.entry(structure_id).offset
    result = explore(
        read_frame_at(run.directory.initial_structures, offset),
        run.exploration,
        seed=child_seed(run.config.seed, "explore", structure_id),
        directory=run.directory.trajectories,
        calculator=run.calculator,
        on_progress=on_progress,
    )
    path = run.directory.trajectories / f"{structure_id}.xyz"
    record = StructureRecord(
        structure_id=structure_id,
        key=key,
        status=result.status,
        reason=result.reason,
        file=run.directory.file_record(path, result.n_frames) if result.n_frames else None,
        exploration=result.model_dump(mode="json"),
    )
    run.directory.write_record(record, "explore", structure_id)
    return record


def lost_structure(run: RunContext, structure_id: str, reason: str) -> StructureRecord:
    """Return the record of a structure whose process died for good; it is tried again next time."""
    key = explore_key(run, structure_id)
    return StructureRecord(structure_id=structure_id, key=key, status="failed", reason=reason)


def gather(run: RunContext, records: Sequence[StructureRecord]) -> tuple[FileRecord, Summary]:
    """Join the trajectories to ``exploration_trajectories.xyz``, in the order given."""
    files = [record.file for record in records if record.file is not None]
    path = run.directory.exploration_trajectories
    concatenate([run.directory.path / file.path for file in files], path)
    failures: list[JsonValue] = [
        [record.structure_id, record.reason] for record in records if record.status == "failed"
    ]
    trajectories: list[JsonValue] = [
        [record.structure_id, record.n_frames] for record in records if record.n_frames
    ]
    summary: Summary = {
        "n_structures": len(records),
        "failures": failures,
        "trajectories": trajectories,
        "wall_time_s": sum(record.figure("wall_time_s") for record in records),
        "n_frames_zbl": round(
            sum(record.figure("zbl_fraction") * record.n_frames for record in records)
        ),
        "n_steps": round(sum(record.figure("n_steps") for record in records)),
    }
    return run.directory.file_record(path, sum(file.n_items for file in files)), summary


def _is_usable(run: RunContext, record: StructureRecord) -> bool:
    """Say whether a recorded exploration can stand for a new one."""
    return record.file is not None and run.directory.is_intact(record.file)
