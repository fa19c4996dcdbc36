"""Opening a MongoDB store, its transactions, and the care of its collections.

::

    MongodbBackend(host="localhost", database="proteus")     readers see one commit; one writer writes at a time

Where the server has transactions, a commit is one; where it has none, `unit` does what they would do. What a commit
lets go stays for a while, for those who read what was there before; every so often a writer sweeps it up.

Invariants: a database of another program is refused; a commit that was answered is in the journal of a majority of the
servers, with `durability="relaxed"` a moment later.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC
from typing import Any

from bson.int64 import Int64
from pymongo.errors import BulkWriteError, ConnectionFailure, DuplicateKeyError, OperationFailure, PyMongoError

from ... import __version__, _core
from ...errors import ConnectionError, ProteusError, StorageError
from ..base import Capabilities
from ..layers.retry import harmless
from ..shared.histories import HistoryEngine
from ..shared.opening import PROGRAM, check_opened, check_written
from ..shared.recompress import recompress
from ..shared.standing import STANDING, fresh
from ..shared.upgrades import LATEST
from .connections import Connections, Store, translated
from .lease import Lease
from .questions import SORTED
from .schema import COLLECTIONS, FOREVER, INDEXES, UPGRADES, Document, View
from .unit import Unit, sweep, view_of
from .writes import MongodbTables

__all__ = ["MongodbBackend"]

_PORT = 27017
_SWEEP = 60.0
"""Seconds between two sweeps of one handle."""
_GRACE = 60.0
"""Seconds that what is gone stays at least, for those who read."""
_PAUSE = 0.05
_DUPLICATE, _UNKNOWN_COMMAND = 11000, 59


class MongodbBackend(HistoryEngine):
    """Predictions in one database of a MongoDB server.

    Parameters
    ----------
    host, port, username, password, database, read_only, durability, timeout, max_connections
        As in `DatabaseManager`.
    tls : mapping
        Options of pymongo: `tls`, `tlsCAFile`, `tlsCertificateKeyFile`, `tlsAllowInvalidCertificates`.
    any_schema : bool
        Whether a store of an older schema is opened as it is.

    Raises
    ------
    ConnectionError
        The server cannot be reached, refuses, or has collections of another version or program.
    """

    ordered = SORTED

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
        tls: Mapping[str, Any],
        any_schema: bool = False,
    ) -> None:
        self.capabilities = Capabilities(
            name="mongodb",
            durable=True,
            processes=True,
            past=True,
            quota=True,
            schema=True,
            histories=True,
            schemas=True,
        )
        user = f"{username}@" if username else ""
        self.url = f"mongodb://{user}{host}:{port or _PORT}/{database}"
        self._read_only = read_only
        self._timeout = timeout
        self._swept = time.monotonic()
        known = {"username": username, "password": password} if username else {}
        kept = {"w": 1} if durability == "relaxed" else {"w": "majority", "journal": True}
        parameters = {"host": host, "port": port or _PORT, **known, **kept, **tls}
        self._connections = Connections(parameters, database, self.url, most=max_connections, timeout=timeout)
        self._lease = Lease(self._connections, timeout)
        try:
            with self._connections.use() as store:
                self._transactions = _has_transactions(store)
                self._begin(store)
                tables = MongodbTables(store, self._view(store))
                check_opened(tables, self.url, read_only=read_only, any_schema=any_schema)
        except BaseException:
            self._connections.close()
            raise

    # --- opening ------------------------------------------------------------------------------------------------------

    def _begin(self, store: Store) -> None:
        """Makes the collections of a new database, whoever of several processes comes first."""
        end = time.monotonic() + self._timeout
        while self._look(store, end) is None:
            time.sleep(_PAUSE)

    def _look(self, store: Store, end: float) -> Document | None:
        """The store's own document; where there is none yet, one step towards it."""
        try:
            found = store.meta.find_one({"_id": "store"})
            if found is None:
                if self._read_only:
                    raise ConnectionError(f"cannot open {self.url}: it has no store; open it without read_only=True")
                self._make(store)
                found = store.meta.find_one({"_id": "store"})
        except OperationFailure as error:
            # Servers other than MongoDB's own may stumble, without a code, over a collection that is being made.
            if error.code is not None or time.monotonic() > end:
                raise
            return None
        return found

    def _make(self, store: Store) -> None:
        self._refuse_strange(store)
        for name, indexes in INDEXES.items():
            store[name].create_indexes(indexes)
        for indexes_of in UPGRADES.values():
            for name, indexes in indexes_of.items():
                store[name].create_indexes(indexes)
        note: Document = {"kind": "note", "born": Int64(0), "gone": Int64(FOREVER)}
        told = {STANDING: fresh().text, PROGRAM: __version__}
        head: Document = {"schema": LATEST, "committed": 0, "writer": None, "pending": [], "undone": []}
        notes = [(f"note {name}", {**note, "note": name, "text": text}) for name, text in told.items()]
        for which, values in (("lease", {"token": None, "beat": 0}), *notes, ("store", head)):
            # Of two that make it at once, the second finds what the first made.
            with suppress(DuplicateKeyError):
                store.meta.insert_one({"_id": which, **values})

    def _refuse_strange(self, store: Store) -> None:
        for name in COLLECTIONS:
            strange = store[name].find_one({}, {"_id": 1})
            if strange is not None and store.meta.find_one({"_id": "lease"}) is None:
                raise ConnectionError(
                    f"cannot open {self.url}: its collection {name!r} is of another program; nothing was changed; "
                    "name another with database="
                )

    # --- transactions -------------------------------------------------------------------------------------------------

    @contextmanager
    def reading(self, timeout: float | None = None) -> Iterator[MongodbTables]:
        """See `Engine.reading`."""
        with self._connections.use(timeout) as store:
            yield MongodbTables(store, self._view(store))

    @staticmethod
    def _view(store: Store) -> View:
        return view_of(store.meta.find_one({"_id": "store"}))

    @contextmanager
    def writing(self) -> Iterator[MongodbTables]:
        """See `Engine.writing`."""
        with self._unit() as unit:
            tables = MongodbTables(unit.store, unit.view, unit)
            check_written(tables, self.url)
            yield tables

    @contextmanager
    def moving(self) -> Iterator[MongodbTables]:
        """See `HistoryEngine.moving`."""
        with self._unit(transactions=False) as unit:
            yield MongodbTables(unit.store, unit.view, unit)

    @contextmanager
    def replacing(self) -> Iterator[MongodbTables]:
        """See `HistoryEngine.replacing`: no transaction of the server is so large, or takes so long."""
        with self.moving() as tables:
            check_written(tables, self.url)
            yield tables

    @contextmanager
    def _unit(self, *, transactions: bool = True) -> Iterator[Unit]:
        if self._read_only:
            raise StorageError(f"{self.url} is open with read_only=True; open it without to write")
        sent = False
        try:
            with self._lease.held() as token, self._connections.use() as store:
                unit = Unit(store, token, transactions=transactions and self._transactions)
                try:
                    yield unit
                except BaseException as error:
                    self._undo(unit, error)
                    raise
                # From here on the outcome is unknown where the connection breaks.
                sent = True
                unit.commit()
                self._sweep_at_times(unit)
        except ConnectionError as error:
            raise error if sent else harmless(error) from error.__cause__

    def _undo(self, unit: Unit, error: BaseException) -> None:
        """Takes back what was begun; where the server does not answer, the next writer does."""
        if not isinstance(error, ConnectionFailure):
            with suppress(PyMongoError, ProteusError):
                unit.undo()
        if _again(error):
            raise harmless(translated(error, self.url, self._timeout)) from error

    def clock(self) -> int | None:
        """See `Backend.clock`."""
        with self._connections.use() as store:
            told = _hello(store).get("localTime")
        return None if told is None else round(told.replace(tzinfo=UTC).timestamp() * 1e6)

    def change_token(self) -> int | None:
        """The number of the last commit of any process."""
        with self.reading() as tables:
            return tables.view.at

    # --- care ---------------------------------------------------------------------------------------------------------

    def compact(self, compression: str | None) -> None:
        """See `Backend.compact`: what is gone for longer than a call may take is removed for good."""
        if compression is not None:
            recompress(self, compression)
        with self._unit() as unit:
            sweep(unit.store, unit, _ago(self._timeout))

    def _sweep_at_times(self, unit: Unit) -> None:
        if time.monotonic() - self._swept > _SWEEP:
            self._swept = time.monotonic()
            # The commit took place; what cannot be swept now is swept later.
            with suppress(PyMongoError, ProteusError):
                sweep(unit.store, unit, _ago(max(_GRACE, 2 * self._timeout)))

    def close(self) -> None:
        """See `Backend.close`."""
        self._connections.close()


def _has_transactions(store: Store) -> bool:
    """Whether the server is one of a replica set, or of a cluster."""
    said = _hello(store)
    grouped = "setName" in said or said.get("msg") == "isdbgrid"
    return grouped and said.get("logicalSessionTimeoutMinutes") is not None


def _hello(store: Store) -> Document:
    """What the server says of itself."""
    try:
        return dict(store.command("hello"))
    except OperationFailure as error:
        if error.code != _UNKNOWN_COMMAND:
            raise
        return dict(store.command("isMaster"))


def _ago(seconds: float) -> int:
    return _core.now() - round(min(seconds, 1e6) * 1e6)


def _again(error: BaseException) -> bool:
    """Whether what failed is worth another try, now that it is taken back: what a writer that was thought dead left in
    the way, or a conflict within the server."""
    if isinstance(error, BulkWriteError):
        return any(each["code"] == _DUPLICATE for each in error.details.get("writeErrors", ()))
    return isinstance(error, PyMongoError) and error.has_error_label("TransientTransactionError")
