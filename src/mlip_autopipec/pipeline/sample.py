"""The third stage: what is kept of every frame for comparison, and the frames that say the most."""

import json
import math
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from ase import Atoms
from pydantic import JsonValue

from mlip_autopipec.config.plugins import plugin_version
from mlip_autopipec.config.sampling import PLUGIN_GROUP
from mlip_autopipec.descriptors.base import BaseDescriptor
from mlip_autopipec.descriptors.factory import build_descriptor
from mlip_autopipec.errors import SamplingError
from mlip_autopipec.files import write_text
from mlip_autopipec.pipeline.context import RunContext, Summary
from mlip_autopipec.pipeline.known import KnownDataset, known_datasets
from mlip_autopipec.pipeline.records import (
    DescriptorRecord,
    FileRecord,
    StageRecord,
    StructureRecord,
)
from mlip_autopipec.sampling.choice import Choice, choose_frames
from mlip_autopipec.sampling.description import Description
from mlip_autopipec.sampling.gathering import gather
from mlip_autopipec.seeds import child_rng
from mlip_autopipec.structures.extxyz import read_frames, write_frames


def describe_key(run: RunContext, record: StructureRecord) -> str:
    """Return the content key of what is kept of one trajectory."""
    return run.keys.describe(_trajectory(record), run.elements)


def describe_structure(run: RunContext, record: StructureRecord) -> DescriptorRecord:
    """Describe the frames of one trajectory, unless the same is there already.

    Raises:
        SamplingError: The structure has no trajectory, or a frame cannot be described.
    """
    key, name = describe_key(run, record), record.structure_id
    known = run.directory.read_record(DescriptorRecord, "describe", name)
    if known is not None and known.key == key and run.directory.is_intact(known.file):
        return known
    frames = read_frames(run.directory.path / _trajectory(record).path)
    path = run.directory.descriptors(name)
    count = _describe(run, frames, path)
    described = DescriptorRecord(
        structure_id=name, key=key, file=run.directory.file_record(path, count)
    )
    run.directory.write_record(described, "describe", name)
    return described


def sample_key(run: RunContext, explored: StageRecord) -> str:
    """Return the content key of the selection; the version of a plug-in that selects counts.

    Raises:
        SamplingError: A known dataset cannot be read.
    """
    known = [dataset.digest() for dataset in known_datasets(run)]
    version = plugin_version(PLUGIN_GROUP, run.config.sampling.kind)
    return run.keys.sample(explored, known, version)


def sample(
    run: RunContext, explored: StageRecord, described: Sequence[DescriptorRecord]
) -> tuple[FileRecord, Summary]:
    """Write ``sampled_structures.xyz``, and in ``sampling.json`` how its frames were chosen.

    Args:
        run: The run.
        explored: The gathered trajectories.
        described: What is kept of each trajectory, in the order of the gathered file.

    Raises:
        SamplingError: There is no frame to choose from.
    """
    if not described:
        message = "no frame was kept by the exploration, so there is nothing to sample"
        raise SamplingError(message)
    choice = _choose(run, [run.directory.path / record.file.path for record in described])
    chosen = {int(place) for place in choice.indices}
    source = run.directory.path / explored.file.path
    path = run.directory.sampled_structures
    frames = (frame for place, frame in enumerate(read_frames(source)) if place in chosen)
    count = write_frames(path, frames)
    write_text(run.directory.sampling_report, json.dumps(_report(choice), allow_nan=False) + "\n")
    figures = ("n_candidates", "rejected", "quotas", "known", "notes")
    return run.directory.file_record(path, count), {name: choice.report[name] for name in figures}


def _choose(run: RunContext, paths: Sequence[Path]) -> Choice:
    """Choose among the described frames, continuing from the known ones."""
    rng = child_rng(run.config.seed, "sample")
    with tempfile.TemporaryDirectory(prefix=".sampling-", dir=run.directory.path) as folder:
        scratch = Path(folder)
        known = []
        for place, dataset in enumerate(known_datasets(run)):
            known.append(scratch / f"known-{place}.npz")
            _describe(run, _of_same_elements(run, dataset), known[-1])
        return choose_frames(gather(paths, known, scratch), run.config.sampling, rng)


def _of_same_elements(run: RunContext, dataset: KnownDataset) -> Iterator[Atoms]:
    """Yield the frames of an earlier dataset that hold no element foreign to this run."""
    elements = set(run.elements)
    return (frame for frame in dataset.frames() if elements.issuperset(frame.symbols))


def _describe(run: RunContext, frames: Iterator[Atoms], path: Path) -> int:
    """Keep of frames what sampling needs, and return their number."""
    environments = run.config.sampling.compares_environments
    description = Description.of(frames, _descriptor(run), environments=environments)
    description.save(path)
    return len(description.table)


def _descriptor(run: RunContext) -> BaseDescriptor | None:
    """Return what frames are compared by; None where they are not."""
    if run.config.sampling.descriptor is None:
        return None
    run.check_model()
    calculator = run.config.exploration.calculator
    return build_descriptor(run.config.sampling.descriptor, run.elements, calculator=calculator)


def _report(choice: Choice) -> Summary:
    """Return how the frames were chosen, JSON-ready; distances that were not measured are null."""
    distances: JsonValue = None
    if choice.distances is not None:
        distances = [each if math.isfinite(each) else None for each in choice.distances.tolist()]
    return {**choice.report, "indices": choice.indices.tolist(), "distances": distances}


def _trajectory(record: StructureRecord) -> FileRecord:
    """Return the trajectory of a structure that has one."""
    if record.file is None:
        message = f"{record.structure_id} kept no frame, so it cannot be described"
        raise SamplingError(message)
    return record.file
