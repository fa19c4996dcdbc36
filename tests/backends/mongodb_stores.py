"""Databases of MongoDB and back ends on them, for tests that look beneath the manager.

::

    with fresh_database() as database:       by pymongo
        backend = opened(database)           the back end on it
        DatabaseManager._on(backend)
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pymongo

from backends.engines import mongodb_server
from proteusdb import DatabaseManager
from proteusdb.backends.mongodb import MongodbBackend

__all__ = ["Failed", "declare", "fail", "fresh_database", "opened", "store_two"]

_numbers = count()


@contextmanager
def fresh_database() -> Iterator[Any]:
    """An empty database of the common server, by pymongo."""
    with pymongo.MongoClient(mongodb_server().url) as client:
        name = f"unit_{time.time_ns()}_{next(_numbers)}"
        yield client[name]
        if mongodb_server().real:
            client.drop_database(name)


def opened(database: Any, **options: Any) -> MongodbBackend:
    """A back end on it."""
    parts = urlsplit(mongodb_server().url)
    settings = {
        "host": parts.hostname, "port": parts.port, "username": None, "password": None, "database": database.name,
        "read_only": False, "durability": "relaxed", "timeout": 20.0, "max_connections": 4, "tls": {},
    }  # fmt: skip
    return MongodbBackend(**{**settings, **options})


class Failed(Exception):
    """Something went wrong in the midst of a commit."""


def fail() -> None:
    raise Failed


def declare(backend: MongodbBackend, meanwhile: Callable[[], Any]) -> None:
    """Declares an index; before that is committed, something else happens."""
    with backend.writing() as tables:
        tables.declare("metadata.n", 1)
        meanwhile()


def store_two(db: DatabaseManager) -> None:
    with db.transaction() as transaction:
        transaction.store_prediction("MKV", None, {"n": 2}, prediction_id="a", on_conflict="replace")
        transaction.store_prediction("MKL", None, prediction_id="b", arrays={"log": np.arange(5)})
