"""The noun for more predictions than one machine holds.

::

    DistributedDatabaseManager ── all verbs of DatabaseManager ── Session ── backends.cassandra ── a cluster

Apache Cassandra places, copies and repairs; this adds where the cluster is and how many replicas answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self, cast

from .config import Config
from .manager import DatabaseManager
from .session import Session

if TYPE_CHECKING:
    from ..backends.cassandra import CassandraBackend

__all__ = ["DistributedDatabaseManager"]


class DistributedDatabaseManager(DatabaseManager):
    """An open database of predictions on a cluster of Apache Cassandra 5.

    All of `DatabaseManager`, with three differences: each prediction is a unit of its own, so `transaction()` over
    several is refused; there are no snapshots, so a query sees what was acknowledged before it began and perhaps some
    of what is written meanwhile; a write whose outcome is unknown may be repeated with the same id and content.

    Parameters
    ----------
    sharding_strategy : {"hash"}
        How predictions are spread over the nodes: by a hash of their id (Cassandra's Murmur3 partitioner).
    replicas : int or mapping of str to int
        Copies of each prediction in every data centre, or in those named.
    hosts : sequence of str
        Nodes to ask for all the others.
    port : int
        Of CQL, on every node.
    username, password : str, optional
        Where the cluster asks for them.
    database : str
        The keyspace, made where there is none.
    consistency : {"quorum", "one", "local_one", "local_quorum", "all"}
        How many replicas answer a read or a write; `at` changes it for some calls.
    datacenter : str, optional
        The near one, whose nodes are asked first; those of all unless given.
    timeout : float
        Seconds for connecting, and for each statement with its repetitions.
    retry_attempts : int
        How often a call is repeated when the connection fails.
    tls : bool or mapping, optional
        As in `DatabaseManager`.
    in_flight : int
        The most statements of one call that are under way; a load writes as fast as they are answered.
    compression, precision, keep_original, pae_precision, keep_versions, read_only
        As in `DatabaseManager`.

    Raises
    ------
    ValidationError
        An argument is not allowed; the message lists what is.
    ConnectionError
        No node answers within `timeout`, fewer nodes are there than the consistency needs of `replicas`, or the
        keyspace is of another program.
    """

    def __init__(
        self,
        sharding_strategy: str = "hash",
        replicas: int | Mapping[str, int] = 3,
        *,
        hosts: str | Sequence[str] = ("localhost",),
        port: int | None = 9042,
        username: str | None = None,
        password: str | None = None,
        database: str = "proteus",
        consistency: str = "quorum",
        datacenter: str | None = None,
        timeout: float = 30.0,
        retry_attempts: int = 3,
        tls: bool | Mapping[str, Any] | None = None,
        in_flight: int = 128,
        compression: bool | str = True,
        precision: str | float = "exact",
        keep_original: bool = False,
        pae_precision: str | float = "exact",
        keep_versions: int | None = None,
        read_only: bool = False,
        **others: Any,
    ) -> None:
        given = {name: value for name, value in locals().items() if name in Config.names()}
        nodes = (hosts,) if isinstance(hosts, str) else tuple(hosts)
        self._session = Session(Config(**{**others, **given, "hosts": nodes, "backend": "cassandra"}))

    def cluster_status(self) -> dict[str, Any]:
        """The nodes of the cluster, what they own, and how this program reaches them.

        Returns
        -------
        dict
            `cluster`, `partitioner`, `keyspace`, `replication` (as Cassandra has it), `consistency`, and `nodes`: of
            each `address, datacenter, rack, version, state` ("up", "down", "unknown"), `tokens` (how many), `owned`
            (share of the ring, 0–1), `replicated` (share of the rows it keeps a replica of, 0–1), `connections` and
            `in_flight` (statements of this program under way).

        Raises
        ------
        ConnectionError
            The database is closed, or no node can be reached.
        """
        return self._cassandra.cluster_status()

    @contextmanager
    def at(self, consistency: str) -> Iterator[Self]:
        """Another consistency for the calls of this thread meanwhile.

        Parameters
        ----------
        consistency : {"one", "local_one", "quorum", "local_quorum", "all"}
            How many replicas answer.

        Yields
        ------
        DistributedDatabaseManager
            This manager.

        Raises
        ------
        QueryError
            There is no such consistency; the message lists them.
        """
        with self._cassandra.at(consistency):
            yield self

    @property
    def _cassandra(self) -> CassandraBackend:
        return cast("CassandraBackend", self._session.backend)
