"""What a run directory keeps so that finished work is not done again, and what of it is of no use.

Used is what the run's last config would take up; the rest stems from other configs, from structures
that are no longer generated, or from processes that were killed while they wrote.
"""

import re
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mlip_autopipec.orchestration.chunks import chunk_key, describe_chunks
from mlip_autopipec.orchestration.work import explored, trajectories
from mlip_autopipec.pipeline.records import DescriptorRecord, StageRecord, StructureRecord
from mlip_autopipec.pipeline.runner import PipelineRunner

_TORN = re.compile(r"\..+\.(xyz|json|npz|db|bin)\.[a-z0-9_]{8}")
"""Name of a file that was to replace another when it was whole (`mlip_autopipec.files`)."""


@dataclass(frozen=True)
class CacheEntry:
    """Something that is kept.

    Attributes:
        kind: What it is, in the plural.
        path: A file, or the folder of a checkpoint.
        size_bytes: Its size, of all files together.
        used: The last config would take it up.
    """

    kind: str
    path: Path
    size_bytes: int
    used: bool


def take_inventory(runner: PipelineRunner) -> list[CacheEntry]:
    """Return everything that is kept, by kind.

    Raises:
        RunDirectoryError: The run has not come so far that use can be told from no use.
    """
    keys = {name: runner.explore_key(name) for name in runner.structure_ids()}
    current, superseded, described = _judge(runner, keys)
    results = _result_keys(runner, keys.values())
    run_dir = runner.run_dir
    return [
        *_entries(
            "trajectories",
            run_dir.glob("trajectories/*.xyz"),
            lambda path: path.stem in keys and path.stem not in superseded,
        ),
        *_entries(
            "checkpoints",
            run_dir.glob("trajectories/.*.working"),
            lambda path: path.stem.removeprefix(".") in keys.keys() - current,
        ),
        *_entries(
            "records",
            run_dir.glob("records/explore/*.json"),
            lambda path: path.stem in current,
        ),
        *_entries(
            "descriptors",
            [*run_dir.glob("descriptors/*"), *run_dir.glob("records/describe/*.json")],
            lambda path: path.stem in described,
        ),
        *_entries("task results", run_dir.glob(".results/*"), lambda path: path.name in results),
        *_entries(
            "logs",
            run_dir.glob("logs/*.log"),
            lambda path: path.stem in {*keys, "scan", "describe"},
        ),
        *_entries(
            "torn files",
            (path for path in run_dir.rglob(".*") if _TORN.fullmatch(path.name)),
            lambda _path: False,
        ),
    ]


def prune(runner: PipelineRunner) -> list[CacheEntry]:
    """Remove what is of no use; return what was removed.

    Raises:
        RunDirectoryError: A run goes on in the directory, or use cannot be told from no use.
    """
    with runner.directory.hold():
        unused = [entry for entry in take_inventory(runner) if not entry.used]
        for entry in unused:
            if entry.path.is_dir():
                shutil.rmtree(entry.path)
            else:
                entry.path.unlink(missing_ok=True)
    return unused


def _judge(runner: PipelineRunner, keys: Mapping[str, str]) -> tuple[set[str], set[str], set[str]]:
    """Return the structures whose exploration counts, those of another key, and those described."""
    current: set[str] = set()
    superseded: set[str] = set()
    described: set[str] = set()
    for name, key in keys.items():
        record = runner.directory.read_record(StructureRecord, "explore", name)
        if record is None:
            continue
        (current if record.key == key else superseded).add(name)
        if record.key == key and _is_described(runner, record):
            described.add(name)
    return current, superseded, described


def _entries(kind: str, paths: Iterable[Path], is_used: Callable[[Path], bool]) -> list[CacheEntry]:
    """Return what lies at some paths."""
    return [CacheEntry(kind, path, _size(path), is_used(path)) for path in sorted(paths)]


def _size(path: Path) -> int:
    """Return the size of a file, or of all files of a folder, in bytes."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())


def _is_described(runner: PipelineRunner, record: StructureRecord) -> bool:
    """Say whether what is kept of a trajectory is of the trajectory that is there."""
    if record.file is None:
        return False
    known = runner.directory.read_record(DescriptorRecord, "describe", record.structure_id)
    return known is not None and known.key == runner.describe_key(record)


def _result_keys(runner: PipelineRunner, explore_keys: Iterable[str]) -> set[str]:
    """Return the keys of the task results that the next run would ask for."""
    keys = {runner.generate_key(), runner.scan_key(), *explore_keys}
    stage = runner.directory.read_record(StageRecord, "explore")
    if stage is None or not stage.file.n_items:
        return keys
    records = [explored(runner, name) for name in trajectories(stage)]
    keys |= {chunk_key(runner, chunk) for chunk in describe_chunks(records)}
    keys.add(runner.sample_key(stage))
    sampled = runner.directory.read_record(StageRecord, "sample")
    if sampled is not None:
        keys.add(runner.store_key(sampled))
    return keys
