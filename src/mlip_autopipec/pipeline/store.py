"""The fourth stage: the selected frames and their provenance in an ASE database."""

from datetime import UTC, datetime
from pathlib import Path

from mlip_autopipec.errors import StorageError
from mlip_autopipec.files import replacing
from mlip_autopipec.pipeline.context import RunContext, Summary
from mlip_autopipec.pipeline.known import check_place, collection_database
from mlip_autopipec.pipeline.records import FileRecord, StageRecord
from mlip_autopipec.storage.db_wrapper import AseDBWrapper
from mlip_autopipec.storage.provenance import dataset_metadata
from mlip_autopipec.structures.extxyz import read_frames


def store(run: RunContext, sampled: StageRecord) -> tuple[FileRecord, Summary]:
    """Write the database anew beside the old one, and put it in its place when it is whole.

    Made again from the same selection, it bears the time of the first and is the same to the last
    byte.
    """
    path = run.directory.database(run.config.storage.database)
    selection = run.directory.path / sampled.file.path
    created = _created(run, sampled)
    with replacing(path) as temporary:
        temporary.unlink()
        with AseDBWrapper(temporary) as database:
            count = database.add_frames(read_frames(selection), model=run.model, created=created)
            database.metadata = dataset_metadata(run.config, run.model)
    summary: Summary = {"selection": sampled.file.sha256, "created": created.isoformat()}
    if run.config.storage.collection is not None:
        summary["n_collected"] = _collect(run, selection, created)
    return run.directory.file_record(path, count), summary


def check_collection(run: RunContext) -> None:
    """Refuse a collection that cannot be written to, or is another than when the run began.

    Raises:
        StorageError: It cannot, or it is.
    """
    check_place(run)
    if run.config.storage.collection is not None:
        try:
            collection_database(run.config.storage.collection).check()
        except StorageError as error:
            message = f"storage.collection: {error}"
            raise StorageError(message) from error


def _collect(run: RunContext, selection: Path, created: datetime) -> int:
    """Add the selected frames to the database of many runs; return how many it did not have."""
    collection = collection_database(str(run.config.storage.collection))
    count = collection.add_frames(read_frames(selection), model=run.model, created=created)
    key, own = run.config.name, dataset_metadata(run.config, run.model)
    collection.update_metadata(lambda known: {**known, "runs": {**known.get("runs", {}), key: own}})
    return count


def _created(run: RunContext, sampled: StageRecord) -> datetime:
    """Return the time at which a selection was first stored; now, if it never was."""
    known = run.directory.read_record(StageRecord, "store")
    if known is None or known.summary.get("selection") != sampled.file.sha256:
        return datetime.now(UTC)
    return datetime.fromisoformat(str(known.summary["created"]))
