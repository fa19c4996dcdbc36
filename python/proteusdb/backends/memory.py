"""The memory back end: every meaning of the library in the plainest Python, to check the others against.

::

    versions   prediction id -> [version 1, version 2, ...]     immutable `Stored` values, tombstones included
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
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .. import _core
from .._core import Operation, Stored
from ..errors import ConflictError, PredictionNotFoundError, ProteusError, StorageError, ValidationError
from ..testing import oracle
from .base import Capabilities, Outcome

__all__ = ["MemoryBackend"]


class MemoryBackend:
    """Predictions, models and analyses in dicts; see the head of this file.

    Thread safe. It cannot be pickled: another process would not see the same dicts.
    """

    url = "memory:"

    def __init__(self) -> None:
        self.capabilities = Capabilities(name="memory")
        self._versions: dict[str, list[Stored]] = {}
        self._models: dict[str, dict[str, Any]] = {}
        self._analyses: dict[str, dict[str, Any]] = {}
        self._last_commit = 0
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
                        self._versions, self._models, self._analyses = before
                        raise
                    outcomes.append(error)
            return outcomes

    def _state(self) -> tuple[dict[str, list[Stored]], dict[str, dict[str, Any]], dict[str, dict[str, Any]]]:
        versions = {prediction_id: list(history) for prediction_id, history in self._versions.items()}
        return versions, dict(self._models), dict(self._analyses)

    def _step(self, operation: Operation) -> Outcome:
        steps: dict[str, Callable[[Operation], Outcome]] = {
            "store": self._store,
            "update": self._update,
            "delete": self._delete,
            "store_model": self._store_model,
            "update_model": self._update_model,
            "delete_model": self._delete_model,
            "store_analysis": self._store_analysis,
            "delete_analysis": self._delete_analysis,
        }
        return steps[operation.kind](operation)

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
        model_id = merged.model_id if operation.model is None else self._model_id(operation.model)
        return self._append(merged, merged.created_at, model_id)

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
        if operation.purge:
            del self._versions[operation.target]
        else:
            self._versions[operation.target].append(current.tombstone(updated_at=self._last_commit))
        return ("deleted", "", 0)

    # --- models and analyses ------------------------------------------------------------------------------------------

    def _model_id(self, text: str) -> str:
        """A model's id as it is; else the model with this name, registered if there is none."""
        if text in self._models:
            return text
        named = [model for model in self._models.values() if model["name"] == text]
        plain = [model for model in named if model["version"] is None and not model["configuration"]]
        if not named:
            return self._register(text, None, {})
        if len(named) > 1 and not plain:
            ids = ", ".join(model["model_id"] for model in named)
            raise ValidationError(f"model: {text!r} is the name of {len(named)} models; give one of their ids: {ids}")
        chosen: str = (named if len(named) == 1 else plain)[0]["model_id"]
        return chosen

    def _register(self, name: str, version: str | None, configuration: dict[str, Any]) -> str:
        model_id = str(uuid.uuid4())
        self._models[model_id] = {
            "model_id": model_id,
            "name": name,
            "version": version,
            "configuration": configuration,
            "created_at": self._last_commit,
        }
        return model_id

    def _store_model(self, operation: Operation) -> Outcome:
        wanted = operation.arguments
        for model_id, model in self._models.items():
            if _same_model(model, wanted):
                return ("id", model_id, 0)
        return ("id", self._register(wanted["name"], wanted["version"], wanted["configuration"]), 0)

    def _update_model(self, operation: Operation) -> Outcome:
        model = self._existing_model(operation.target)
        changes = dict(operation.arguments)
        configuration = {**model["configuration"], **(changes.pop("configuration", None) or {})}
        kept = {key: value for key, value in configuration.items() if value is not None}
        changed = {**model, **changes, "model_id": operation.target, "configuration": kept}
        self._models[operation.target] = changed
        return ("id", operation.target, 0)

    def _delete_model(self, operation: Operation) -> Outcome:
        self._existing_model(operation.target)
        users = [row for row in self._rows(None) if row.model_id == operation.target]
        if users:
            raise ValidationError(
                f"model {operation.target!r} is used by {len(users)} predictions, {users[0].prediction_id!r} among them"
            )
        del self._models[operation.target]
        return ("deleted", "", 0)

    def _existing_model(self, model_id: str) -> dict[str, Any]:
        if model_id not in self._models:
            raise ValidationError(f"no model has the id {model_id!r}; list_models() shows all")
        return self._models[model_id]

    def _store_analysis(self, operation: Operation) -> Outcome:
        analysis = dict(operation.arguments)
        if self._current(analysis["prediction_id"]) is None:
            raise ValidationError(f"prediction_id: no prediction has the id {analysis['prediction_id']!r}")
        self._analyses[operation.target] = {**analysis, "analysis_id": operation.target}
        return ("id", operation.target, 0)

    def _delete_analysis(self, operation: Operation) -> Outcome:
        if self._analyses.pop(operation.target, None) is None:
            raise ValidationError(f"no analysis has the id {operation.target!r}; list_analyses() shows all")
        return ("deleted", "", 0)

    def get_model(self, model_id: str) -> dict[str, Any] | None:
        """A copy of the model's record, or `None`."""
        with self._lock:
            self._check_open()
            model = self._models.get(model_id)
            return None if model is None else {**model, "configuration": dict(model["configuration"])}

    def list_models(self) -> list[dict[str, Any]]:
        """Every model's record."""
        with self._lock:
            self._check_open()
            return [{**model, "configuration": dict(model["configuration"])} for model in self._models.values()]

    def get_analysis(self, analysis_id: str) -> dict[str, Any] | None:
        """A copy of the analysis' record, or `None`."""
        with self._lock:
            self._check_open()
            analysis = self._analyses.get(analysis_id)
            return None if analysis is None else dict(analysis)

    def list_analyses(self, prediction_id: str | None) -> list[str]:
        """Ids in order, of one prediction or of all."""
        with self._lock:
            self._check_open()
            return sorted(
                key
                for key, analysis in self._analyses.items()
                if prediction_id is None or analysis["prediction_id"] == prediction_id
            )

    # --- reading ------------------------------------------------------------------------------------------------------

    def get(self, prediction_id: str, *, version: int | None = None, as_of: int | None = None) -> Stored | None:
        """The current version, the one with this number (a deletion included), or the one current at a commit time."""
        with self._lock:
            self._check_open()
            history = self._versions.get(prediction_id, [])
            if version is not None:
                return self._seen(history[version - 1]) if 1 <= version <= len(history) else None
            past = [stored for stored in history if as_of is None or stored.updated_at <= as_of]
            return self._seen(past[-1]) if past and not past[-1].deleted else None

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
            return [self._seen(stored) for stored in self._versions.get(prediction_id, [])]

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
        return [(row.prediction_id, row.version) for row in oracle.best(self._views(criteria), criteria, by, per)]

    def explain(self, criteria: Mapping[str, Any], timeout: float | None) -> dict[str, Any]:
        """There is one plan: look at everything."""
        rows = self._views(criteria)
        return {"access": "all", "visited": len(rows), "matched": oracle.count(rows, criteria)}

    # --- care ---------------------------------------------------------------------------------------------------------

    def stats(self) -> dict[str, Any]:
        """Counts."""
        with self._lock:
            self._check_open()
            return {
                "predictions": len(self._rows(None)),
                "versions": sum(len(history) for history in self._versions.values()),
                "models": len(self._models),
                "analyses": len(self._analyses),
                "residues": sum(row.length for row in self._rows(None)),
            }

    def check(self) -> list[str]:
        """One line for each broken invariant; empty where all hold."""
        with self._lock:
            self._check_open()
            faults = []
            for prediction_id, history in self._versions.items():
                if [stored.version for stored in history] != list(range(1, len(history) + 1)):
                    faults.append(f"prediction {prediction_id!r}: version numbers have gaps")
                used = {stored.model_id for stored in history[-1:] if not stored.deleted} - {None}
                faults += [f"prediction {prediction_id!r}: no model {lost!r}" for lost in used - set(self._models)]
            for analysis_id, analysis in self._analyses.items():
                if self._current(analysis["prediction_id"]) is None:
                    faults.append(f"analysis {analysis_id!r}: its prediction is absent")
            return faults

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


def _same_model(a: Mapping[str, Any], b: Mapping[str, Any]) -> bool:
    named_alike = (a["name"], a["version"]) == (b["name"], b["version"])
    return named_alike and oracle.same(a["configuration"], b["configuration"])
