"""Finding the cluster, the keyspace and its tables; making what is not there yet.

::

    replicas=3, one node      ConnectionError: 1 of 3 replicas; use replicas=1 for one node
    no keyspace               it is made, with so many replicas in each data centre
    a keyspace of another     ConnectionError, and nothing is changed

Before anything is decided, and after anything was made, all nodes agree on what there is; it is asked of them, since
what the driver remembers may be of a moment before.

Invariants: an existing keyspace is never altered; of several processes that make a store at once, one decides.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from ... import _core
from ...errors import ConnectionError, ValidationError
from .client import Client
from .schema import BUCKETS, SCHEMA_VERSION, TABLES, creation
from .tables import Settled

__all__ = ["Replicas", "keyspace_of", "needed", "opened", "replication_of"]

Replicas = int | Mapping[str, int]
"""Copies of each row, in each data centre, or by the name of each."""


def keyspace_of(database: str) -> str:
    """The keyspace that a database name stands for.

    Raises
    ------
    ValidationError
        Cassandra has no such names.
    """
    good = database.isascii() and database.replace("_", "a").isalnum() and database[0].isalpha()
    if not good or len(database) > 48 or database != database.lower():
        raise ValidationError(
            f"database {database!r}: a keyspace of Cassandra is needed, up to 48 lower-case letters, digits and _"
        )
    return database


def needed(replicas: int, consistency: str) -> int:
    """How many of the replicas a consistency needs."""
    return {"one": 1, "local_one": 1, "all": replicas}.get(consistency, replicas // 2 + 1)


def opened(client: Client, keyspace: str, replicas: Replicas, *, read_only: bool, buckets: int = BUCKETS) -> Settled:
    """The store in a keyspace, made where there is none yet."""
    _enough_nodes(client, replicas)
    client.agree()
    known = replication_of(client, keyspace)
    if known is None:
        if read_only:
            raise ConnectionError(f"cannot open {client.where}: it has no store; open it without read_only=True")
        client.plain(f"CREATE KEYSPACE IF NOT EXISTS {keyspace} WITH replication = {_replication(replicas)}")
        client.agree()
    else:
        _same_replicas(client, known, replicas)
    tables = set(_tables(client, keyspace))
    if not tables.issuperset(TABLES):
        _make(client, keyspace, tables, read_only)
    client.use(keyspace)
    return _settle(client, keyspace, buckets, read_only)


def _enough_nodes(client: Client, replicas: Replicas) -> None:
    """Whether there are so many nodes that replicas could be where the consistency needs them."""
    nodes = client.nodes()
    for centre, count in replicas.items() if isinstance(replicas, Mapping) else [(None, replicas)]:
        centres = {centre} if centre is not None else {node.datacenter for node in nodes}
        for name in centres:
            there = sum(node.datacenter == name for node in nodes)
            if there < needed(count, client.consistency):
                cure = "use replicas=1 for one node" if there == 1 else f"use replicas={there}" if there else ""
                raise ConnectionError(
                    f"cannot open {client.where}: {there} of {count} replicas"
                    f"{f' in data centre {name}' if centre else ''}: the cluster has {len(nodes)} "
                    f"node{'s' * (len(nodes) != 1)}, and consistency {client.consistency} needs "
                    f"{needed(count, client.consistency)} replicas; {cure or 'name data centres it has'}"
                )


def _replication(replicas: Replicas) -> str:
    counts = dict(replicas) if isinstance(replicas, Mapping) else {"replication_factor": replicas}
    told = {"class": "NetworkTopologyStrategy", **{name: str(count) for name, count in counts.items()}}
    return "{" + ", ".join(f"'{_quoted(name)}': '{value}'" for name, value in told.items()) + "}"


def _quoted(text: str) -> str:
    return text.replace("'", "''")


def replication_of(client: Client, keyspace: str) -> dict[str, str] | None:
    """The class and the options by which a keyspace keeps replicas; `None`: there is no such keyspace."""
    text = f"SELECT replication FROM system_schema.keyspaces WHERE keyspace_name = '{keyspace}'"
    return next((dict(row[0]) for row in client.plain(text)), None)


def _same_replicas(client: Client, known: Mapping[str, str], replicas: Replicas) -> None:
    # What is neither a count by data centre nor one for all, the class is; "3/1" counts a transient one too.
    factors = {name: int(count.partition("/")[0]) for name, count in known.items() if count[:1].isdigit()}
    if set(factors) == {"replication_factor"}:
        factors = {"": factors["replication_factor"]}
    wanted = dict(replicas) if isinstance(replicas, Mapping) else dict.fromkeys(factors, replicas)
    if factors != wanted:
        said = ", ".join(f"{name}: {count}" if name else f"{count}" for name, count in factors.items())
        counts = set(factors.values())
        use = f"replicas={counts.pop()}" if len(counts) == 1 else f"replicas={factors}"
        raise ConnectionError(
            f"cannot open {client.where}: its keyspace keeps another number of replicas ({said}); use {use}, or alter "
            "the keyspace and repair it"
        )


def _tables(client: Client, keyspace: str) -> list[str]:
    text = f"SELECT table_name FROM system_schema.tables WHERE keyspace_name = '{keyspace}'"
    return [row[0] for row in client.plain(text)]


def _make(client: Client, keyspace: str, there: set[str], read_only: bool) -> None:
    if read_only:
        raise ConnectionError(f"cannot open {client.where}: it has no store; open it without read_only=True")
    if there - TABLES.keys():
        raise ConnectionError(
            f"cannot open {client.where}: its keyspace has tables of another program ({', '.join(sorted(there))}); "
            "nothing was changed; name another with database="
        )
    for statement in creation(keyspace):
        client.plain(statement)
    client.agree()


def _settle(client: Client, keyspace: str, buckets: int, read_only: bool) -> Settled:
    """What the store is; the first who asks decides."""
    read = "SELECT value FROM small WHERE kind = 'store' AND key = 'store'"
    rows = client.run(read)
    if not rows and not read_only:
        told = json.dumps({"schema": SCHEMA_VERSION, "buckets": buckets, "store": _core.fresh_id()})
        insert = "INSERT INTO small (kind, key, value) VALUES ('store', 'store', ?) IF NOT EXISTS"
        client.run(insert, [told])
        rows = client.run(read)
    if not rows:
        raise ConnectionError(f"cannot open {client.where}: it has no store; open it without read_only=True")
    found = json.loads(rows[0][0])
    if found["schema"] != SCHEMA_VERSION:
        raise ConnectionError(
            f"cannot open {client.where}: it has version {found['schema']} of the tables, this program reads "
            f"{SCHEMA_VERSION}; use the version of proteusdb that wrote it"
        )
    return Settled(keyspace, int(found["buckets"]), str(found["store"]))
