"""The ASE database that holds what a run leaves."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from ase import Atoms
from ase.db.core import T2000, YEAR, Database, parse_selection
from ase.db.row import AtomsRow

from mlip_autopipec.errors import StorageError
from mlip_autopipec.storage.backends import backend_of, change, execute
from mlip_autopipec.storage.label_sets import LabelCount, check_label_name, label_key, label_rows
from mlip_autopipec.storage.rows import Model, content_key, frame_of, row_of

PAGE_ROWS = 500  # rows read at a time


class AseDBWrapper:
    """Frames in an ASE database, each stored once.

    Every call that writes is one transaction: when it is killed, or fails, the database is as it
    was before the call. Several processes may write at once; they wait for each other.

    Attributes:
        location: Path of an SQLite file, or URL of a PostgreSQL database
            (``postgresql://user@host/name``; the password belongs in ``~/.pgpass``).

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> from ase.build import bulk
        >>> folder = TemporaryDirectory()
        >>> database = AseDBWrapper(f"{folder.name}/dataset.db")
        >>> database.add_frames([bulk("Cu"), bulk("Au"), bulk("Cu")])
        2
        >>> sum(len(frame) for frame in database.frames("natoms=1,Au"))
        1
        >>> folder.cleanup()
    """

    def __init__(self, location: str | Path) -> None:
        """Name the database; nothing is opened or made.

        Raises:
            StorageError: It is a URL, and the packages for PostgreSQL are missing.
        """
        self.location = str(location)
        self._backend = backend_of(location)

    def __enter__(self) -> Self:
        """Return the database; every call opens and closes its own connection."""
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is left open."""

    def __len__(self) -> int:
        """Return the number of rows."""
        return self.count()

    def add_frames(
        self,
        frames: Iterable[Atoms],
        *,
        model: Model | None = None,
        created: datetime | None = None,
    ) -> int:
        """Store the frames that are not there yet (see `mlip_autopipec.storage.rows`).

        The file is made when there is none.

        Args:
            frames: Consumed once, one frame at a time.
            model: Identity of the model that made the labels, with ``kind``, ``model`` and
                ``sha256``. It marks the rows and is part of their content key.
            created: Time noted in the new rows; now, if None.

        Returns:
            The number of rows that were added.

        Raises:
            StorageError: The database cannot be written, or a frame's results are not labels.
        """
        moment = datetime.now(UTC) if created is None else created
        years = (moment.timestamp() - T2000) / YEAR  # ASE counts years since 2000
        count = 0
        with self._transaction() as database:
            for frame in frames:
                count += _add(database, frame, model, years)
        return count

    def add_labels(self, name: str, frames: Iterable[Atoms], *, source: str) -> LabelCount:
        """Add a second set of labels, such as DFT results, to the rows of the same geometries.

        The rows' own labels stay as they are. A set is asked for with ``frames(label_set=name)``,
        and ``energy_<name>_eV`` can be searched for. Labels that are there already are replaced.

        Args:
            name: Of the set, for instance ``dft``: lower-case letters, digits and underscores.
            frames: With energy and forces, and stress where there is one, as results. Atoms are in
                the order, and positions to 1e-8 Å, as they were stored.
            source: What made the labels (code, functional, settings); noted in the metadata.

        Raises:
            StorageError: The name does not do, a frame has no energy or forces, or there is no
                such database.
        """
        check_label_name(name)
        n_frames = n_rows = n_unmatched = 0
        with self._reading(), self._transaction() as database:
            for frame in frames:
                found = label_rows(database, name, frame)
                n_frames, n_rows = n_frames + 1, n_rows + found
                n_unmatched += found == 0
            sets = database.metadata.get("label_sets", {})
            database.metadata = {**database.metadata, "label_sets": {**sets, name: source}}
        return LabelCount(n_frames, n_rows, n_unmatched)

    def frames(
        self, selection: str | None = None, *, label_set: str | None = None
    ) -> Iterator[Atoms]:
        """Yield frames in the order they were added, with their ``info``, arrays and results.

        Args:
            selection: A query in ASE's language, for instance ``"Au>4,step>=100"``; all if None.
            label_set: Yield the frames that have this set of labels, with it as their results.

        Raises:
            StorageError: There is no such database, or the query is not valid.
        """
        terms = [selection] if selection else []
        if label_set is not None:
            check_label_name(label_set)
            terms.append(label_key(label_set))
        for row in self.rows(",".join(terms)):
            yield frame_of(row, label_set)

    def rows(self, selection: str | None = None) -> Iterator[AtomsRow]:
        """Yield rows in the order they were added; a few hundred are in memory at a time.

        Raises:
            StorageError: As for `frames`.
        """
        with self._reading() as database:
            numbers = _numbers(database, selection)
        for first in range(0, len(numbers), PAGE_ROWS):
            with self._reading() as database:
                page = _rows(database, numbers[first : first + PAGE_ROWS])
            yield from page

    def count(self, selection: str | None = None) -> int:
        """Return the number of rows that fit a query.

        Raises:
            StorageError: As for `frames`.
        """
        with self._reading() as database:
            return int(database.count(selection))

    def last_row(self) -> int:
        """Return the number of the row that was added last; 0 where there is none."""
        if not self.exists():
            return 0
        with self._reading() as database:
            return int(execute(database, "SELECT COALESCE(MAX(id), 0) FROM systems")[0][0])

    def exists(self) -> bool:
        """Say whether there is such a database.

        Raises:
            StorageError: Its server cannot be reached.
        """
        with self._translated():
            return self._backend.exists()

    def check(self) -> None:
        """Refuse a database that cannot be written to, or made; nothing is written.

        Raises:
            StorageError: It cannot be reached, or its folder is missing or read-only.
        """
        with self._translated():
            self._backend.check()

    @property
    def metadata(self) -> dict[str, Any]:
        """What the database says about itself as a whole; JSON-ready."""
        with self._reading() as database:
            return dict(database.metadata)

    @metadata.setter
    def metadata(self, content: Mapping[str, Any]) -> None:
        """Replace it."""
        with self._transaction() as database:
            database.metadata = dict(content)

    def update_metadata(self, change: Callable[[dict[str, Any]], Mapping[str, Any]]) -> None:
        """Replace it by what a function makes of it, while no other process writes."""
        with self._transaction() as database:
            database.metadata = dict(change(dict(database.metadata)))

    @contextmanager
    def _reading(self) -> Iterator[Database]:
        """Open an existing database."""
        with self._translated():
            if not self._backend.exists():
                message = f"{self.location}: there is no such database"
                raise StorageError(message)
            with self._backend.connected() as database:
                yield database

    @contextmanager
    def _transaction(self) -> Iterator[Database]:
        """Open the database for writing; all is kept, or nothing when the block raises."""
        with self._translated(), self._backend.transaction() as database:
            yield database

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Name the database in the errors of its driver and of ASE's query parser."""
        foreign: tuple[type[Exception], ...] = (*self._backend.errors, ValueError)
        try:
            yield
        except foreign as error:
            said = getattr(error, "strerror", None) or " ".join(str(error).split())
            message = f"{self.location}: {said}"
            raise StorageError(message) from error


def _numbers(database: Database, selection: str | None) -> list[int]:
    """Return the numbers of the rows that fit a query, rising.

    ASE can sort and limit, but sorts all the rest for each page, so that pages take a time that
    goes with the square of the number of rows.
    """
    terms, comparisons = parse_selection(selection)
    query, values = database.create_select_statement(terms, comparisons, what="systems.id")
    return sorted(number for (number,) in execute(database, query, values))


def _rows(database: Database, numbers: list[int]) -> list[AtomsRow]:
    """Return rows by their numbers: as a range where that reads little else, else one by one."""
    first, last = numbers[0], numbers[-1]
    if last - first < 2 * len(numbers):
        wanted = set(numbers)
        found = database.select([("id", ">=", first), ("id", "<=", last)])
        return sorted((row for row in found if row.id in wanted), key=lambda row: row.id)
    return [row for number in numbers for row in database.select(number)]


def _add(database: Database, frame: Atoms, model: Model | None, years: float) -> bool:
    """Write a frame unless it is there; say whether it was written."""
    query = "SELECT COUNT(*) FROM systems WHERE unique_id = ?"
    if execute(database, query, [content_key(frame, model)])[0][0]:
        return False
    row, pairs, data = row_of(frame, model)
    row.ctime = years
    row.user = os.getenv("USER")
    number = database.write(row, key_value_pairs=pairs, data=data)
    database.change_count = 0  # ASE would commit at every 5000th change
    change(database, "UPDATE systems SET mtime = ? WHERE id = ?", [years, number])
    return True
