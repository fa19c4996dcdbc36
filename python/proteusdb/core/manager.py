"""The noun everyone touches.

::

    DatabaseManager ── verbs (write, read, query, models, past, rules, care, exchange, ledger) ── Session ── Backend

It opens, closes and delegates; what a verb does stands in the module the verb names.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self, cast

from ..backends.base import Backend
from ..errors import QueryError
from .config import Config
from .session import Session
from .transaction import Overlay
from .url import place_of
from .verbs import (
    CareVerbs,
    ExchangeVerbs,
    IndexVerbs,
    KeepVerbs,
    LedgerVerbs,
    ModelVerbs,
    PastVerbs,
    QueryVerbs,
    ReadVerbs,
    RuleVerbs,
    WriteVerbs,
)

__all__ = ["DatabaseManager"]


class DatabaseManager(
    WriteVerbs,
    ReadVerbs,
    QueryVerbs,
    IndexVerbs,
    ModelVerbs,
    PastVerbs,
    RuleVerbs,
    CareVerbs,
    KeepVerbs,
    ExchangeVerbs,
    LedgerVerbs,
):
    """An open database of predictions.

    Usable from many threads; after a fork each child reopens by itself; pickled, it reopens where it is unpickled. A
    context manager.

    Parameters
    ----------
    backend : {"lmdb", "sqlite", "postgresql", "mongodb"}
        "lmdb" is embedded in the package, "sqlite" in Python; the others want a server and an extra.
    database_path : path, optional
        One file, created where there is none. With nothing given, `PROTEUSDB_URL`, else `proteus.db` here.
    host, port, username, password, database
        Of a server.
    compression : bool or {"fast", "small"}
        True is "fast"; "small" takes more time and less space; False stores plain columns. All are exact.
    max_connections : int
        Connections to a server at a time.
    timeout : float
        Seconds for connecting, for waiting for the writer's lock, and for a query to its first row.
    retry_attempts : int
        How often a call to a server is repeated when the connection fails.
    read_only : bool
        Opens what is there and writes nothing.
    durability : {"full", "relaxed"}
        Whether an acknowledged write survives a loss of power, or may be lost with the last few (nothing is ever
        corrupted).
    precision : "exact" or float
        Largest error of coordinates in Å, a guarantee for every atom's distance from where it was: 0.05 takes half the
        space. Everything else stays exact.
    keep_original : bool
        With a `precision`, keeps the file a structure came from all the same, byte for byte; it takes more space than
        exact coordinates do. Likewise, with a `pae_precision`, files of scores. Without one they are always kept.
    pae_precision : "exact" or {0.1, 0.5, 1.0}
        Step in Å that the arrays `pae` and `pde` are rounded to, half a step up; the greatest value stays. A file that
        says what was rounded away is kept only with `keep_original`.
    cache_size : int
        Bytes of answers and decoded structures that may be kept in memory; what was written since is never answered
        from it.
    keep_versions : int, optional
        How many versions are kept of a prediction that this manager writes, the current one among them; those that tags
        name stay besides. All unless given.
    allow_network_fs : bool
        Opens an LMDB file on a network file system for writing, which is safe from one host only.
    mode : int
        Permissions of a new file.
    tls : bool or mapping, optional
        Encrypts the connection to a server: True verifies its certificate; a mapping may name the files `ca`, `cert`,
        `key`, and `verify=False`.

    Raises
    ------
    ValidationError
        An argument is not allowed; the message lists what is.
    ConnectionError
        The file cannot be opened, is of another kind, or the back end is not in this version.

    Examples
    --------
    >>> from proteusdb import DatabaseManager
    >>> with DatabaseManager(database_path="screen.db") as db:
    ...     prediction_id = db.store_prediction("MKV", None, model="esmfold")
    ...     db.count(model_name="esmfold")
    1
    """

    def __init__(
        self,
        backend: str = "lmdb",
        database_path: str | os.PathLike[str] | None = None,
        *,
        host: str = "localhost",
        port: int | None = None,
        username: str | None = None,
        password: str | None = None,
        database: str = "proteus",
        compression: bool | str = True,
        max_connections: int = 10,
        timeout: float = 30.0,
        retry_attempts: int = 3,
        read_only: bool = False,
        durability: str = "full",
        precision: str | float = "exact",
        keep_original: bool = False,
        pae_precision: str | float = "exact",
        cache_size: int = 64 << 20,
        keep_versions: int | None = None,
        allow_network_fs: bool = False,
        mode: int = 0o664,
        tls: bool | Mapping[str, Any] | None = None,
    ) -> None:
        arguments = {name: value for name, value in locals().items() if name in Config.names()}
        self._session = Session(Config.from_arguments(arguments))

    @classmethod
    def from_url(cls, url: str | os.PathLike[str], **options: Any) -> Self:
        """Opens the database at a URL or path.

        Parameters
        ----------
        url : str or path
            `lmdb:///data/proteus.db`, `lmdb:proteus.db`, a path; arguments may follow as in `?read_only=true`. With
            `cassandra://` a `DistributedDatabaseManager` is opened.
        **options
            Arguments of `DatabaseManager`, which outweigh those in the URL.

        Raises
        ------
        ValidationError, ConnectionError
            As `DatabaseManager`.
        """
        place = {**place_of(url), **options}
        if place["backend"] == "cassandra":
            from .distributed import DistributedDatabaseManager

            del place["backend"]
            return cast(Self, DistributedDatabaseManager(**place))
        return cls(**place)

    @classmethod
    def _on(cls, backend: Backend, **options: Any) -> Self:
        """A manager on a back end that is open already; what the tests' memory store is made with."""
        manager = cls.__new__(cls)
        manager._session = Session(Config(**options), backend)
        return manager

    @property
    def url(self) -> str:
        """Where the database is, without a password."""
        return self._session.url

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._session.closed

    def close(self) -> None:
        """Lets go of the database; a second call does nothing."""
        self._session.close()

    @contextmanager
    def transaction(self) -> Iterator[Self]:
        """Many calls as one atomic unit.

        What is written inside, by this thread and through this manager, is seen by its own reads by id, and stored at
        the exit in one piece; an exception discards it. Nothing is locked meanwhile. Queries inside are refused, as are
        registering models by hand and a transaction within another. At most 256 MiB are buffered.

        Yields
        ------
        DatabaseManager
            This manager.

        Raises
        ------
        ConflictError
            At the exit: another writer changed something this transaction touched; nothing was stored.
        QueryError
            The back end keeps each prediction as a unit of its own, and a second one is touched.

        Examples
        --------
        >>> with db.transaction():
        ...     a = db.store_prediction("MKV", None)
        ...     b = db.store_analysis(a, {"energy": -12.5})
        >>> db.get_analysis(b)["results"]
        {'energy': -12.5}
        """
        session = self._session
        if session.overlay is not None:
            raise QueryError("transaction() inside transaction() is refused; the outer one covers all calls in it")
        session.check_writable()
        keeping = session.kept("schema")
        several = session.backend.capabilities.transactions
        overlay = Overlay(session.backend, () if keeping is None else keeping.schema(), several=several)
        session.overlay = overlay
        try:
            yield self
        finally:
            session.overlay = None
        overlay.commit()
        session.look_at_size()

    def __enter__(self) -> Self:
        _ = self._session.backend
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        state = ", closed" if self.closed else ", read only" if self._session.config.read_only else ""
        return f"<{type(self).__name__} {self.url}{state}>"

    def __getstate__(self) -> dict[str, Any]:
        config = self._session.config
        if self.url.startswith("memory:"):
            raise TypeError("a memory store lives in one process and cannot be pickled; use an LMDB file")
        return {**{name: getattr(config, name) for name in Config.names()}, **place_of(self.url)}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        self._session = Session(Config(**state))
