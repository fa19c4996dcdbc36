"""The client of one MongoDB database: a pool of connections, each call bounded in time.

::

    with connections.use(timeout=30) as database:
        database.predictions.find_one(...)    ends with a TimeoutError after 30 s, also where the server says nothing

pymongo keeps the connections, opens them when they are wanted, and drops those that broke.

Invariants: a client belongs to the process that made it: a child of a fork makes its own; no message holds a password.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pymongo
from pymongo import errors as failures
from pymongo.database import Database

from ...errors import ConnectionError, ProteusError, StorageError, TimeoutError
from .schema import Document

__all__ = ["Connections", "Store", "translated"]

Store = Database[Document]

_REFUSED = 5_000
"""Milliseconds after which a server that takes no connection counts as refusing."""
_INHERITED: list[Any] = []
"""Clients of the process this one was forked from: they are left alone."""

_NOT_PROVEN = (18, 8000)
_NOT_ALLOWED = 13
_OUT_OF_TIME = 50


class Connections:
    """The client of one handle.

    Parameters
    ----------
    parameters : mapping
        Of `pymongo.MongoClient`.
    database : str
        Its name.
    where : str
        The same for messages; without a password.
    most : int
        How many connections are open at a time.
    timeout : float
        Seconds an operation may take where nothing else is said.
    """

    def __init__(self, parameters: Mapping[str, Any], database: str, where: str, *, most: int, timeout: float) -> None:
        milliseconds = max(1, round(min(timeout, 1e6) * 1000))
        self._parameters = {
            **parameters,
            "appname": "proteusdb",
            "maxPoolSize": most,
            "timeoutMS": milliseconds,
            "serverSelectionTimeoutMS": min(milliseconds, _REFUSED),
            "connectTimeoutMS": milliseconds,
        }
        self._name = database
        self.where = where
        self._most = most
        self._timeout = timeout
        self._open = True
        self._pid = os.getpid()
        self._client: pymongo.MongoClient[Document] = pymongo.MongoClient(**self._parameters)

    @contextmanager
    def use(self, timeout: float | None = None) -> Iterator[Store]:
        """The database, for calls of `timeout` seconds together, or each of the default."""
        seconds = self._timeout if timeout is None else timeout
        try:
            store = self.store()
            if timeout is None:
                yield store
            else:
                with pymongo.timeout(timeout):
                    yield store
        except (failures.PyMongoError, OverflowError) as error:
            raise translated(error, self.where, seconds, self._most) from error

    def store(self) -> Store:
        """The database, by the client of this process."""
        if not self._open:
            raise ConnectionError(f"{self.where} is closed; open it again")
        if self._pid != os.getpid():
            _INHERITED.append(self._client)
            self._client, self._pid = pymongo.MongoClient(**self._parameters), os.getpid()
        return self._client[self._name]

    def close(self) -> None:
        """Closes every connection."""
        self._open = False
        if self._pid == os.getpid():
            self._client.close()


def translated(error: BaseException, where: str, timeout: float, most: int = 0) -> ProteusError:
    """An error of pymongo as one of the library's."""
    said = " ".join(_words(error).split())
    if isinstance(error, failures.WaitQueueTimeoutError):
        return TimeoutError(
            f"{where}: all {most} connections were in use for {timeout:g} s; raise max_connections or timeout"
        )
    if isinstance(error, failures.ServerSelectionTimeoutError):
        return ConnectionError(f"cannot connect to {where}: {_reason(said)}")
    if isinstance(error, failures.OperationFailure) and error.code in _NOT_PROVEN:
        return ConnectionError(f"cannot connect to {where}: {_reason(said)}; give username= and password=")
    if isinstance(error, failures.OperationFailure) and error.code == _NOT_ALLOWED:
        return StorageError(f"{where} refuses: {_reason(said)}")
    late = isinstance(error, failures.PyMongoError) and error.timeout
    if late or (isinstance(error, failures.OperationFailure) and error.code == _OUT_OF_TIME):
        return TimeoutError(f"{where}: it took longer than {timeout:g} s ({_reason(said)})")
    if isinstance(error, failures.ConnectionFailure):
        return ConnectionError(f"the connection to {where} was lost: {_reason(said)}")
    if isinstance(error, failures.DocumentTooLarge):
        return StorageError(
            f"{where}: a document of MongoDB holds 16 MB, and sequence and metadata of a prediction, or an analysis, "
            "must fit into one; keep what is larger as an array or a file of the prediction"
        )
    return StorageError(f"{where}: {_reason(said)}")


def _words(error: BaseException) -> str:
    """What went wrong first."""
    if isinstance(error, failures.BulkWriteError):
        return "; ".join(str(each.get("errmsg")) for each in error.details.get("writeErrors", ())[:1]) or str(error)
    return str(error)


def _reason(said: str) -> str:
    """What the driver or the server said, without its account of every setting."""
    for end in (" (configured timeouts:", ", Timeout:", ", full error:"):
        said = said.partition(end)[0]
    return said or "no reason was given"
