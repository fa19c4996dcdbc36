"""The nodes of a cluster, as one of them knows them.

The driver remembers what it was told, and hears of a change when it gets round to it: what a decision rests on is asked
here instead.
"""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = ["Node", "nodes_of"]

_WHAT = "host_id, data_center, schema_version"


class Node(NamedTuple):
    """One node."""

    address: str
    datacenter: str
    schema: Any
    """Version of the tables it has."""
    up: bool
    """Whether this program takes it for reachable."""


def nodes_of(session: Any) -> list[Node]:
    """Every node of the ring; all is asked of one of them."""
    asked = session.execute(f"SELECT rpc_address, {_WHAT} FROM system.local")
    [own] = asked
    one = asked.response_future.coordinator_host
    others = session.execute(f"SELECT native_address, {_WHAT} FROM system.peers_v2", host=one)
    down = {str(host.host_id) for host in session.cluster.metadata.all_hosts() if host.is_up is False}
    return [
        Node(str(address), str(centre), schema, str(host_id) not in down)
        for address, host_id, centre, schema in [own, *others]
        # A node that is only just coming is there without its place.
        if host_id is not None and centre is not None
    ]
