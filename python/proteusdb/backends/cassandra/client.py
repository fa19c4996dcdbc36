"""Statements to a cluster: prepared, at a consistency, many at a time, repeated where that can do no harm.

::

    client.run("SELECT ... WHERE prediction_id = ?", [key])       rows
    client.many("INSERT ...", [[...], [...]])                     rows of each, a bounded number under way
    client.pages("SELECT ... FROM current", [], size=500)         batches of rows
    with client.at("one"): ...                                    this thread reads and writes so meanwhile

The driver knows the ring: a statement goes to a replica of its row, of the nearest data centre, and on to the next
where that one fails. What fails everywhere for a moment, as when a node has just died or all were lost, is sent again
until `timeout`. What the cluster is and has is asked of the nodes, never of what the driver remembers.
Every statement here may be sent twice: writes carry their own time, and a lightweight transaction its own name.

Invariants: no more than `most` statements of a call are under way; a session belongs to the process that made it; no
message holds a password.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any, TypeVar

from cassandra import ConsistencyLevel
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile, Session
from cassandra.concurrent import execute_concurrent
from cassandra.policies import (
    ConstantReconnectionPolicy,
    ConstantSpeculativeExecutionPolicy,
    DCAwareRoundRobinPolicy,
    RoundRobinPolicy,
    TokenAwarePolicy,
)
from cassandra.query import BatchStatement, BatchType, tuple_factory

from ...errors import ConnectionError, QueryError, TimeoutError
from .failures import passing, translated
from .nodes import Node, nodes_of
from .retries import NextHost

__all__ = ["LEVELS", "Client", "Params", "Rows"]

LEVELS = ("one", "local_one", "quorum", "local_quorum", "all")
"""Consistencies by name."""

Params = Sequence[Any]
Rows = list[tuple[Any, ...]]
T = TypeVar("T")

_INHERITED: list[Any] = []
"""Clusters of the process this one was forked from: they are left alone."""
_TABLE = re.compile(r"\b(FROM|INTO|UPDATE) (\w+)")
"""Where a statement names its table."""
_PROTOCOL = 5
"""Of CQL, from Cassandra 4.0 on."""
_CONNECT = 15.0
"""The most seconds one node is waited for, and the schema's agreement is asked for."""
_RECONNECT = 1.0
"""Seconds between attempts to reach a node that was lost."""
_RANGES = "ranges"
"""The profile of statements that many nodes answer, of which one may just have died."""
_SPECULATE = (2.0, 2)
"""After how many seconds without an answer such a statement is sent to another node too, and how often."""
_FIRST_PAUSE, _LAST_PAUSE = 0.05, 1.0


class Client:
    """The sessions of one handle.

    Parameters
    ----------
    hosts : sequence of str
        Nodes to ask for all the others.
    port : int
        Of CQL, on every node.
    username, password : str or None
        Where the cluster asks for them.
    tls : mapping
        Arguments of the driver's `Cluster`.
    consistency : str
        One of `LEVELS`.
    timeout : float
        Seconds one statement may take with all its repetitions.
    datacenter : str or None
        The one that is near; `None`: that of the first node that answers.
    most : int
        Statements of one call that may be under way.
    where : str
        The store, for messages.
    """

    def __init__(
        self,
        hosts: Sequence[str],
        port: int,
        *,
        username: str | None,
        password: str | None,
        tls: Mapping[str, Any],
        consistency: str,
        timeout: float,
        datacenter: str | None,
        most: int,
        where: str,
    ) -> None:
        self.hosts = tuple(hosts)
        self.where = where
        self.timeout = timeout
        self._port = port
        self._known = PlainTextAuthProvider(username, password) if username else None
        self._tls = dict(tls)
        self._datacenter = datacenter
        self._most = most
        self._consistency: ContextVar[str] = ContextVar("consistency", default=consistency)
        self._open = True
        self._pid = os.getpid()
        self._cluster: Any = None
        self._session: Any = None
        self._prepared: dict[str, Any] = {}
        self._keyspace: str | None = None
        self._connect()

    # --- sessions -----------------------------------------------------------------------------------------------------

    def _connect(self) -> None:
        near = DCAwareRoundRobinPolicy(self._datacenter) if self._datacenter else None
        patience = min(self.timeout, 1e6)
        # All are tried in turn, and that within the timeout.
        connect = min(patience / (len(self.hosts) + 1), _CONNECT)
        plain: dict[str, Any] = {
            "load_balancing_policy": TokenAwarePolicy(near or RoundRobinPolicy()),
            "retry_policy": NextHost(),
            "row_factory": tuple_factory,
            "request_timeout": patience,
        }
        ranges = {**plain, "speculative_execution_policy": ConstantSpeculativeExecutionPolicy(*_SPECULATE)}
        self._cluster = Cluster(
            list(self.hosts),
            port=self._port,
            protocol_version=_PROTOCOL,
            auth_provider=self._known,
            connect_timeout=connect,
            control_connection_timeout=connect,
            max_schema_agreement_wait=patience,
            reconnection_policy=ConstantReconnectionPolicy(_RECONNECT, None),
            execution_profiles={EXEC_PROFILE_DEFAULT: ExecutionProfile(**plain), _RANGES: ExecutionProfile(**ranges)},
            application_name="proteusdb",
            **self._tls,
        )
        try:
            self._session = self._cluster.connect()
        except Exception as error:
            self._cluster.shutdown()
            raise translated(error, self.where, self.timeout, self.hosts, opening=True) from error

    @property
    def session(self) -> Session:
        """The session of this process."""
        if not self._open:
            raise ConnectionError(f"{self.where} is closed; open it again")
        if self._pid != os.getpid():
            _INHERITED.append((self._cluster, self._session))
            self._pid, self._prepared = os.getpid(), {}
            self._connect()
        return self._session

    @property
    def cluster(self) -> Any:
        """The driver's view of the cluster."""
        return self.session.cluster

    def close(self) -> None:
        """Closes every connection."""
        opened, self._open = self._open, False
        if opened and self._pid == os.getpid():
            self._cluster.shutdown()

    def use(self, keyspace: str) -> None:
        """From now on statements name tables of this keyspace."""
        self._keyspace = keyspace

    # --- consistency --------------------------------------------------------------------------------------------------

    @property
    def consistency(self) -> str:
        """What this thread reads and writes at."""
        return self._consistency.get()

    @contextmanager
    def at(self, level: str) -> Iterator[None]:
        """Another consistency for this thread meanwhile."""
        if level not in LEVELS:
            raise QueryError(f"consistency {level!r}: allowed are {', '.join(LEVELS)}")
        token = self._consistency.set(level)
        try:
            yield
        finally:
            self._consistency.reset(token)

    def _level(self) -> int:
        return int(ConsistencyLevel.name_to_value[self.consistency.upper()])

    def _serial(self) -> int:
        near = self.consistency.startswith("local")
        return int(ConsistencyLevel.LOCAL_SERIAL if near else ConsistencyLevel.SERIAL)

    # --- statements ---------------------------------------------------------------------------------------------------

    def plain(self, text: str) -> Rows:
        """A statement that is not prepared; what makes something is followed by `agree`."""
        return self._again(lambda: list(self.session.execute(text)))

    def agree(self) -> None:
        """Waits until all nodes that are there have the same tables.

        Raises
        ------
        TimeoutError
            They did not within `timeout`.
        """
        end, pause = time.monotonic() + self.timeout, _FIRST_PAUSE
        while len(told := {node.schema for node in self.nodes() if node.up}) > 1:
            if time.monotonic() + pause > end:
                raise TimeoutError(
                    f"{self.where}: the nodes had {len(told)} versions of the tables for {self.timeout:g} s; see which "
                    "of them is cut off from the others"
                )
            time.sleep(pause)
            pause = min(2 * pause, _LAST_PAUSE)

    def nodes(self) -> list[Node]:
        """Every node, as one of them knows it now."""
        return self._again(lambda: nodes_of(self.session))

    def run(self, text: str, values: Params = ()) -> Rows:
        """One statement; its rows."""
        return self._again(lambda: list(self.session.execute(self._bound(text, values))))

    def many(self, text: str, values: Sequence[Params], *, serial: bool = False) -> list[Rows]:
        """A statement with each of these values; the rows of each. With `serial` a read sees every lightweight
        transaction that was answered."""

        def make() -> list[Any]:
            statements = [self._bound(text, each) for each in values]
            for statement in statements if serial else ():
                statement.consistency_level = self._serial()
            return statements

        return self._all(make) if values else []

    def batches(self, batches: Sequence[Sequence[tuple[str, Params]]], *, logged: bool = True) -> list[Rows]:
        """Batches, each of which takes place whole; what each says."""
        kind = BatchType.LOGGED if logged else BatchType.UNLOGGED
        return self._all(lambda: [self._batch(each, kind) for each in batches]) if batches else []

    def pages(self, text: str, values: Params = (), *, size: int) -> Iterator[Rows]:
        """The rows of a statement, `size` at a time; a page that fails is asked for again."""
        state: Any = None
        while True:
            rows, state = self._again(partial(self._page, text, values, size, state))
            if rows:
                yield rows
            if state is None:
                return

    def _page(self, text: str, values: Params, size: int, state: Any) -> tuple[Rows, Any]:
        statement = self._bound(text, values)
        statement.fetch_size = size
        found = self.session.execute(statement, execution_profile=_RANGES, paging_state=state)
        return list(found.current_rows), found.paging_state

    def _bound(self, text: str, values: Params) -> Any:
        session = self.session
        prepared = self._prepared.get(text)
        if prepared is None:
            named = _TABLE.sub(rf"\1 {self._keyspace}.\2", text)
            prepared = self._prepared[text] = session.prepare(named)
            prepared.is_idempotent = True
        bound = prepared.bind(values)
        bound.consistency_level = self._level()
        bound.serial_consistency_level = self._serial()
        return bound

    def _batch(self, statements: Sequence[tuple[str, Params]], kind: Any) -> Any:
        batch = BatchStatement(kind, consistency_level=self._level(), serial_consistency_level=self._serial())
        for text, values in statements:
            batch.add(self._bound(text, values))
        batch.is_idempotent = True
        return batch

    def _all(self, make: Callable[[], list[Any]]) -> list[Rows]:
        """Statements together; those that failed for a moment once more."""
        found: dict[int, Rows] = {}

        def call() -> None:
            made = make()
            open_ = [number for number in range(len(made)) if number not in found]
            todo = [(made[number], None) for number in open_]
            results = execute_concurrent(self.session, todo, concurrency=self._most, raise_on_first_error=False)
            failed = None
            for number, (done, result) in zip(open_, results, strict=True):
                if done:
                    found[number] = list(result)
                elif failed is None or not passing(result):
                    failed = result
            if failed is not None:
                raise failed

        self._again(call)
        return [found[number] for number in sorted(found)]

    def _again(self, call: Callable[[], T]) -> T:
        """The call, and where it fails for a moment, the same once more."""
        start = time.monotonic()
        end, pause = start + self.timeout, _FIRST_PAUSE
        while True:
            try:
                return call()
            except Exception as error:
                now = time.monotonic()
                if not passing(error, now - start) or end - now <= pause:
                    raise translated(error, self.where, self.timeout, self.hosts) from error
            time.sleep(pause)
            pause = min(2 * pause, _LAST_PAUSE)
