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
from itertools import count
from pathlib import Path
from typing import Any

from proteusdb import DistributedDatabaseManager
from services.cassandra import shared
from services.server import until

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
_PATIENCE = 120.0
"""Seconds that a busy machine may take for anything."""
_made: OrderedDict[Path, str] = OrderedDict()
_numbers = count()
_sessions: list[Any] = []


def options(**given: Any) -> dict[str, Any]:
    """Arguments of a manager on the common cluster."""
    cluster = shared()
    return {"hosts": cluster.hosts, "port": cluster.port, "timeout": 60.0, **given}


def open_cassandra(folder: Path, **given: Any) -> DistributedDatabaseManager:
    """A manager on an empty keyspace of the folder's own; called again, one on the same."""
    if folder not in _made:
        used = _made.popitem(last=False)[1] if len(_made) == _KEYSPACES else None
        _made[folder] = used if used and _empty(used) else f"test_{os.getpid()}_{next(_numbers)}"
    return DistributedDatabaseManager(**options(database=_made[folder], **given))


def _connected() -> Any:
    from cassandra import ConsistencyLevel
    from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile
    from cassandra.policies import ConstantReconnectionPolicy, RoundRobinPolicy

    patient = ExecutionProfile(RoundRobinPolicy(), request_timeout=_PATIENCE, consistency_level=ConsistencyLevel.QUORUM)
    return Cluster(
        shared().hosts, port=shared().port, protocol_version=5, execution_profiles={EXEC_PROFILE_DEFAULT: patient},
        connect_timeout=_PATIENCE, control_connection_timeout=_PATIENCE, idle_heartbeat_timeout=_PATIENCE,
        max_schema_agreement_wait=_PATIENCE, reconnection_policy=ConstantReconnectionPolicy(0.5, None),
    ).connect()  # fmt: skip


@contextmanager
def session() -> Iterator[Any]:
    """The driver's own session, at quorum; a new one where that of before has lost every node."""
    until(_answers, _PATIENCE, lambda: "no node answers")
    yield _sessions[0]


def _answers() -> bool:
    from cassandra.cluster import NoHostAvailable

    try:
        if not _sessions:
            _sessions.append(_connected())
        return bool(list(_sessions[0].execute("SELECT release_version FROM system.local")))
    except NoHostAvailable:
        for lost in _sessions:
            lost.cluster.shutdown()
        _sessions.clear()
        return False


def _empty(keyspace: str) -> bool:
    """Deletes all there is; whether nothing is left, as a row would be that is of a later time than now."""
    from cassandra.concurrent import execute_concurrent_with_args

    with session() as cql:
        for table, key in _KEYS.items():
            where = " AND ".join(f"{name} = ?" for name in key)
            gone = cql.prepare(f"DELETE FROM {keyspace}.{table} WHERE {where}")
            execute_concurrent_with_args(cql, gone, _partitions(cql, keyspace, table))
        for kind in ("model", "note", "other", "index"):
            cql.execute(f"DELETE FROM {keyspace}.small WHERE kind = '{kind}'")
        return not any(_partitions(cql, keyspace, table) for table in _KEYS)


def _partitions(cql: Any, keyspace: str, table: str) -> list[tuple[Any, ...]]:
    found = cql.execute(f"SELECT DISTINCT {', '.join(_KEYS[table])} FROM {keyspace}.{table}")
    return list({tuple(row) for row in found})
