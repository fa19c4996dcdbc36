"""Every back end that the tests hold against the oracle, by name, and how a test opens one.

::

    open_engine("sqlite", folder)        a file in the folder
    open_engine("postgresql", folder)    a database of the folder's own, on one server a process
    open_engine("mongodb", folder)       the same

`PROTEUSDB_TEST_POSTGRESQL_URI` and `PROTEUSDB_TEST_MONGODB_URI` name servers that are there already. A back end that
needs a server skips its tests where there is none, and says so.
"""

from __future__ import annotations

import atexit
import os
from collections import OrderedDict
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from proteusdb import DatabaseManager
from services.mongodb import MongoDB
from services.postgresql import PostgreSQL
from services.postgresql_given import VARIABLE, GivenPostgreSQL

__all__ = ["ENGINES", "mongodb_server", "open_engine", "postgresql_server"]

_DATABASES = 16
"""Databases of a server, emptied and used again in turn: more than any test has open at a time. To drop one costs a
checkpoint each time."""


@cache
def postgresql_server() -> PostgreSQL | GivenPostgreSQL:
    """The server of this process, which ends with it, or the one that is given."""
    given = os.environ.get(VARIABLE)
    server = GivenPostgreSQL(given) if given else PostgreSQL()
    atexit.register(server.__exit__)
    return server


@cache
def mongodb_server() -> MongoDB:
    """The server of this process; it ends with it."""
    server = MongoDB()
    atexit.register(server.__exit__)
    return server


class _Databases:
    """A database for each folder.

    Parameters
    ----------
    make : callable
        Makes a database of this name; its URL.
    empty : callable
        Empties it.
    """

    def __init__(self, make: Callable[[str], str], empty: Callable[[str], None]) -> None:
        self._make = make
        self._empty = empty
        self._made: OrderedDict[Path, tuple[str, str]] = OrderedDict()

    def url(self, folder: Path) -> str:
        """That of the folder's database, which is made when it is first asked for."""
        if folder not in self._made:
            if len(self._made) < _DATABASES:
                name = f"test_{os.getpid()}_{len(self._made)}"
                self._made[folder] = (name, self._make(name))
            else:
                _, (name, url) = self._made.popitem(last=False)
                self._empty(name)
                self._made[folder] = (name, url)
        return self._made[folder][1]


def _empty_postgresql(name: str) -> None:
    import psycopg

    with psycopg.connect(postgresql_server().address(name), autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS proteusdb CASCADE")


@cache
def _mongodb_client() -> Any:
    import pymongo

    return pymongo.MongoClient(mongodb_server().url)


def _empty_mongodb(name: str) -> None:
    database = _mongodb_client()[name]
    for collection in database.list_collection_names():
        database[collection].delete_many({})


_postgresql = _Databases(lambda name: postgresql_server().create(name), _empty_postgresql)
_mongodb = _Databases(lambda name: f"{mongodb_server().url}/{name}", _empty_mongodb)

_OPEN: dict[str, Callable[[Path], DatabaseManager]] = {
    "lmdb": lambda folder: DatabaseManager("lmdb", folder / "proteus.db", durability="relaxed"),
    "sqlite": lambda folder: DatabaseManager("sqlite", folder / "proteus.db", durability="relaxed"),
    "postgresql": lambda folder: DatabaseManager.from_url(_postgresql.url(folder), durability="relaxed"),
    "mongodb": lambda folder: DatabaseManager.from_url(_mongodb.url(folder), durability="relaxed"),
}

ENGINES = tuple(_OPEN)


def open_engine(name: str, folder: Path) -> DatabaseManager:
    """A manager on an empty database of the folder's own; called again, one on the same database."""
    return _OPEN[name](folder)
