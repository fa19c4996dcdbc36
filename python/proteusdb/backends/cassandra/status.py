"""The nodes of a cluster: which are there, what they own, and how they answer this program.

::

    {"cluster": "tests", "keyspace": "proteus", "replication": {...}, "nodes": [{"address": "127.0.0.1", ...}, ...]}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cassandra.metadata import ReplicationStrategy

from .client import Client
from .opening import replication_of

__all__ = ["cluster_status"]

_RING = 1 << 64


def cluster_status(client: Client, keyspace: str) -> dict[str, Any]:
    """What the driver and the nodes know.

    Returns
    -------
    dict
        As `DistributedDatabaseManager.cluster_status` documents it.
    """
    metadata = client.cluster.metadata
    ring = _ring(metadata)
    pools = {str(host.address): pool for host, pool in client.session.get_pool_state().items()}
    known = replication_of(client, keyspace) or {}
    spread = _replicated(metadata, known, ring)
    nodes = []
    for host in sorted(metadata.all_hosts(), key=lambda host: str(host.address)):
        mine = [size for size, owner in ring.values() if owner is host]
        pool = pools.get(str(host.address), {})
        nodes.append(
            {
                "address": str(host.address),
                "datacenter": host.datacenter,
                "rack": host.rack,
                "version": host.release_version,
                "state": {True: "up", False: "down"}.get(host.is_up, "unknown"),
                "tokens": len(mine),
                "owned": sum(mine) / _RING,
                "replicated": spread.get(host, 0) / _RING,
                "connections": pool.get("open_count", 0),
                "in_flight": sum(pool.get("in_flights", ())),
            }
        )
    return {
        "cluster": metadata.cluster_name,
        "partitioner": metadata.partitioner,
        "keyspace": keyspace,
        "replication": {**known, "class": known.get("class", "").rpartition(".")[2]},
        "consistency": client.consistency,
        "nodes": nodes,
    }


def _ring(metadata: Any) -> dict[Any, tuple[int, Any]]:
    """Each token to how much of the ring it ends, and who owns it."""
    owners = metadata.token_map.token_to_host_owner if metadata.token_map else {}
    tokens = sorted(owners)
    return {
        token: ((token.value - before.value) % _RING or _RING, owners[token])
        for before, token in zip([tokens[-1:] and tokens[-1], *tokens], tokens, strict=False)
    }


def _replicated(metadata: Any, replication: Mapping[str, str], ring: Any) -> dict[Any, int]:
    """Host to how much of the ring it has a replica of."""
    found: dict[Any, int] = {}
    options = {name: value for name, value in replication.items() if name != "class"}
    strategy = ReplicationStrategy.create(replication.get("class"), options)
    owners = {token: owner for token, (_, owner) in ring.items()}
    for token, hosts in strategy.make_token_replica_map(owners, sorted(owners)).items():
        for host in hosts:
            found[host] = found.get(host, 0) + ring[token][0]
    return found
