"""Earlier datasets that a selection continues from."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ase import Atoms
from ase.db.row import AtomsRow

from mlip_autopipec.config.locations import is_url
from mlip_autopipec.errors import SamplingError, StorageError
from mlip_autopipec.files import sha256_file
from mlip_autopipec.pipeline.context import RunContext
from mlip_autopipec.pipeline.records import CollectionRecord
from mlip_autopipec.storage.db_wrapper import AseDBWrapper
from mlip_autopipec.storage.rows import frame_of
from mlip_autopipec.structures.extxyz import read_frames

_FRAMES = {".xyz", ".extxyz"}
_DATABASE = ".db"
_RECORD = "collection"


@dataclass(frozen=True)
class KnownDataset:
    """An earlier dataset.

    Attributes:
        location: Absolute path of a database or of a file of frames, or a database's URL.
        last_row: Number of the last row that counts; None: all do.
    """

    location: str
    last_row: int | None = None

    def digest(self) -> str:
        """Return a SHA-256 of what it holds."""
        if self._is_file_of_frames:
            return sha256_file(Path(self.location))
        keys = sorted(row.unique_id for row in self._rows())
        return hashlib.sha256("\n".join(keys).encode()).hexdigest()

    def frames(self) -> Iterator[Atoms]:
        """Yield its frames."""
        if self._is_file_of_frames:
            return read_frames(Path(self.location))
        return (frame_of(row) for row in self._rows())

    def _rows(self) -> Iterator[AtomsRow]:
        """Yield the rows that count; a collection may not be there yet."""
        database = AseDBWrapper(self.location)
        if not database.exists():
            return iter(())
        return database.rows(None if self.last_row is None else f"id<={self.last_row}")

    @property
    def _is_file_of_frames(self) -> bool:
        return not is_url(self.location) and Path(self.location).suffix in _FRAMES


def known_datasets(run: RunContext) -> list[KnownDataset]:
    """Return the earlier datasets of a run.

    Raises:
        SamplingError: One does not exist or cannot be read, or is no database or file of frames.
    """
    collection = run.config.storage.collection
    begun = run.directory.read_record(CollectionRecord, _RECORD)
    datasets = []
    for place, name in enumerate(run.config.sampling.known):
        location = _location(place, name, may_be_new=name == collection)
        grows = begun is not None and begun.location == name == collection
        datasets.append(KnownDataset(location, begun.last_row if begun and grows else None))
    return datasets


def remember_collection(run: RunContext) -> None:
    """Note how far a collection goes that the run both continues from and adds to.

    Run again, it chooses among the same, whatever it and others have added meanwhile.
    """
    collection = run.config.storage.collection
    if collection is None or collection not in run.config.sampling.known:
        return
    begun = run.directory.read_record(CollectionRecord, _RECORD)
    if begun is None or begun.location != collection:
        last_row = collection_database(collection).last_row()
        record = CollectionRecord(location=collection, last_row=last_row)
        run.directory.write_record(record, _RECORD)


def collection_database(location: str) -> AseDBWrapper:
    """Return a collection; a path may begin with ``~``."""
    return AseDBWrapper(location if is_url(location) else Path(location).expanduser())


def _location(place: int, name: str, *, may_be_new: bool) -> str:
    """Return where a dataset is, having looked."""
    if is_url(name):
        try:
            found = AseDBWrapper(name).exists()
        except StorageError as error:
            message = f"sampling.known[{place}]: {error}"
            raise SamplingError(message) from error
        if not (found or may_be_new):
            message = f"sampling.known[{place}]: {name} holds no frames"
            raise SamplingError(message)
        return name
    path = Path(name).expanduser().absolute()
    if may_be_new and not path.exists():
        return str(path)
    if not path.is_file() or path.suffix not in {_DATABASE, *_FRAMES}:
        message = f"sampling.known[{place}]: {path} is not an existing .db or .xyz file"
        raise SamplingError(message)
    return str(path)
