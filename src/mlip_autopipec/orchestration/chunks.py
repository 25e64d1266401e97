"""Trajectories that one task describes: enough of them to be worth a task."""

from collections.abc import Iterable, Iterator

from mlip_autopipec.config.canonical import content_key
from mlip_autopipec.pipeline.records import StructureRecord
from mlip_autopipec.pipeline.runner import PipelineRunner

CHUNK_FRAMES = 400
"""Frames described by one task: about a second of SOAP, against 0.1 s for the task itself."""


def describe_chunks(records: Iterable[StructureRecord]) -> Iterator[list[StructureRecord]]:
    """Split trajectories into groups of about `CHUNK_FRAMES` frames, in order."""
    chunk: list[StructureRecord] = []
    for record in records:
        if chunk and sum(other.n_frames for other in chunk) + record.n_frames > CHUNK_FRAMES:
            yield chunk
            chunk = []
        chunk.append(record)
    if chunk:
        yield chunk


def chunk_key(runner: PipelineRunner, chunk: Iterable[StructureRecord]) -> str:
    """Return the content key of what is kept of some trajectories."""
    return content_key([runner.describe_key(record) for record in chunk])
