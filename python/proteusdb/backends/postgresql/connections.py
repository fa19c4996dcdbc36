"""Connections to one PostgreSQL database: each call has one for itself, and gives it back.

::

    with connections.use(timeout=30) as connection:
        connection.execute(...)            ends with a TimeoutError after 30 s, also where the server says nothing

`psycopg_pool` keeps them, opens them when they are first wanted, and drops those that broke. The server is told how
long a statement may take; a server that does not even answer is left after as long.

Invariants: a pool belongs to the process that made it: a child of a fork leaves its parent's alone and makes its own;
no message holds a password.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg
import psycopg_pool
from psycopg import errors as failures

from ...errors import ConnectionError, ProteusError, StorageError, TimeoutError
from ..layers.retry import harmless

__all__ = ["Connection", "Connections", "in_milliseconds", "translated"]

_LOOK = 0.5
"""Seconds between two looks whether a server that was waited for refuses."""
_GRACE = 1.0
"""Seconds a server has to say itself that a statement took too long."""

_INHERITED: list[psycopg_pool.ConnectionPool[Any]] = []
"""Pools of the process this one was forked from: closing them here would end the parent's connections."""


class Connection(psycopg.Connection[Any]):
    """A connection that waits for its server until a deadline and no longer."""

    deadline: float | None = None
    _limit = 0

    def limit(self, seconds: float | None) -> None:
        """How long a statement outside of a transaction may take, from now on; `None` for any time."""
        milliseconds = 0 if seconds is None else in_milliseconds(seconds)
        if milliseconds != self._limit:
            self.execute(f"SET statement_timeout = {milliseconds}")
            self._limit = milliseconds

    def wait(self, gen: Generator[Any, Any, Any], *args: Any, **named: Any) -> Any:
        """Waits as psycopg does, and looks at the clock whenever that looks for a Ctrl-C."""
        return super().wait(gen if self.deadline is None else self._watched(gen, self.deadline), *args, **named)

    def _watched(self, gen: Generator[Any, Any, Any], deadline: float) -> Generator[Any, Any, Any]:
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if not ready and time.monotonic() > deadline:
                    self.close()
                    raise failures.QueryCanceled("the server did not answer in time")
                wanted = gen.send(ready)
        except StopIteration as over:
            return over.value


class Connections:
    """The connections of one handle.

    Parameters
    ----------
    parameters : mapping
        Of `psycopg.connect`.
    where : str
        The database, for messages; without a password.
    most : int
        How many are open at a time.
    timeout : float
        Seconds a call waits for one of them.
    begin : callable
        Prepares a new connection.
    """

    def __init__(
        self,
        parameters: Mapping[str, Any],
        where: str,
        *,
        most: int,
        timeout: float,
        begin: Callable[[Connection], None],
    ) -> None:
        self._parameters = dict(parameters)
        self._where = where
        self._most = most
        self._timeout = timeout
        self._begin = begin
        self._refusals: list[psycopg.Error] = []
        self._lock = threading.Lock()
        self._pid = os.getpid()
        self._open = True
        self._pool = self._fresh_pool()

    @contextmanager
    def use(self, timeout: float | None) -> Iterator[Connection]:
        """A connection, to run statements of at most `timeout` seconds each on."""
        connection = self._take()
        connection.deadline = None if timeout is None else time.monotonic() + timeout + _GRACE
        try:
            yield connection
        except psycopg.Error as error:
            raise translated(error, self._where, connection, timeout) from error
        finally:
            connection.deadline = None
            self._give_back(connection)

    def close(self) -> None:
        """Closes those that are idle now, and the others when they are given back."""
        self._open = False
        if self._pid == os.getpid():
            self._pool.close()

    def status(self) -> dict[str, int]:
        """How many connections are open, how many of them idle, and how many calls wait for one."""
        figures = self._pool.get_stats()
        return {
            "most": self._most,
            "open": figures.get("pool_size", 0),
            "idle": figures.get("pool_available", 0),
            "waiting": figures.get("requests_waiting", 0),
        }

    def _fresh_pool(self) -> psycopg_pool.ConnectionPool[Any]:
        refusals = self._refusals

        class Noting(Connection):
            """Notes why a connection was refused: the pool keeps that to itself."""

            @classmethod
            def connect(cls, *given: Any, **named: Any) -> Any:
                try:
                    return super().connect(*given, **named)
                except psycopg.Error as error:
                    refusals.append(error)
                    raise

        return psycopg_pool.ConnectionPool(
            kwargs={**self._parameters, "autocommit": True},
            connection_class=Noting,
            min_size=0,
            max_size=self._most,
            open=False,
            timeout=self._timeout,
            reconnect_timeout=self._timeout,
            configure=self._begin,
        )

    def _take(self) -> Connection:
        pool = self._own_pool()
        end = time.monotonic() + self._timeout
        del self._refusals[:]
        while True:
            try:
                taken: Connection = pool.getconn(timeout=max(0.01, min(_LOOK, end - time.monotonic())))
                return taken
            except psycopg_pool.PoolTimeout:
                if self._refusals:
                    raise refused(self._refusals[-1], self._where) from None
                if time.monotonic() > end:
                    raise TimeoutError(
                        f"{self._where}: all {self._most} connections were in use for {self._timeout:g} s; raise "
                        "max_connections or timeout"
                    ) from None
            except psycopg_pool.PoolClosed:
                raise ConnectionError(f"{self._where} is closed; open it again") from None

    def _own_pool(self) -> psycopg_pool.ConnectionPool[Any]:
        if not self._open:
            raise ConnectionError(f"{self._where} is closed; open it again")
        if self._pid != os.getpid():
            # A thread that held the lock is not in this process.
            self._lock = threading.Lock()
            _INHERITED.append(self._pool)
            self._pool, self._pid = self._fresh_pool(), os.getpid()
        if self._pool.closed:
            with self._lock:
                if self._pool.closed:
                    self._pool.open()
        return self._pool

    def _give_back(self, connection: Connection) -> None:
        lost = connection.closed
        try:
            if not lost and connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
                connection.execute("ROLLBACK")
        except psycopg.Error:
            connection.close()
        self._pool.putconn(connection)
        if lost and not self._pool.closed:
            # Where one was lost, the idle ones are likely to be: better to find out now than one call after the other.
            self._pool.check()


def in_milliseconds(seconds: float) -> int:
    """A time limit as PostgreSQL takes it."""
    return min(max(1, round(seconds * 1000)), 2**31 - 1)


def refused(error: psycopg.Error, where: str) -> ConnectionError:
    """Why no connection is to be had."""
    return ConnectionError(f"cannot connect to {where}: {_line(error)}{_cure(error)}")


def translated(
    error: psycopg.Error, where: str, connection: Connection | None = None, timeout: float | None = None
) -> ProteusError:
    """An error of PostgreSQL as one of the library's."""
    if isinstance(error, failures.QueryCanceled):
        return TimeoutError(f"{where}: the statement took longer than {timeout} s")
    if isinstance(error, failures.LockNotAvailable):
        return TimeoutError(f"{where}: another writer held the lock for longer than the timeout ({_line(error)})")
    if isinstance(error, failures.SerializationFailure | failures.DeadlockDetected):
        return harmless(StorageError(f"{where}: {_line(error)}; nothing of this write was kept"))
    if isinstance(error, failures.DiskFull):
        return StorageError(f"{where}: the server's disk is full; nothing of this write was kept")
    if isinstance(error, failures.InsufficientPrivilege | failures.ReadOnlySqlTransaction):
        return StorageError(f"{where} refuses: {_line(error)}")
    if isinstance(error, psycopg.OperationalError) and (connection is None or connection.closed):
        return ConnectionError(f"the connection to {where} was lost: {_line(error)}")
    return StorageError(f"{where}: {_line(error)}")


def _line(error: psycopg.Error) -> str:
    """What the server said, on one line."""
    return " ".join(str(error).split()) or type(error).__name__


def _cure(error: psycopg.Error) -> str:
    text = str(error)
    if "does not exist" in text and "database" in text:
        return "; make it first, with `createdb`, or name another with database="
    if "password" in text:
        return "; give username= and password=, or set PGPASSWORD or ~/.pgpass"
    return ""
