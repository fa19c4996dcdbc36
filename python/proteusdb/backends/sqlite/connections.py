"""Connections to one SQLite file: each call has one for itself, and gives it back.

::

    with connections.use(timeout=30) as connection:
        connection.execute(...)           stopped after 30 s, or by Ctrl-C

Invariants: a connection is used by one thread at a time; those of a process that forked are left alone in the child,
which opens its own; one writer of this process waits for another without asking the file.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ...errors import ConnectionError, CorruptionError, ProteusError, StorageError, TimeoutError

__all__ = ["Connections", "translated"]

_STEPS = 10_000
"""Instructions of SQLite's machine between two looks at the clock, about a millisecond."""

_INHERITED: list[sqlite3.Connection] = []
"""Connections of the process this one was forked from: closing them here would meddle with its locks."""


class Connections:
    """The connections of one handle.

    Parameters
    ----------
    connect : callable
        Opens one more.
    where : str
        The file, for messages.
    most : int
        How many are kept for later use.
    """

    def __init__(self, connect: Callable[[], sqlite3.Connection], where: str, most: int) -> None:
        self._connect = connect
        self._where = where
        self._most = most
        self._pid = os.getpid()
        self._idle: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        self._writer = threading.Lock()
        self._open = True

    @contextmanager
    def use(self, timeout: float | None) -> Iterator[sqlite3.Connection]:
        """A connection; what runs on it ends with a TimeoutError after `timeout` seconds."""
        connection = self._take()
        watch = _Watch(timeout)
        connection.set_progress_handler(watch, _STEPS)
        try:
            yield connection
        except sqlite3.Error as error:
            if watch.interrupted:
                raise KeyboardInterrupt from None
            if watch.late:
                raise TimeoutError(f"{self._where}: the statement took longer than {timeout} s") from None
            raise translated(error, self._where) from error
        finally:
            self._give_back(connection)

    @contextmanager
    def alone(self, timeout: float) -> Iterator[None]:
        """Keeps other threads of this process from writing."""
        self._notice_fork()
        if not self._writer.acquire(timeout=min(timeout, threading.TIMEOUT_MAX)):
            raise TimeoutError(f"{self._where}: another thread wrote for longer than the timeout of {timeout} s")
        try:
            yield
        finally:
            self._writer.release()

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return not self._open

    def close(self) -> None:
        """Closes those that are idle now, and the others when they are given back."""
        with self._lock:
            self._open = False
            idle, self._idle = self._idle, []
        if self._pid == os.getpid():
            for connection in idle:
                connection.close()

    def _take(self) -> sqlite3.Connection:
        self._notice_fork()
        with self._lock:
            if not self._open:
                raise ConnectionError(f"{self._where} is closed; open it again")
            if self._idle:
                return self._idle.pop()
        return self._connect()

    def _notice_fork(self) -> None:
        if self._pid == os.getpid():
            return
        _INHERITED.extend(self._idle)
        self._idle = []
        # A thread that held one of these is not in this process.
        self._lock, self._writer = threading.Lock(), threading.Lock()
        self._pid = os.getpid()

    def _give_back(self, connection: sqlite3.Connection) -> None:
        try:
            connection.set_progress_handler(None, 0)
            if connection.in_transaction:
                connection.rollback()
        except sqlite3.Error:
            connection.close()
            return
        with self._lock:
            if self._open and len(self._idle) < self._most:
                self._idle.append(connection)
                return
        connection.close()


class _Watch:
    """Looks at the clock while SQLite works; also where Ctrl-C is noticed."""

    def __init__(self, timeout: float | None) -> None:
        self._end = None if timeout is None else time.monotonic() + timeout
        self.late = False
        self.interrupted = False

    def __call__(self) -> int:
        try:
            self.late = self._end is not None and time.monotonic() > self._end
        except KeyboardInterrupt:
            self.interrupted = True
        return int(self.late or self.interrupted)


def translated(error: sqlite3.Error, where: str) -> ProteusError:
    """An error of SQLite as one of the library's."""
    name = getattr(error, "sqlite_errorname", "") or ""
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return TimeoutError(f"{where}: another process held the lock for longer than the timeout ({error})")
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return CorruptionError(f"{where}: {error}; restore a backup, or look at verify_integrity()")
    if name.startswith("SQLITE_CANTOPEN"):
        return ConnectionError(f"cannot open {where}: {error}")
    if name.startswith("SQLITE_READONLY"):
        return StorageError(f"{where} cannot be written: {error}")
    if name.startswith("SQLITE_FULL"):
        return StorageError(f"{where}: the disk is full; nothing of this write was kept")
    return StorageError(f"{where}: {error}")
