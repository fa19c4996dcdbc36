"""Opening a Cassandra store, its commits, and the care of its tables.

::

    CassandraBackend(hosts=["10.0.0.1"], database="proteus", replicas=3, consistency="quorum")

There is no writer of all: a prediction is a unit of its own, and who is faster with it wins. What many predictions
would share, a transaction or one state that all reads of a call see, the capabilities declare as missing.

Invariants: a keyspace of another program is refused; what was answered is on so many replicas as the consistency says.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from ..._core import Operation, Search, Stored
from ...errors import ConflictError, ConnectionError, CorruptionError, ProteusError, StorageError, TimeoutError
from ..base import Capabilities, Exchange, Outcome
from ..shared.keeping import KeepingEngine
from ..shared.question import Ask, Question, ask_question
from ..shared.recompress import recompress
from ..shared.rows import blob_key
from ..shared.steps import Steps
from ..shared.tables import Changes, Tables
from .client import Client
from .faults import faults
from .opening import Replicas, keyspace_of, opened
from .questions import WALKED, order_of, pushed, takes
from .status import cluster_status
from .unknown import Unknown
from .writes import CassandraTables

__all__ = ["CassandraBackend"]

_PORT = 9042
_ROUNDS = 30
"""How often the operations on one prediction are gone through again, because others were faster."""
_ABOUT_PREDICTIONS = ("expect", "store", "update", "delete")


class CassandraBackend(KeepingEngine):
    """Predictions in one keyspace of a Cassandra cluster.

    Parameters
    ----------
    hosts : sequence of str
        Nodes that tell of all the others.
    port, username, password, database, read_only, timeout
        As in `DistributedDatabaseManager`.
    replicas : int or mapping of str to int
        Copies of each row in every data centre, or in those that are named.
    consistency : str
        How many of them answer a read or a write.
    datacenter : str or None
        The near one.
    in_flight : int
        The most statements of one call under way.
    tls : mapping
        Options of the driver.

    Raises
    ------
    ConnectionError
        No node can be reached, too few are there, or the keyspace is of another version or program.
    """

    ordered = WALKED

    def __init__(
        self,
        *,
        hosts: Sequence[str],
        port: int | None,
        username: str | None,
        password: str | None,
        database: str,
        replicas: Replicas,
        consistency: str,
        datacenter: str | None,
        read_only: bool,
        timeout: float,
        in_flight: int,
        tls: Mapping[str, Any],
    ) -> None:
        self.capabilities = Capabilities(
            name="cassandra", transactions=False, durable=True, processes=True, past=True, schema=True
        )
        keyspace = keyspace_of(database)
        user = f"{username}@" if username else ""
        self.url = f"cassandra://{user}{','.join(hosts)}:{port or _PORT}/{keyspace}"
        self._read_only = read_only
        self._last, self._lock = 0, threading.Lock()
        self._unknown = Unknown()
        self.client = Client(
            hosts,
            port or _PORT,
            username=username,
            password=password,
            tls=tls,
            consistency=consistency,
            timeout=timeout,
            datacenter=datacenter,
            most=in_flight,
            where=self.url,
        )
        try:
            self._settled = opened(self.client, keyspace, replicas, read_only=read_only)
        except BaseException:
            self.client.close()
            raise

    # --- transactions -------------------------------------------------------------------------------------------------

    @contextmanager
    def reading(self, timeout: float | None = None) -> Iterator[CassandraTables]:
        """See `Engine.reading`."""
        yield CassandraTables(self.client, self._settled)

    @contextmanager
    def writing(self) -> Iterator[CassandraTables]:
        """See `Engine.writing`: what two change at once, one of them loses and does again."""
        if self._read_only:
            raise StorageError(f"{self.url} is open with read_only=True; open it without to write")
        tables = CassandraTables(self.client, self._settled, self._last)
        try:
            yield tables
        finally:
            with self._lock:
                self._last = max(self._last, tables.last_commit())

    def apply(self, operations: Sequence[Operation], *, each_alone: bool) -> list[Outcome | ProteusError]:
        """See `Backend.apply`: whole for each prediction, and for all of them as far as nothing fails meanwhile."""
        with self.reading() as tables:
            outcomes: dict[int, Outcome | ProteusError] = {**self._unknown.settled(tables, operations)}
        left = [number for number in range(len(operations)) if number not in outcomes]
        lost: set[str] = set()
        for _ in range(_ROUNDS):
            if not left:
                break
            mine = [operations[number] for number in left]
            with self.writing() as tables:
                tables.newest({key for each in mine if (key := _about(each)) is not None})
                found, changes = Steps(tables, mine, keeps=self.keeps).run(each_alone=each_alone)
                lost = self._committed(tables, changes) if changes else set()
            outcomes.update(zip(left, found, strict=True))
            left = [number for number in left if _about(operations[number]) in lost]
        if left:
            raise ConflictError(f"prediction {min(lost)!r}: others changed it {_ROUNDS} times meanwhile; try later")
        return [outcomes[number] for number in range(len(operations))]

    def _committed(self, tables: CassandraTables, changes: Changes) -> set[str]:
        """Commits; where no answer comes, the predictions are noted."""
        try:
            return tables.commit(changes)
        except (TimeoutError, ConnectionError):
            self._unknown.note({version.stored.prediction_id for version in changes.versions}, tables.name)
            raise

    # --- notes --------------------------------------------------------------------------------------------------------

    def notes(self, names: Sequence[str]) -> list[str | None]:
        """See `Backend.notes`."""
        with self.reading() as tables:
            found = tables.notes(names)
        return [found.get(name) for name in names]

    def exchange_notes(self, exchange: Exchange) -> bool:
        """See `Backend.exchange_notes`: they lie in one partition, so one lightweight transaction takes them all."""
        text = "UPDATE small SET value = ? WHERE kind = 'other' AND key = ? IF value = ?"
        with self.writing() as tables:
            changes = [(text, [after, name, before]) for name, (before, after) in exchange.items()]
            [answer] = self.client.batches([changes], logged=False) if changes else [[(True,)]]
            if answer[0][0]:
                return True
            # Perhaps it was sent twice, and the first came through.
            found = tables.notes(list(exchange))
        return all(found.get(name) == after for name, (_, after) in exchange.items())

    def clock(self) -> int | None:
        """See `Backend.clock`: that of the node that answers."""
        return int(self.client.plain("SELECT toUnixTimestamp(now()) FROM system.local")[0][0]) * 1000

    # --- parts and questions ------------------------------------------------------------------------------------------

    def parts(self, stored: Sequence[Stored], kind: str, name: str) -> list[bytes | None]:
        """See `Backend.parts`; blobs are kept by prediction."""
        keys = [(version.prediction_id, version.key(kind, name)) for version in stored]
        with self.reading() as tables:
            blobs = tables.blobs_of([(owner, key) for owner, key in keys if key is not None])
        found: list[bytes | None] = []
        for version, (owner, key) in zip(stored, keys, strict=True):
            if key is None:
                found.append(version.fresh(kind, name))
                continue
            data = blobs.get((owner, key))
            if data is None or blob_key(data) != key:
                what = "is not there" if data is None else "does not hold what was stored"
                raise CorruptionError(
                    f"prediction {owner!r}, version {version.version}: {kind} {name!r} {what} (blob {key}); it was "
                    "purged meanwhile, or the store is damaged"
                )
            found.append(data)
        return found

    def takes(self, ask: Ask) -> bool | None:
        """See `Engine.takes`."""
        return takes(ask)

    def _question(self, search: Search, tables: Tables, *, count: bool = False, contest: bool = False) -> Question:
        """An order is walked along where only the first rows are wanted and no index narrows them down."""
        arguments: dict[str, Any] = {"takes": self.takes, "ordered": self.ordered, "count": count, "contest": contest}
        question = ask_question(search, tables.declared(), **arguments)
        walks = question.early and question.as_of is None and order_of(question.order or ()) is not None
        if question.order is None or (walks and not pushed(question)):
            return question
        return ask_question(search, tables.declared(), **arguments, sorts=False)

    # --- care ---------------------------------------------------------------------------------------------------------

    def at(self, consistency: str) -> AbstractContextManager[None]:
        """Another consistency for what this thread reads and writes meanwhile."""
        return self.client.at(consistency)

    def cluster_status(self) -> dict[str, Any]:
        """The nodes and what is told of them; see `status`."""
        return cluster_status(self.client, self._settled.keyspace)

    def compact(self, compression: str | None) -> None:
        """See `Backend.compact`: Cassandra gives room back by itself."""
        if compression is not None:
            recompress(self, compression)

    def check(self) -> list[str]:
        """See `Backend.check`."""
        with self.reading() as tables:
            return [*faults(tables), *self.against_schema()]

    def close(self) -> None:
        """See `Backend.close`."""
        self.client.close()


def _about(operation: Operation) -> str | None:
    """The prediction an operation changes; `None` where it changes none."""
    return operation.target if operation.kind in _ABOUT_PREDICTIONS else None
