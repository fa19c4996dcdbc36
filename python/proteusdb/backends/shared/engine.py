"""Backend in terms of Tables: what every engine that keeps rows has in common.

::

    apply     Steps over a writing transaction, then Tables.write
    get ...   a row, as a Stored
    query     Search -> Question -> Tables.scan -> verified row by row
    part      a blob by its key

An engine inherits from `Engine` and gives `reading`, `writing`, `compact` and `close`.

Invariants: every call is one transaction; a prediction given out names its blobs by content, so it reads the same
whatever is written meanwhile.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from ... import _core
from ..._core import Operation, Search, Stored
from ...errors import CorruptionError, PredictionNotFoundError, ProteusError, QueryError
from ..base import Capabilities, Exchange, Outcome
from .check import faults
from .question import ORDERED, Ask, Found, Question, ask_question, verified
from .rows import blob_key, stored
from .steps import Steps
from .tables import Changes, Tables

__all__ = ["MOST_INDEXES", "Engine"]

MOST_INDEXES = 64
"""The most declared indexes; every write pays for each."""


_OTHERS = "other "
"""Before the names of notes that are not the engine's own."""


class Engine(ABC):
    """A back end over `Tables`."""

    capabilities: Capabilities
    url: str
    ordered = ORDERED
    """Fields the engine sorts by as the library does."""
    keeps = False
    """Whether its tables know lives and notes, so that versions can be trimmed and a schema is obeyed; see
    `KeepingEngine`."""

    # --- what an engine gives -----------------------------------------------------------------------------------------

    @abstractmethod
    def reading(self, timeout: float | None = None) -> AbstractContextManager[Tables]:
        """One state of the store, to read; `timeout` (s) bounds each statement."""

    @abstractmethod
    def writing(self) -> AbstractContextManager[Tables]:
        """A transaction that is committed at the exit, or rolled back on an exception. No other writes meanwhile, or
        what would conflict is tried again by whoever called."""

    @abstractmethod
    def close(self) -> None:
        """Lets go of everything; a second call does nothing."""

    @abstractmethod
    def compact(self, compression: str | None) -> None:
        """See `Backend.compact`."""

    def takes(self, ask: Ask) -> bool | None:
        """Whether the engine can ask this of its columns; `None` where it finds a superset."""
        return True

    # --- writing ------------------------------------------------------------------------------------------------------

    def apply(self, operations: Sequence[Operation], *, each_alone: bool) -> list[Outcome | ProteusError]:
        """See `Backend.apply`."""
        with self.writing() as tables:
            outcomes, changes = Steps(tables, operations, keeps=self.keeps).run(each_alone=each_alone)
            if changes:
                self.commit(tables, changes)
        return outcomes

    def commit(self, tables: Tables, changes: Changes) -> None:
        """Writes what is to be kept, unless something forbids it."""
        tables.write(changes)

    # --- reading by id ------------------------------------------------------------------------------------------------

    def get(self, prediction_id: str, *, version: int | None = None, as_of: int | None = None) -> Stored | None:
        """See `Backend.get`."""
        with self.reading() as tables:
            if version is not None:
                row = tables.numbered([(prediction_id, version)]).get((prediction_id, version))
                return None if row is None else stored(row)
            if as_of is not None:
                row = tables.at(prediction_id, as_of)
            else:
                row = tables.newest([prediction_id]).get(prediction_id)
        found = None if row is None else stored(row)
        return None if found is None or found.deleted else found

    def get_many(self, keys: Sequence[tuple[str, int | None]]) -> list[Stored | None]:
        """See `Backend.get_many`."""
        with self.reading() as tables:
            newest = tables.newest({key for key, version in keys if version is None})
            numbered = tables.numbered({(key, version) for key, version in keys if version is not None})
        found: list[Stored | None] = []
        for key, version in keys:
            row = newest.get(key) if version is None else numbered.get((key, version))
            one = None if row is None else stored(row)
            found.append(None if one is None or (version is None and one.deleted) else one)
        return found

    def history(self, prediction_id: str) -> list[Stored]:
        """See `Backend.history`."""
        with self.reading() as tables:
            return [stored(row) for row in tables.versions(prediction_id)]

    def part(self, stored: Stored, kind: str, name: str) -> bytes:
        """See `Backend.part`."""
        data = self.parts([stored], kind, name)[0]
        if data is None:
            raise PredictionNotFoundError(f"prediction {stored.prediction_id!r} has no {kind} {name!r}")
        return data

    def parts(self, stored: Sequence[Stored], kind: str, name: str) -> list[bytes | None]:
        """See `Backend.parts`."""
        keys = [version.key(kind, name) for version in stored]
        with self.reading() as tables:
            blobs = tables.blobs({key for key in keys if key is not None})
        return [_bytes_of(version, kind, name, key, blobs) for version, key in zip(stored, keys, strict=True)]

    def ids(self, after: str | None, limit: int) -> list[str]:
        """See `Backend.ids`."""
        with self.reading() as tables:
            return tables.ids(after, limit)

    # --- models and analyses ------------------------------------------------------------------------------------------

    def get_model(self, model_id: str) -> dict[str, Any] | None:
        """See `Backend.get_model`."""
        return next((model for model in self.list_models() if model["model_id"] == model_id), None)

    def list_models(self) -> list[dict[str, Any]]:
        """See `Backend.list_models`."""
        with self.reading() as tables:
            return tables.models()

    def get_analysis(self, analysis_id: str) -> dict[str, Any] | None:
        """See `Backend.get_analysis`."""
        with self.reading() as tables:
            return tables.analysis(analysis_id)

    def list_analyses(self, prediction_id: str | None) -> list[str]:
        """See `Backend.list_analyses`."""
        with self.reading() as tables:
            return tables.analyses_of(prediction_id)

    # --- questions ----------------------------------------------------------------------------------------------------

    def query(self, criteria: Mapping[str, Any], timeout: float | None) -> list[tuple[str, int]]:
        """See `Backend.query`."""
        return self._answer(Search(criteria), timeout).pins

    def best(self, criteria: Mapping[str, Any], by: str, per: str, timeout: float | None) -> list[tuple[str, int]]:
        """See `Backend.best`."""
        return self._answer(Search(criteria, (by, per)), timeout, contest=True).pins

    def count(self, criteria: Mapping[str, Any], timeout: float | None) -> int:
        """See `Backend.count`."""
        search = Search(criteria)
        with self.reading(timeout) as tables:
            question = self._question(search, tables, count=True)
            if question.nothing:
                return 0
            if len(question.answered) == len(search.conditions):
                return tables.count(question)
            return verified(search, question, tables.scan(question), count=True, timeout=timeout).matched

    def explain(self, criteria: Mapping[str, Any], timeout: float | None) -> dict[str, Any]:
        """See `Backend.explain`. `pushed` are the conditions the engine answers by itself, `conditions` those that are
        verified row by row."""
        search = Search(criteria)
        started = time.monotonic()
        with self.reading(timeout) as tables:
            question = self._question(search, tables)
            plan = {"access": "nothing: no row can meet the conditions"} if question.nothing else tables.plan(question)
        found = self._answer(search, timeout)
        residual = [text for number, text in enumerate(search.conditions) if number not in question.answered]
        return {
            **plan,
            "pushed": list(question.told),
            "conditions": residual,
            "answered": [search.conditions[number] for number in question.answered],
            "order": search.order_text,
            "visited": found.visited,
            "matched": found.matched,
            "returned": len(found.pins),
            "stopped_early": found.early,
            "seconds": time.monotonic() - started,
        }

    def _question(self, search: Search, tables: Tables, *, count: bool = False, contest: bool = False) -> Question:
        return ask_question(
            search, tables.declared(), takes=self.takes, ordered=self.ordered, count=count, contest=contest
        )

    def _answer(self, search: Search, timeout: float | None, *, contest: bool = False) -> Found:
        with self.reading(timeout) as tables:
            question = self._question(search, tables, contest=contest)
            batches: Iterator[Sequence[Any]] = iter(()) if question.nothing else tables.scan(question)
            return verified(search, question, batches, contest=contest, timeout=timeout)

    # --- declared indexes ---------------------------------------------------------------------------------------------

    def create_index(self, field: str) -> bool:
        """See `Backend.create_index`."""
        name = _core.parse_index(field)
        with self.writing() as tables:
            declared = tables.declared()
            if name in declared:
                return False
            if len(declared) >= MOST_INDEXES:
                raise QueryError(f"{MOST_INDEXES} indexes are declared, which is the most; drop one of them first")
            numbers = set(range(1, MOST_INDEXES + 1)) - set(declared.values())
            tables.declare(name, min(numbers))
        return True

    def drop_index(self, field: str) -> None:
        """See `Backend.drop_index`."""
        name = _core.parse_index(field)
        with self.writing() as tables:
            declared = tables.declared()
            if name not in declared:
                listed = ", ".join(declared) or "none"
                raise QueryError(f"no index is declared on {name}; declared are: {listed}")
            tables.undeclare(name, declared[name])

    def list_indexes(self) -> list[tuple[str, int]]:
        """See `Backend.list_indexes`."""
        with self.reading() as tables:
            return [(field, tables.filled(number)) for field, number in tables.declared().items()]

    # --- notes --------------------------------------------------------------------------------------------------------

    def notes(self, names: Sequence[str]) -> list[str | None]:
        """See `Backend.notes`."""
        with self.reading() as tables:
            found = tables.notes([_OTHERS + name for name in names])
        return [found.get(_OTHERS + name) for name in names]

    def exchange_notes(self, exchange: Exchange) -> bool:
        """See `Backend.exchange_notes`."""
        with self.writing() as tables:
            found = tables.notes([_OTHERS + name for name in exchange])
            if any(found.get(_OTHERS + name) != expected for name, (expected, _) in exchange.items()):
                return False
            now = max(_core.now(), tables.last_commit() + 1)
            tables.write(Changes(now, notes={_OTHERS + name: text for name, (_, text) in exchange.items()}))
        return True

    def clock(self) -> int | None:
        """See `Backend.clock`; a server's engine tells that of the server."""
        return None

    # --- care ---------------------------------------------------------------------------------------------------------

    def stats(self) -> dict[str, Any]:
        """See `Backend.stats`."""
        with self.reading() as tables:
            return tables.figures()

    def check(self) -> list[str]:
        """See `Backend.check`."""
        with self.reading() as tables:
            return [*tables.faults(), *faults(tables)]


def _bytes_of(version: Stored, kind: str, name: str, key: str | None, blobs: Mapping[str, bytes]) -> bytes | None:
    if key is None:
        return version.fresh(kind, name)
    data = blobs.get(key)
    if data is None:
        raise CorruptionError(
            f"prediction {version.prediction_id!r}, version {version.version}: {kind} {name!r} is not there "
            f"(blob {key}); it was purged meanwhile, or the store is damaged"
        )
    if blob_key(data) != key:
        raise CorruptionError(f"blob {key} of prediction {version.prediction_id!r} does not hold what was stored")
    return data
