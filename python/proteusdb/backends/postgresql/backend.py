"""Opening a PostgreSQL store, its transactions, and the care of its tables.

::

    PostgresqlBackend(host="localhost", database="proteus")     readers see one snapshot; one writer writes at a time

Writers stand in line for an advisory lock of the database, so that commit times ascend and nothing has to be tried
again; what they hold it for is the writing itself, since records are validated and encoded before.

Invariants: a database of another program is not touched outside the schema `proteusdb`; a commit that was answered is
the server's to keep, with `durability="relaxed"` a moment later.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.types.string import TextLoader

from ...errors import ConnectionError, StorageError
from ..base import Capabilities
from ..layers.retry import harmless
from ..shared.histories import HistoryEngine
from ..shared.opening import begin, check_opened, check_written
from ..shared.question import Ask
from ..shared.recompress import recompress
from .connections import Connection, Connections, refused, translated
from .schema import INFIX, SCHEMA, SCHEMA_NAME
from .writes import PostgresqlTables

__all__ = ["PostgresqlBackend"]

_LOCK = 0x50726F74
"""`Prot`: the advisory lock of whoever writes, or changes the tables."""
_READ = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_WRITE = "BEGIN ISOLATION LEVEL READ COMMITTED"


class PostgresqlBackend(HistoryEngine):
    """Predictions in one database of a PostgreSQL server.

    Parameters
    ----------
    host, port, username, password, database, read_only, durability, timeout, max_connections
        As in `DatabaseManager`; what is `None` is left to PostgreSQL's own environment variables and files.
    tls : mapping
        Options of libpq: `sslmode`, `sslrootcert`, `sslcert`, `sslkey`.
    any_schema : bool
        Whether a store of an older schema is opened as it is.

    Raises
    ------
    ConnectionError
        The server cannot be reached, refuses, or has tables of another version.
    """

    def __init__(
        self,
        *,
        host: str,
        port: int | None,
        username: str | None,
        password: str | None,
        database: str,
        read_only: bool,
        durability: str,
        timeout: float,
        max_connections: int,
        tls: Mapping[str, str],
        any_schema: bool = False,
    ) -> None:
        self.capabilities = Capabilities(
            name="postgresql",
            durable=True,
            processes=True,
            past=True,
            quota=True,
            schema=True,
            histories=True,
            schemas=True,
        )
        user = f"{username}@" if username else ""
        self.url = f"postgresql://{user}{host}:{port or 5432}/{database}"
        self._read_only = read_only
        self._relaxed = durability == "relaxed"
        self._timeout = timeout
        named = {"host": host, "port": port, "user": username, "password": password, "dbname": database, **tls}
        parameters = {name: value for name, value in named.items() if value is not None}
        parameters |= {"connect_timeout": max(2, math.ceil(timeout)), "application_name": "proteusdb"}
        self._look(parameters)
        self._connections = Connections(
            parameters, self.url, most=max_connections, timeout=timeout, begin=_begin_connection
        )
        try:
            self._begin(any_schema)
        except BaseException:
            self._connections.close()
            raise

    # --- opening ------------------------------------------------------------------------------------------------------

    def _look(self, parameters: Mapping[str, Any]) -> None:
        """Connects once by itself, so that a refusal is told at once and in the server's own words."""
        try:
            Connection.connect(**parameters).close()
        except psycopg.Error as error:
            raise refused(error, self.url) from None

    def _begin(self, any_schema: bool) -> None:
        """Makes the tables of a new database, whoever of several processes comes first."""
        with self._connections.use(self._timeout) as connection:
            if not self._made(connection):
                if self._read_only:
                    raise ConnectionError(f"cannot open {self.url}: it has no store; open it without read_only=True")
                self._make(connection)
            tables = PostgresqlTables(connection)
            check_opened(tables, self.url, read_only=self._read_only, any_schema=any_schema)

    @staticmethod
    def _made(connection: Connection) -> bool:
        # `to_regclass` may remember, from before the wait for the lock, that there is none.
        table = "SELECT 1 FROM pg_catalog.pg_tables WHERE schemaname = %s AND tablename = 'meta'"
        return connection.execute(table, [SCHEMA_NAME]).fetchone() is not None

    def _make(self, connection: Connection) -> None:
        with connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
            if self._made(connection):
                return
            # One that is there is used: making schemas is a right that not everybody has.
            there = connection.execute("SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = %s", [SCHEMA_NAME])
            if there.fetchone() is None:
                connection.execute(f"CREATE SCHEMA {SCHEMA_NAME}")
            for statement in SCHEMA:
                connection.execute(statement)
            begin(PostgresqlTables(connection))
            try:
                with connection.transaction():
                    for statement in INFIX:
                        connection.execute(statement)
            except (psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedFile, psycopg.errors.UndefinedObject):
                # Infix patterns then read every sequence.
                return

    def clock(self) -> int | None:
        """See `Backend.clock`."""
        text = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
        with self._connections.use(self._timeout) as connection:
            told = connection.execute(text).fetchone()
        return None if told is None else int(told[0])

    # --- transactions -------------------------------------------------------------------------------------------------

    @contextmanager
    def reading(self, timeout: float | None = None) -> Iterator[PostgresqlTables]:
        """See `Engine.reading`."""
        seconds = self._timeout if timeout is None else timeout
        with self._connections.use(seconds) as connection:
            connection.execute(f"{_READ}; {_local('statement_timeout', seconds)}")
            yield PostgresqlTables(connection)
            connection.execute("COMMIT")

    @contextmanager
    def writing(self) -> Iterator[PostgresqlTables]:
        """See `Engine.writing`."""
        with self.moving() as tables:
            check_written(tables, self.url)
            yield tables

    @contextmanager
    def moving(self) -> Iterator[PostgresqlTables]:
        """See `HistoryEngine.moving`."""
        if self._read_only:
            raise StorageError(f"{self.url} is open with read_only=True; open it without to write")
        relaxed = "; SET LOCAL synchronous_commit = off" if self._relaxed else ""
        with self._connections.use(None) as connection:
            try:
                connection.execute(f"{_WRITE}; {_local('lock_timeout', self._timeout)}{relaxed}")
                connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
                yield PostgresqlTables(connection)
            except psycopg.Error as error:
                told = translated(error, self.url, connection, self._timeout)
                raise (harmless(told) if connection.closed else told) from error
            # From here on the outcome is unknown where the connection breaks.
            connection.execute("COMMIT")

    def takes(self, ask: Ask) -> bool | None:
        """See `Engine.takes`: no text of PostgreSQL holds NUL, so a question for one is left to the core."""
        return not _holds_nul(ask)

    # --- care ---------------------------------------------------------------------------------------------------------

    def change_token(self) -> int | None:
        """The time of the last commit of any process; declared indexes change no answer."""
        with self.reading() as tables:
            return tables.last_commit()

    def compact(self, compression: str | None) -> None:
        """See `Backend.compact`."""
        if compression is not None:
            recompress(self, compression)
        with self._connections.use(None) as connection:
            for table in ("versions", "chains", "blobs", "models", "analysis"):
                connection.execute(f"VACUUM (ANALYZE) {table}")

    def connections(self) -> dict[str, int]:
        """How full the pool is; see `Connections.status`."""
        return self._connections.status()

    def close(self) -> None:
        """See `Backend.close`."""
        self._connections.close()


def _begin_connection(connection: Connection) -> None:
    # JSON is read and written by the core, whose numbers and times it must not lose.
    connection.adapters.register_loader("json", TextLoader)
    connection.execute(f"SET search_path TO {SCHEMA_NAME}, public")


def _local(name: str, seconds: float) -> str:
    """A time limit of this transaction, in the milliseconds that PostgreSQL counts in."""
    return f"SET LOCAL {name} = {min(max(1, round(seconds * 1000)), 2**31 - 1)}"


def _holds_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    return isinstance(value, tuple | list) and any(_holds_nul(each) for each in value)
