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
    has_begun = begun is not None and begun.location == collection
    datasets = []
    for place, name in enumerate(run.config.sampling.known):
        is_own = collection is not None and _place(name) == _place(collection)
        location = _location(place, name, may_be_new=is_own)
        last_row = begun.last_row if begun is not None and has_begun and is_own else None
        datasets.append(KnownDataset(location, last_row))
    return datasets


def remember_collection(run: RunContext) -> None:
    """Note where a collection is, and how far it goes where the run also continues from it.

    Run again, it chooses among the same, whatever it and others have added meanwhile.
    """
    collection = run.config.storage.collection
    if collection is None:
        return
    begun = run.directory.read_record(CollectionRecord, _RECORD)
    place = _place(collection)
    is_known = place in map(_place, run.config.sampling.known)
    last_row = begun.last_row if begun is not None and begun.location == collection else None
    if is_known and last_row is None:
        last_row = collection_database(collection).last_row()
    record = CollectionRecord(location=collection, last_row=last_row, place=place)
    if record != begun:
        run.directory.write_record(record, _RECORD)


def check_place(run: RunContext) -> None:
    """Refuse a collection that is another one than when the run began, seen from another folder.

    Raises:
        StorageError: It is, and the folder of the first is still there.
    """
    collection = run.config.storage.collection
    begun = run.directory.read_record(CollectionRecord, _RECORD)
    if collection is None or begun is None or begun.place is None or is_url(collection):
        return
    place = _place(collection)
    if begun.location == collection and begun.place != place and Path(begun.place).parent.is_dir():
        message = (
            f"storage.collection: {collection} is {place} from here, and was {begun.place} when "
            "the run began; run from the same folder, or give the whole path"
        )
        raise StorageError(message)


def collection_database(location: str) -> AseDBWrapper:
    """Return a collection; a path may begin with ``~``."""
    return AseDBWrapper(_place(location))


def _place(location: str) -> str:
    """Return the absolute path of a file, without links in it, or a URL."""
    return location if is_url(location) else str(Path(location).expanduser().resolve())


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
    path = Path(_place(name))
    if may_be_new and not path.exists():
        return str(path)
    if not path.is_file() or path.suffix not in {_DATABASE, *_FRAMES}:
        message = f"sampling.known[{place}]: {path} is not an existing .db or .xyz file"
        raise SamplingError(message)
    return str(path)
