"""Keyspaces on the common cluster, used again in turn: to make one takes seconds, to empty one does not.

::

    open_cassandra(folder)        a manager on the folder's own keyspace
    with session() as cql: ...    the cluster itself
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from proteusdb import DistributedDatabaseManager
from services.cassandra import shared

__all__ = ["open_cassandra", "options", "session"]

_KEYSPACES = 2
_KEYS = {
    "predictions": ("prediction_id",),
    "current": ("bucket",),
    "ordered": ("kind", "bucket"),
    "blobs": ("prediction_id", "key"),
    "analyses": ("analysis_id",),
    "analyses_of": ("prediction_id",),
}
"""The partition key of each table."""
_made: OrderedDict[Path, str] = OrderedDict()


def options(**given: Any) -> dict[str, Any]:
    """Arguments of a manager on the common cluster."""
    cluster = shared()
    return {"hosts": cluster.hosts, "port": cluster.port, "timeout": 60.0, **given}


def open_cassandra(folder: Path, **given: Any) -> DistributedDatabaseManager:
    """A manager on an empty keyspace of the folder's own; called again, one on the same."""
    if folder not in _made:
        if len(_made) < _KEYSPACES:
            _made[folder] = f"test_{os.getpid()}_{len(_made)}"
        else:
            _, _made[folder] = _made.popitem(last=False)
            _empty(_made[folder])
    return DistributedDatabaseManager(**options(database=_made[folder], **given))


@cache
def _cluster() -> Any:
    from cassandra.cluster import Cluster

    return Cluster(shared().hosts, port=shared().port).connect()


@contextmanager
def session() -> Iterator[Any]:
    """The driver's own session."""
    yield _cluster()


def _empty(keyspace: str) -> None:
    from cassandra.concurrent import execute_concurrent_with_args

    with session() as cql:
        for table, key in _KEYS.items():
            found = {tuple(row) for row in cql.execute(f"SELECT DISTINCT {', '.join(key)} FROM {keyspace}.{table}")}
            where = " AND ".join(f"{name} = ?" for name in key)
            gone = cql.prepare(f"DELETE FROM {keyspace}.{table} WHERE {where}")
            execute_concurrent_with_args(cql, gone, list(found))
        for kind in ("model", "note", "other", "index"):
            cql.execute(f"DELETE FROM {keyspace}.small WHERE kind = '{kind}'")
