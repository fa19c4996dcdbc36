"""The buffer behind `transaction()`: one thread's writes, seen by its own reads, applied as one unit.

::

    with db.transaction():
        a = db.store_prediction(...)      checked against store + buffer, buffered, id known
        db.update_prediction(a, ...)      version 2 of what only the buffer knows
        db.get_prediction(a)              the buffer's view
                                          exit: one apply() of everything, or nothing

It is optimistic: nothing is locked meanwhile. What an id looked like when it was first touched is remembered, and the
write transaction of the exit begins by expecting that; if another writer changed it, however late, the exit raises
ConflictError and nothing is applied.

Invariants: an operation enters the buffer only if it would succeed now; the buffer holds at most 256 MiB.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import _core
from .._core import Operation, Stored
from ..backends.base import Backend, Outcome
from ..backends.keeping import Declared
from ..errors import ConflictError, PredictionNotFoundError, QueryError, StorageError, ValidationError

__all__ = ["MAX_BYTES", "Overlay"]

MAX_BYTES = 256 << 20


class Overlay:
    """A back end seen through one thread's uncommitted writes.

    Parameters
    ----------
    backend : Backend
        What lies below.
    schema : sequence of Declared
        What metadata must be like.
    several : bool
        Whether more than one prediction may be touched.
    """

    def __init__(self, backend: Backend, schema: Sequence[Declared] = (), *, several: bool = True) -> None:
        self._backend = backend
        self._several = several
        self._about: str | None = None
        self._operations: list[Operation] = []
        self._bytes = 0
        self._seen: dict[str, Stored | None] = {}
        self._written: dict[str, list[Stored]] = {}
        self._purged: set[str] = set()
        self._analyses: dict[str, dict[str, Any] | None] = {}
        self._schema = schema

    # --- writing ------------------------------------------------------------------------------------------------------

    def add_all(self, operations: Sequence[Operation]) -> list[Outcome]:
        """Adds all or none."""
        before = self._state()
        try:
            return [self.add(operation) for operation in operations]
        except Exception:
            self._restore(before)
            raise

    def add(self, operation: Operation) -> Outcome:
        """Checks one operation against store and buffer, and buffers it.

        Raises
        ------
        ProteusError
            As `apply` would; or StorageError where the buffer is full.
        """
        if self._bytes + operation.size > MAX_BYTES:
            raise StorageError(
                f"this transaction holds {self._bytes:,} bytes and {operation.size:,} more would pass the "
                f"{MAX_BYTES:,} a transaction may buffer; use store_predictions, which commits in batches"
            )
        steps = {
            "store": self._store,
            "update": self._update,
            "delete": self._delete,
            "store_analysis": self._store_analysis,
            "delete_analysis": self._delete_analysis,
        }
        step = steps.get(operation.kind)
        if step is None:
            raise QueryError(
                f"{operation.kind} inside transaction() is refused: models are registered before or after it "
                "(a prediction inside may name a model that is new)"
            )
        about = self._one(operation)
        outcome = step(operation)
        if outcome[0] != "skipped":
            self._about = about
            self._operations.append(operation)
            self._bytes += operation.size
        return outcome

    def _one(self, operation: Operation) -> str | None:
        """The prediction an operation is about; QueryError where it is the second and there may be but one."""
        if self._several:
            return None
        about: str = operation.target
        if operation.kind == "store_analysis":
            about = operation.arguments["prediction_id"]
        elif operation.kind == "delete_analysis":
            about = (self.get_analysis(operation.target) or {}).get("prediction_id", about)
        if self._about not in (None, about):
            raise QueryError(
                f"{operation.kind} of prediction {about!r} in a transaction about {self._about!r} is refused: the back "
                f"end {self._backend.capabilities.name!r} writes each prediction as a unit of its own; use one "
                "transaction for each"
            )
        return about

    def commit(self) -> None:
        """Applies everything as one unit.

        Raises
        ------
        ConflictError
            Another writer changed a prediction that was touched here; nothing was applied.
        """
        if not self._operations:
            return
        touched = [(key, seen) for key, seen in self._seen.items() if key in self._written]
        expected = [Operation.expect(key, None if seen is None else seen.version) for key, seen in touched]
        self._backend.apply([*expected, *self._operations], each_alone=False)

    def _store(self, operation: Operation) -> Outcome:
        new = operation.prediction
        if new is None:
            raise ValidationError("a store operation without its prediction")
        current = self.get(new.prediction_id)
        if current is not None and operation.on_conflict == "skip":
            return ("skipped", new.prediction_id, current.version)
        if current is not None and operation.on_conflict == "error":
            raise ConflictError(
                f"prediction {new.prediction_id!r} exists as version {current.version}; choose another id, or "
                "on_conflict='skip' or 'replace'"
            )
        _core.obey_schema(self._schema, new)
        model_id = None if operation.model is None else self._model_id(operation.model)
        first = new.created_at or (None if current is None else current.created_at)
        return self._append(new, first, model_id)

    def _update(self, operation: Operation) -> Outcome:
        current = self._require(operation.target)
        if operation.expected_version not in (None, current.version):
            raise ConflictError(
                f"prediction {operation.target!r} has version {current.version}, not {operation.expected_version}; "
                "read it again"
            )
        model_id = None if operation.model is None else self._model_id(operation.model)
        merged = operation.merged(current, model_id)
        _core.obey_schema(self._schema, merged)
        return self._append(merged, merged.created_at, merged.model_id)

    def _append(self, new: Stored, created_at: int | None, model_id: str | None) -> Outcome:
        now = _core.now()
        version = self._last_version(new.prediction_id) + 1
        stored = new.with_version(version, updated_at=now, created_at=created_at or now, model_id=model_id)
        self._written.setdefault(new.prediction_id, []).append(stored)
        return ("written", new.prediction_id, version)

    def _delete(self, operation: Operation) -> Outcome:
        current = self._require(operation.target)
        about = self.list_analyses(operation.target)
        if about and not operation.cascade:
            raise ValidationError(
                f"prediction {operation.target!r} has {len(about)} analyses that refer to it; delete them, or use "
                "cascade=True"
            )
        for analysis_id in about:
            self._analyses[analysis_id] = None
        if operation.purge:
            self._purged.add(operation.target)
            self._written[operation.target] = []
        else:
            gone = current.tombstone(updated_at=_core.now())
            self._written.setdefault(operation.target, []).append(gone)
        return ("deleted", "", 0)

    def _store_analysis(self, operation: Operation) -> Outcome:
        arguments = operation.arguments
        if self.get(arguments["prediction_id"]) is None:
            raise ValidationError(
                f"prediction_id {arguments['prediction_id']!r}: an analysis needs a prediction that exists"
            )
        self._analyses[operation.target] = {"analysis_id": operation.target, **arguments}
        return ("id", operation.target, 0)

    def _delete_analysis(self, operation: Operation) -> Outcome:
        if self.get_analysis(operation.target) is None:
            raise QueryError(f"no analysis has the id {operation.target!r}")
        self._analyses[operation.target] = None
        return ("deleted", "", 0)

    # --- reading by id ------------------------------------------------------------------------------------------------

    def get(self, prediction_id: str, *, version: int | None = None, as_of: int | None = None) -> Stored | None:
        """See `Reader.get`; the past is the store's, the present this transaction's."""
        mine = self._written.get(prediction_id)
        if as_of is not None:
            return self._backend.get(prediction_id, as_of=as_of)
        if version is not None:
            found = next((stored for stored in mine or () if stored.version == version), None)
            if found is None and prediction_id not in self._purged:
                return self._backend.get(prediction_id, version=version)
            return None if found is None or found.deleted else found
        if mine is not None:
            return None if not mine or mine[-1].deleted else mine[-1]
        return self._below(prediction_id)

    def get_many(self, keys: Sequence[tuple[str, int | None]]) -> list[Stored | None]:
        """See `Reader.get_many`."""
        return [self.get(prediction_id, version=version) for prediction_id, version in keys]

    def history(self, prediction_id: str) -> list[Stored]:
        """See `Reader.history`."""
        before = [] if prediction_id in self._purged else self._backend.history(prediction_id)
        return [*before, *self._written.get(prediction_id, ())]

    def part(self, stored: Stored, kind: str, name: str) -> bytes:
        """See `Reader.part`."""
        fresh = stored.fresh(kind, name)
        return self._backend.part(stored, kind, name) if fresh is None else fresh

    def parts(self, stored: Sequence[Stored], kind: str, name: str) -> list[bytes | None]:
        """See `Reader.parts`."""
        present = [any(part[:2] == (kind, name) for part in version.parts) for version in stored]
        return [self.part(version, kind, name) if has else None for version, has in zip(stored, present, strict=True)]

    def get_model(self, model_id: str) -> dict[str, Any] | None:
        """See `Reader.get_model`; a model this transaction will register shows its name as its id."""
        record = self._backend.get_model(model_id)
        if record is None and any(stored.model_id == model_id for mine in self._written.values() for stored in mine):
            return {"model_id": model_id, "name": model_id, "version": None, "configuration": {}, "created_at": 0}
        return record

    def list_models(self) -> list[dict[str, Any]]:
        """See `Reader.list_models`."""
        return self._backend.list_models()

    def get_analysis(self, analysis_id: str) -> dict[str, Any] | None:
        """See `Reader.get_analysis`."""
        if analysis_id in self._analyses:
            return self._analyses[analysis_id]
        return self._backend.get_analysis(analysis_id)

    def list_analyses(self, prediction_id: str | None) -> list[str]:
        """See `Reader.list_analyses`."""
        below = [key for key in self._backend.list_analyses(prediction_id) if key not in self._analyses]
        mine = [
            key
            for key, record in self._analyses.items()
            if record is not None and prediction_id in (None, record["prediction_id"])
        ]
        return sorted([*below, *mine])

    # --- what lies below ----------------------------------------------------------------------------------------------

    def _below(self, prediction_id: str) -> Stored | None:
        """What the store had when this transaction first looked."""
        if prediction_id not in self._seen:
            self._seen[prediction_id] = self._backend.get(prediction_id)
        return self._seen[prediction_id]

    def _require(self, prediction_id: str) -> Stored:
        current = self.get(prediction_id)
        if current is None:
            raise PredictionNotFoundError(f"no prediction has the id {prediction_id!r}")
        return current

    def _last_version(self, prediction_id: str) -> int:
        mine = self._written.get(prediction_id)
        if mine:
            return mine[-1].version
        history = [] if prediction_id in self._purged else self._backend.history(prediction_id)
        return history[-1].version if history else 0

    def _model_id(self, model: str) -> str:
        """The id `apply` will find for a model's id or name; the name itself where it will register it."""
        records = self._backend.list_models()
        if any(record["model_id"] == model for record in records):
            return model
        named = [record for record in records if record["name"] == model]
        plain = [record for record in named if record["version"] is None and not record["configuration"]]
        if len(named) > 1 and not plain:
            ids = ", ".join(record["model_id"] for record in named)
            raise ValidationError(f"model {model!r} is the name of {len(named)} models; give one of their ids: {ids}")
        if not named:
            return model
        found: str = (plain or named)[0]["model_id"]
        return found if len(named) > 1 else str(named[0]["model_id"])

    def _state(self) -> tuple[Any, ...]:
        written = {prediction_id: list(mine) for prediction_id, mine in self._written.items()}
        return (list(self._operations), self._bytes, written, set(self._purged), dict(self._analyses), self._about)

    def _restore(self, state: tuple[Any, ...]) -> None:
        self._operations, self._bytes, self._written, self._purged, self._analyses, self._about = state
