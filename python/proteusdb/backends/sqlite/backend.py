"""Opening, closing and caring for an SQLite store.

::

    SqliteBackend("proteus.db")      write-ahead log; readers go on while one writer writes, in any number of processes

Invariants: a file of another program is neither changed nor opened; what a commit acknowledged survives a crash of the
process, and with `durability="full"` a loss of power.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from ...errors import ConnectionError, ProteusError, StorageError
from ..base import Capabilities
from ..shared.histories import HistoryEngine
from ..shared.opening import begin, check_opened, check_written
from ..shared.recompress import recompress
from .connections import Connections, translated
from .schema import APPLICATION_ID, FILL_GRAMS, GRAMS, SCHEMA
from .tables import DIALECT, WITH_GRAMS
from .writes import SqliteTables

__all__ = ["SqliteBackend"]

_HEAD = b"SQLite format 3\0"
_OLDEST = (3, 38, 0)
"""STRICT tables, NULLS LAST, DROP COLUMN and JSON that is built in."""


class SqliteBackend(HistoryEngine):
    """Predictions in one SQLite file.

    Parameters
    ----------
    path : str
        The file; made absolute, so that a change of the working directory changes nothing.
    read_only, durability, mode, timeout, max_connections
        As in `DatabaseManager`.
    any_schema : bool
        Whether a store of an older schema is opened as it is.

    Raises
    ------
    ConnectionError
        The file cannot be opened or is none of ours; the message says what it is and what to do.
    """

    def __init__(
        self,
        path: str,
        *,
        read_only: bool,
        durability: str,
        mode: int,
        timeout: float,
        max_connections: int,
        any_schema: bool = False,
    ) -> None:
        if sqlite3.sqlite_version_info < _OLDEST:
            wanted = ".".join(map(str, _OLDEST))
            raise ConnectionError(
                f"this Python has SQLite {sqlite3.sqlite_version}; the back end needs {wanted} or later"
            )
        self.capabilities = Capabilities(
            name="sqlite",
            durable=True,
            processes=True,
            past=True,
            quota=True,
            schema=True,
            histories=True,
            schemas=True,
        )
        self.path = os.path.realpath(path)
        self.url = "sqlite://" + Path(self.path).as_uri().removeprefix("file://")
        self._read_only = read_only
        self._full = durability != "relaxed"
        self._timeout = timeout
        fresh = _look(self.path, read_only)
        if fresh and not read_only:
            os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, mode))
        self._connections = Connections(self._connect, self.path, max_connections)
        self._begin(any_schema)

    # --- opening ------------------------------------------------------------------------------------------------------

    def _connect(self) -> sqlite3.Connection:
        access = "ro" if self._read_only else "rw"
        try:
            connection = sqlite3.connect(
                f"file:{quote(self.path)}?mode={access}",
                uri=True,
                timeout=min(self._timeout, 1e6),
                isolation_level=None,
                check_same_thread=False,
                cached_statements=256,
            )
            connection.execute("PRAGMA trusted_schema = OFF")
            if not self._read_only:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute(f"PRAGMA synchronous = {'FULL' if self._full else 'NORMAL'}")
            connection.execute("PRAGMA temp_store = MEMORY")
            connection.execute("PRAGMA cache_size = -65536")
        except sqlite3.Error as error:
            raise translated(error, self.path) from error
        return connection

    def _begin(self, any_schema: bool) -> None:
        """Makes the tables of an empty file, whoever of several processes comes first."""
        with self._connections.use(self._timeout) as connection:
            if self._version(connection) is None:
                if self._read_only:
                    raise ConnectionError(f"cannot open {self.path}: there is no store; open it without read_only=True")
                connection.execute("BEGIN IMMEDIATE")
                if self._version(connection) is None:
                    for statement in SCHEMA:
                        connection.execute(statement)
                    begin(SqliteTables(connection, DIALECT))
                    # Without FTS5 there is no such index, and all the rest.
                    with suppress(sqlite3.OperationalError):
                        connection.execute(GRAMS)
                connection.execute("COMMIT")
            self._dialect = WITH_GRAMS if self._has_grams(connection) else DIALECT
            tables = SqliteTables(connection, self._dialect)
            check_opened(tables, self.path, read_only=self._read_only, any_schema=any_schema)

    @staticmethod
    def _version(connection: sqlite3.Connection) -> int | None:
        if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
            return None
        return int(connection.execute("PRAGMA user_version").fetchone()[0])

    @staticmethod
    def _has_grams(connection: sqlite3.Connection) -> bool:
        try:
            connection.execute("SELECT rowid FROM grams LIMIT 0")
        except sqlite3.OperationalError:
            return False
        return True

    # --- transactions -------------------------------------------------------------------------------------------------

    @contextmanager
    def reading(self, timeout: float | None = None) -> Iterator[SqliteTables]:
        """See `Engine.reading`."""
        with self._connections.use(timeout) as connection:
            connection.execute("BEGIN")
            yield SqliteTables(connection, self._dialect)
            connection.execute("COMMIT")

    @contextmanager
    def asking(self, timeout: float | None = None) -> Iterator[SqliteTables]:
        """See `Engine.asking`: one statement sees one state by itself."""
        with self._connections.use(timeout) as connection:
            yield SqliteTables(connection, self._dialect)

    @contextmanager
    def writing(self) -> Iterator[SqliteTables]:
        """See `Engine.writing`."""
        with self.moving() as tables:
            check_written(tables, self.path)
            yield tables

    @contextmanager
    def moving(self) -> Iterator[SqliteTables]:
        """See `HistoryEngine.moving`."""
        if self._read_only:
            raise StorageError(f"{self.path} is open with read_only=True; open it without to write")
        with self._connections.alone(self._timeout), self._connections.use(None) as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield SqliteTables(connection, self._dialect)
            connection.execute("COMMIT")

    def change_token(self) -> int | None:
        """The time of the last commit of any process; declared indexes change no answer."""
        with self.reading() as tables:
            return tables.last_commit()

    def compact(self, compression: str | None) -> None:
        """See `Backend.compact`."""
        if compression is not None:
            recompress(self, compression)
        with self._connections.alone(self._timeout), self._connections.use(None) as connection:
            if self._dialect is WITH_GRAMS:
                connection.execute("BEGIN IMMEDIATE")
                for statement in FILL_GRAMS:
                    connection.execute(statement)
                connection.execute("COMMIT")
            connection.execute("VACUUM")
            connection.execute("ANALYZE")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """See `Backend.close`; what was learnt of the tables meanwhile is kept for the choice of indexes."""
        if not self._read_only and not self._connections.closed:
            with suppress(ProteusError), self._connections.use(1.0) as connection:
                connection.execute("PRAGMA analysis_limit = 400")
                connection.execute("PRAGMA optimize")
        self._connections.close()


def _look(path: str, read_only: bool) -> bool:
    """Whether a store is to be made there; refuses what is none of ours."""
    try:
        with open(path, "rb") as file:
            head = file.read(100)
    except FileNotFoundError:
        if read_only or not os.path.isdir(os.path.dirname(path)):
            what = "there is no such file" if read_only else "its folder does not exist"
            raise ConnectionError(f"cannot open {path}: {what}") from None
        return True
    except IsADirectoryError:
        raise ConnectionError(
            f"cannot open {path}: it is a folder; name a file in it, as in folder/proteus.db"
        ) from None
    except OSError as error:
        raise ConnectionError(f"cannot open {path}: {error.strerror or error}") from None
    if not head:
        return not read_only
    if head[:16] != _HEAD:
        from ...core.detect import engine_of

        other = engine_of(path)
        hint = f'it is a store of the back end "{other}"; open it with that' if other else "it is no SQLite file"
        raise ConnectionError(f"cannot open {path}: {hint}; nothing was changed")
    # The number is written by the transaction that makes the tables, so a file without any is one being made.
    if int.from_bytes(head[68:72], "big") not in (0, APPLICATION_ID):
        raise ConnectionError(f"cannot open {path}: it is an SQLite file of another program; nothing was changed")
    return False
