"""The fourth stage: the selected frames and their provenance in an ASE database."""

from datetime import UTC, datetime

from mlip_autopipec.files import replacing
from mlip_autopipec.pipeline.context import RunContext, Summary
from mlip_autopipec.pipeline.records import FileRecord, StageRecord
from mlip_autopipec.storage.db_wrapper import AseDBWrapper
from mlip_autopipec.storage.provenance import dataset_metadata
from mlip_autopipec.structures.extxyz import read_frames


def store(run: RunContext, sampled: StageRecord) -> tuple[FileRecord, Summary]:
    """Write the database anew beside the old one, and put it in its place when it is whole.

    Its rows bear the time at which the frames were selected: made again from the same selection, it
    is the same to the last byte.
    """
    path = run.directory.database(run.config.storage.database)
    selection = run.directory.path / sampled.file.path
    created = datetime.fromtimestamp(selection.stat().st_mtime, UTC)
    with replacing(path) as temporary:
        temporary.unlink()
        with AseDBWrapper(temporary) as database:
            count = database.add_frames(read_frames(selection), model=run.model, created=created)
            database.metadata = dataset_metadata(run.config, run.model)
    return run.directory.file_record(path, count), {}
