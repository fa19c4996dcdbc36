"""The memory back end: every meaning of the library in the plainest Python, to check the others against.

::

    versions   prediction id -> [version 1, version 2, ...]     immutable `Stored` values, tombstones included
    removed    prediction id -> {version, ...}                  of those, what cleanup took: see `memory_keeping`
    models     model id -> its record                           in order of registration
    analyses   analysis id -> its record                        in order of storing

It keeps everything in dicts of one process and answers every query by looking at every row
(`proteusdb.testing.oracle`). It shares validation and the codec with the other back ends, and no other line: where it
and the Rust core disagree, one of them is wrong. It is an oracle for tests, not a store: nothing outlives the process.

Invariants: a version number is its place in the list plus one; commit times ascend; an operation checks before it
writes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .. import _core
from .._core import Operation, Stored
from ..errors import ConflictError, PredictionNotFoundError, ProteusError, StorageError, ValidationError
from ..testing import oracle
from .base import Capabilities, Outcome
from .changelog import ChangeLog
from .memory_history import MemoryHistory
from .memory_keeping import MemoryKeeping
from .memory_models import MemoryModels

__all__ = ["MemoryBackend"]


class MemoryBackend(MemoryHistory, MemoryKeeping, MemoryModels):
    """Predictions, models and analyses in dicts; thread safe, and not to be pickled: no other process sees them."""

    url = "memory:"

    def __init__(self) -> None:
        self.capabilities = Capabilities(name="memory", past=True, schema=True, histories=True)
        self._versions: dict[str, list[Stored]] = {}
        self._removed: dict[str, set[int]] = {}
        self._notes: dict[str, str] = {}
        self._tags: dict[str, tuple[int, int]] = {}
        self._schema = oracle.Schema()
        self._models: dict[str, dict[str, Any]] = {}
        self._analyses: dict[str, dict[str, Any]] = {}
        self._indexes = oracle.DeclaredIndexes()
        self._last_commit = 0
        self._log = ChangeLog()
        self._lock = threading.RLock()
        self._open = True

    def __reduce__(self) -> str | tuple[Any, ...]:
        raise TypeError("the memory back end lives in one process and cannot be pickled; use an LMDB file")

    # --- writing ------------------------------------------------------------------------------------------------------

    def apply(self, operations: Sequence[Operation], *, each_alone: bool) -> list[Outcome | ProteusError]:
        """One transaction; see `_core.Store.apply`."""
        with self._lock:
            self._check_open()
            before = self._state()
            self._last_commit = max(_core.now(), self._last_commit + 1)
            outcomes: list[Outcome | ProteusError] = []
            for operation in operations:
                try:
                    outcomes.append(self._step(operation))
                except ProteusError as error:
                    if not each_alone:
                        self._versions, self._removed, self._models, self._analyses = before
                        raise
                    outcomes.append(error)
            return outcomes

    def _state(self) -> tuple[dict[str, list[Stored]], dict[str, set[int]], dict[str, Any], dict[str, Any]]:
        versions = {prediction_id: list(history) for prediction_id, history in self._versions.items()}
        removed = {prediction_id: set(numbers) for prediction_id, numbers in self._removed.items()}
        return versions, removed, dict(self._models), dict(self._analyses)

    def _step(self, operation: Operation) -> Outcome:
        steps: dict[str, Callable[[Operation], Outcome]] = {
            "expect": self._expect,
            "store": self._store,
            "update": self._update,
            "delete": self._delete,
            "store_model": self._store_model,
            "update_model": self._update_model,
            "delete_model": self._delete_model,
            "store_analysis": self._store_analysis,
            "delete_analysis": self._delete_analysis,
        }
        outcome = steps[operation.kind](operation)
        key = operation.prediction_id
        if operation.keep_versions is not None and outcome[0] != "skipped" and key in self._versions:
            self._trim(key, None, operation.keep_versions, to_the_last=False)
        return outcome

    def _expect(self, operation: Operation) -> Outcome:
        current, expected = self._current(operation.target), operation.expected_version
        version = None if current is None else current.version
        if version != expected:
            raise ConflictError(
                f"prediction {operation.target!r} is at {version}, not {expected}; run the transaction again"
            )
        return ("as expected", "", 0)

    def _store(self, operation: Operation) -> Outcome:
        new = operation.prediction
        assert new is not None
        current = self._current(new.prediction_id)
        if current is not None and operation.on_conflict == "skip":
            return ("skipped", new.prediction_id, current.version)
        if current is not None and operation.on_conflict == "error":
            raise ConflictError(
                f"prediction {new.prediction_id!r} exists as version {current.version}; choose another id, or "
                "on_conflict='skip' or 'replace'"
            )
        self._obey(new)
        first = self._last_commit if current is None else current.created_at
        model_id = None if operation.model is None else self._model_id(operation.model)
        return self._append(new, first, model_id)

    def _update(self, operation: Operation) -> Outcome:
        current = self._existing(operation.target)
        expected = operation.expected_version
        if expected is not None and expected != current.version:
            raise ConflictError(
                f"prediction {current.prediction_id!r} has version {current.version}, not {expected}; read it again"
            )
        # Merged before the model is looked up, so that a change that is refused registers no model.
        merged = operation.merged(current, operation.model)
        self._obey(merged)
        model_id = merged.model_id if operation.model is None else self._model_id(operation.model)
        return self._append(merged, merged.created_at, model_id)

    def _obey(self, new: Stored) -> None:
        fault = self._schema.fault(new.metadata)
        if fault is not None:
            raise ValidationError(f"prediction {new.prediction_id!r}: {fault}; the schema says so")

    def _append(self, new: Stored, created_at: int, model_id: str | None) -> Outcome:
        history = self._versions.setdefault(new.prediction_id, [])
        version = len(history) + 1
        history.append(
            new.with_version(version, updated_at=self._last_commit, created_at=created_at, model_id=model_id)
        )
        return ("written", new.prediction_id, version)

    def _delete(self, operation: Operation) -> Outcome:
        history = self._versions.get(operation.target)
        # What is deleted already can still be purged.
        current = history[-1] if history and operation.purge else self._existing(operation.target)
        about = [key for key, analysis in self._analyses.items() if analysis["prediction_id"] == operation.target]
        if about and not operation.cascade:
            raise ValidationError(
                f"prediction {operation.target!r} has {len(about)} analyses; delete them first, or use cascade=True"
            )
        for analysis_id in about:
            del self._analyses[analysis_id]
            self._log.touch("analysis", analysis_id, self._last_commit)
        if operation.purge:
            self._forget(operation.target)
        else:
            self._versions[operation.target].append(current.tombstone(updated_at=self._last_commit))
        return ("deleted", "", 0)

    # --- reading ------------------------------------------------------------------------------------------------------

    def get(self, prediction_id: str, *, version: int | None = None, as_of: int | None = None) -> Stored | None:
        """The current version, the one with this number (a deletion included), or the one current at a commit time."""
        with self._lock:
            self._check_open()
            number = self._version_at(prediction_id, as_of) if version is None else version
            return next((self._seen(row) for row in self._left(prediction_id) if row.version == number), None)

    def _seen(self, stored: Stored) -> Stored:
        """Old versions may name a model that was deleted since; no record of it can be shown."""
        if stored.model_id is None or stored.model_id in self._models:
            return stored
        return stored.with_version(
            stored.version, updated_at=stored.updated_at, created_at=stored.created_at, model_id=None
        )

    def get_many(self, keys: Sequence[tuple[str, int | None]]) -> list[Stored | None]:
        """`get` of each (id, version)."""
        with self._lock:
            return [self.get(prediction_id, version=version) for prediction_id, version in keys]

    def history(self, prediction_id: str) -> list[Stored]:
        """Every version, oldest first, tombstones included."""
        with self._lock:
            self._check_open()
            return [self._seen(stored) for stored in self._left(prediction_id)]

    def part(self, stored: Stored, kind: str, name: str) -> bytes:
        """The encoded bytes of one part."""
        data = stored.fresh(kind, name)
        if data is None:
            raise StorageError(f"prediction {stored.prediction_id!r} has no {kind} {name!r}")
        return data

    def parts(self, stored: Sequence[Stored], kind: str, name: str) -> list[bytes | None]:
        """The encoded bytes of one part of each, `None` where there is none."""
        return [version.fresh(kind, name) for version in stored]

    def ids(self, after: str | None, limit: int) -> list[str]:
        """Ids of current predictions in byte order, those after `after`."""
        with self._lock:
            self._check_open()
            ids = sorted((row.prediction_id for row in self._rows(None)), key=_bytes)
            return [key for key in ids if after is None or _bytes(key) > _bytes(after)][:limit]

    def query(self, criteria: Mapping[str, Any], timeout: float | None) -> list[tuple[str, int]]:
        """(id, version) of what matches, in the order asked for."""
        return [(row.prediction_id, row.version) for row in oracle.select(self._views(criteria), criteria)]

    def count(self, criteria: Mapping[str, Any], timeout: float | None) -> int:
        """How many match, whatever the limit."""
        return oracle.count(self._views(criteria), criteria)

    def best(self, criteria: Mapping[str, Any], by: str, per: str, timeout: float | None) -> list[tuple[str, int]]:
        """The best of each job or sequence."""
        _core.parse_contest(by, per)
        return [(row.prediction_id, row.version) for row in oracle.best(self._views(criteria), criteria, by, per)]

    def explain(self, criteria: Mapping[str, Any], timeout: float | None) -> dict[str, Any]:
        """There is one plan: look at everything."""
        rows = self._views(criteria)
        return {"access": "all", "visited": len(rows), "matched": oracle.count(rows, criteria)}

    # --- care ---------------------------------------------------------------------------------------------------------

    def create_index(self, field: str) -> bool:
        """Takes note of it; every query looks at every row all the same."""
        with self._lock:
            self._check_open()
            return self._indexes.add(field)

    def drop_index(self, field: str) -> None:
        """Forgets it."""
        with self._lock:
            self._check_open()
            self._indexes.remove(field)

    def list_indexes(self) -> list[tuple[str, int]]:
        """Fields, and how many rows have a value there."""
        return self._indexes.counted(self._views({}))

    def stats(self) -> dict[str, Any]:
        """Counts."""
        with self._lock:
            self._check_open()
            return {
                "predictions": len(self._rows(None)),
                "versions": sum(len(self._left(prediction_id)) for prediction_id in self._versions),
                "models": len(self._models),
                "analyses": len(self._analyses),
                "residues": sum(row.length for row in self._rows(None)),
            }

    def compact(self, compression: str | None) -> None:
        """See `Backend.compact`: memory has no room to give back, and keeps structures as they came."""
        with self._lock:
            self._check_open()

    def check(self) -> list[str]:
        """One line for each broken invariant; empty where all hold."""
        with self._lock:
            self._check_open()
            faults = []
            for prediction_id, history in self._versions.items():
                if [stored.version for stored in history] != list(range(1, len(history) + 1)):
                    faults.append(f"prediction {prediction_id!r}: version numbers have gaps")
                faults += [f"prediction {prediction_id!r}: {why}" for why in self._faults(history[-1])]
                used = {stored.model_id for stored in history[-1:] if not stored.deleted} - {None}
                faults += [f"prediction {prediction_id!r}: no model {lost!r}" for lost in used - set(self._models)]
            for analysis_id, analysis in self._analyses.items():
                if self._current(analysis["prediction_id"]) is None:
                    faults.append(f"analysis {analysis_id!r}: its prediction is absent")
            return faults

    def _faults(self, newest: Stored) -> list[str]:
        fault = None if newest.deleted else self._schema.fault(newest.metadata)
        return [] if fault is None else [fault]

    def close(self) -> None:
        """Forgets everything."""
        with self._lock:
            self._open = False
            self._versions, self._models, self._analyses = {}, {}, {}

    def _check_open(self) -> None:
        if not self._open:
            raise StorageError("this memory back end is closed; make a new one")

    def _current(self, prediction_id: str) -> Stored | None:
        history = self._versions.get(prediction_id)
        return None if not history or history[-1].deleted else history[-1]

    def _existing(self, prediction_id: str) -> Stored:
        current = self._current(prediction_id)
        if current is None:
            raise PredictionNotFoundError(f"no prediction has the id {prediction_id!r}")
        return current

    def _rows(self, as_of: int | None) -> list[Stored]:
        rows = (self.get(prediction_id, as_of=as_of) for prediction_id in self._versions)
        return [row for row in rows if row is not None]

    def _views(self, criteria: Mapping[str, Any]) -> list[oracle.Row]:
        # Which criteria are well formed is one truth for all back ends; what they mean is the oracle's own.
        _core.parse_criteria(criteria)
        with self._lock:
            self._check_open()
            moment = oracle.last_moment(criteria.get("as_of"))
            return [oracle.Row(row, self._models.get(row.model_id or "")) for row in self._rows(moment)]


def _bytes(text: str) -> bytes:
    return text.encode("utf-8")
