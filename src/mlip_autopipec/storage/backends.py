"""SQLite and PostgreSQL behind ASE's databases: connections, locks and transactions."""

import errno
import os
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ase.db
from ase.db.core import Database

from mlip_autopipec.config.locations import is_url
from mlip_autopipec.errors import StorageError

WAIT_S = 600  # for another writer to finish
LOCK = 0x4D4C4950  # "MLIP": PostgreSQL's writers of frames wait for each other under this number


class Backend(ABC):
    """How a kind of database is opened and locked.

    Attributes:
        location: Path or URL.
        errors: What its driver raises.
    """

    errors: tuple[type[Exception], ...]

    def __init__(self, location: str) -> None:
        """Name the database; nothing is opened or made."""
        self.location = location

    @abstractmethod
    def exists(self) -> bool:
        """Say whether there is such a database with frames' tables in it."""

    @abstractmethod
    def check(self) -> None:
        """Raise one of `errors` where it could be neither opened for writing nor made."""

    @abstractmethod
    def database(self) -> Database:
        """Return ASE's database, not yet connected."""

    @abstractmethod
    def lock(self, database: Database) -> None:
        """Begin a transaction in which no other process writes."""

    @abstractmethod
    def in_transaction(self, database: Database) -> bool:
        """Say whether the transaction is still open."""

    @abstractmethod
    def rollback(self, database: Database) -> None:
        """Undo the transaction."""

    @contextmanager
    def connected(self) -> Iterator[Database]:
        """Keep one connection while the block lasts; what it does not commit is undone."""
        database = self.database()
        # ASE's own context manager commits half-way at every 5000th change, and has no rollback
        # for PostgreSQL; with a connection set, its methods use that one and leave it open.
        database.connection = database._connect()  # noqa: SLF001 - see above
        database.change_count = 0
        try:
            yield database
        finally:
            self.rollback(database)
            database.connection.close()
            database.connection = None

    @contextmanager
    def transaction(self) -> Iterator[Database]:
        """Write under a lock: everything is kept, or nothing when the block raises."""
        with self.connected() as database:
            self.lock(database)
            with database.managed_connection():
                pass  # makes the tables where there are none, which ASE commits at once
            if not self.in_transaction(database):
                self.lock(database)
            yield database
            database.connection.commit()


class SQLiteBackend(Backend):
    """A file."""

    errors = (sqlite3.Error, OSError)

    def exists(self) -> bool:
        """Say whether there is such a file."""
        return Path(self.location).is_file()

    def check(self) -> None:
        """Look at the file, or at its folder where there is none."""
        path = Path(self.location)
        if path.exists():
            with self.connected() as database:
                database.connection.execute("SELECT COUNT(*) FROM sqlite_master")
        if not path.parent.is_dir():
            raise FileNotFoundError(errno.ENOENT, "its folder does not exist")
        if not os.access(path if path.exists() else path.parent, os.W_OK):
            raise PermissionError(errno.EACCES, "it cannot be written to")

    def database(self) -> Database:
        """Return ASE's database.

        ASE's lock file would stay for ever when its holder is killed; SQLite's own locks do not.
        """
        return ase.db.connect(self.location, type="db", use_lock_file=False)

    def lock(self, database: Database) -> None:
        """Take the write lock of the file."""
        database.connection.execute(f"PRAGMA busy_timeout = {1000 * WAIT_S}")
        database.connection.execute("BEGIN IMMEDIATE")

    def in_transaction(self, database: Database) -> bool:
        """Ask SQLite."""
        return bool(database.connection.in_transaction)

    def rollback(self, database: Database) -> None:
        """Undo the transaction."""
        database.connection.rollback()


class PostgreSQLBackend(Backend):
    """A database of a PostgreSQL server."""

    def __init__(self, location: str) -> None:
        """Name the database.

        Raises:
            StorageError: The packages for PostgreSQL are missing.
        """
        super().__init__(location)
        try:
            import ase_db_backends  # noqa: F401, PLC0415 - optional
            import psycopg2  # noqa: PLC0415 - optional
        except ModuleNotFoundError as error:
            message = (
                f"PostgreSQL needs the package {error.name}: install mlip-autopipe[postgresql]"
            )
            raise StorageError(message) from error
        self.errors = (psycopg2.Error, OSError)

    def exists(self) -> bool:
        """Look for the table of frames."""
        with self.connected() as database:
            query = "SELECT to_regclass('systems')"
            return execute(database, query)[0][0] is not None

    def check(self) -> None:
        """Connect."""
        with self.connected():
            pass

    def database(self) -> Database:
        """Return ASE's database."""
        return ase.db.connect(self.location, type="postgresql")

    def lock(self, database: Database) -> None:
        """Wait for the lock that all writers of frames take; the transaction's end gives it up."""
        cursor = database.connection.cursor()
        cursor.execute(f"SET LOCAL lock_timeout = '{WAIT_S}s'")
        cursor.execute(f"SELECT pg_advisory_xact_lock({LOCK})")

    def in_transaction(self, database: Database) -> bool:
        """Ask the driver (0 is idle)."""
        return bool(database.connection.con.get_transaction_status())

    def rollback(self, database: Database) -> None:
        """Undo the transaction."""
        database.connection.con.rollback()


def backend_of(location: str | Path) -> Backend:
    """Return the backend for a path or a URL.

    Raises:
        StorageError: The packages for PostgreSQL are missing.
    """
    text = str(location)
    return PostgreSQLBackend(text) if is_url(text) else SQLiteBackend(text)


def execute(database: Database, query: str, values: Sequence[Any] = ()) -> list[Any]:
    """Run a query with ``?`` for each value, and return its rows."""
    cursor = database.connection.cursor()
    cursor.execute(query, list(values))
    rows: list[Any] = cursor.fetchall()
    return rows


def change(database: Database, statement: str, values: Sequence[Any]) -> None:
    """Run a statement that returns nothing."""
    database.connection.cursor().execute(statement, list(values))
