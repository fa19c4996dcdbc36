"""Operations to changes of rows: what a store, an update, a delete means, decided in one place for every engine.

::

    operations ─┐
    tables ─────┴─> Steps.run ──> outcomes, Changes        nothing is written here

All that can be asked beforehand is read at once; then the operations are gone through one by one over what was read and
what those before them changed.

Invariants: an operation checks before it changes, so one that fails leaves no trace; versions of a prediction count up
from 1; all versions of one commit have one time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ... import _core
from ..._core import Operation, Stored
from ...errors import ConflictError, PredictionNotFoundError, ProteusError, StorageError, ValidationError
from ..base import Outcome
from ..keeping import Declared
from .past import Taker, tags_of, trimmed
from .rows import Version, keys_of, stored
from .standing import took_away
from .tables import Changes, Life, Record, Tables

__all__ = ["SCHEMA", "Steps", "schema_of"]

SCHEMA = "schema"
"""The note that holds the schema."""

_ABOUT_PREDICTIONS = ("expect", "store", "update", "delete")


class Steps:
    """The operations of one commit.

    Parameters
    ----------
    tables : Tables
        A transaction that writes.
    operations : sequence of Operation
        In order.
    keeps : bool
        Whether versions can be trimmed and the schema of metadata is obeyed.
    """

    def __init__(self, tables: Tables, operations: Sequence[Operation], *, keeps: bool = False) -> None:
        self._tables = tables
        self._operations = operations
        self._changes = Changes(max(_core.now(), tables.last_commit() + 1))
        self._newest = self._read_newest()
        self._mine: dict[str, list[Version]] = {}
        self._models: dict[str, Record] | None = None
        self._keeps = keeps
        self._schema = schema_of(tables) if keeps else []
        self._kinds: dict[str, Callable[[Operation], Outcome]] = {
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

    def run(self, *, each_alone: bool) -> tuple[list[Outcome | ProteusError], Changes]:
        """Goes through the operations.

        Returns
        -------
        outcomes, changes
            With `each_alone` the outcome of an operation that fails is its error.

        Raises
        ------
        ProteusError
            Without `each_alone`, the first failure.
        """
        outcomes: list[Outcome | ProteusError] = []
        for operation in self._operations:
            try:
                outcomes.append(self._step(operation))
            except ProteusError as error:
                if not each_alone:
                    raise
                outcomes.append(error)
        self._settle()
        return outcomes, self._changes

    def _step(self, operation: Operation) -> Outcome:
        keep = operation.keep_versions
        if keep is not None and not self._keeps:
            raise StorageError(f"keep_versions={keep}: this back end keeps every version; open it without")
        outcome = self._kinds[operation.kind](operation)
        if keep is not None and outcome[0] != "skipped" and operation.prediction_id in self._newest:
            self._trim(operation.prediction_id, keep)
        return outcome

    def _read_newest(self) -> dict[str, Stored]:
        ids = {step.target for step in self._operations if step.kind in _ABOUT_PREDICTIONS}
        ids |= {step.arguments["prediction_id"] for step in self._operations if step.kind == "store_analysis"}
        return {prediction_id: stored(row) for prediction_id, row in self._tables.newest(ids).items()}

    def _settle(self) -> None:
        """Gathers what the versions of this commit bring and name."""
        changes = self._changes
        for version in (version for mine in self._mine.values() for version in mine):
            changes.versions.append(version)
            changes.blobs.update(version.blobs)
            changes.uses.update(version.keys)
        if self._keeps and (changes.purged or changes.removed):
            took_away(self._tables, changes)

    # --- predictions --------------------------------------------------------------------------------------------------

    def _expect(self, operation: Operation) -> Outcome:
        current = self._current(operation.target)
        version = None if current is None else current.version
        if version != operation.expected_version:
            raise ConflictError(
                f"prediction {operation.target!r} is at {version}, not {operation.expected_version}; run the "
                "transaction again"
            )
        return ("as expected", "", 0)

    def _store(self, operation: Operation) -> Outcome:
        new = operation.prediction
        if new is None:
            raise ValidationError("a store operation without its prediction")
        current = self._current(new.prediction_id)
        if current is not None and operation.on_conflict == "skip":
            return ("skipped", new.prediction_id, current.version)
        if current is not None and operation.on_conflict == "error":
            raise ConflictError(
                f"prediction {new.prediction_id!r} exists as version {current.version}; choose another id, or "
                "on_conflict='skip' or 'replace'"
            )
        self._obey(new)
        first = self._changes.now if current is None else current.created_at
        return self._append(new, first, None if operation.model is None else self._model_id(operation.model))

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
        if self._schema:
            _core.obey_schema(self._schema, new)

    def _append(self, new: Stored, created_at: int, model_id: str | None) -> Outcome:
        newest = self._newest.get(new.prediction_id)
        number = 1 if newest is None else newest.version + 1
        now = self._changes.now
        self._add(new.with_version(number, updated_at=now, created_at=created_at, model_id=model_id))
        return ("written", new.prediction_id, number)

    def _add(self, version: Stored) -> None:
        """Makes a version the newest."""
        key = version.prediction_id
        mine, before = self._mine.setdefault(key, []), self._newest.get(key)
        if mine:
            mine[-1].replaced_at = self._changes.now
        elif before is not None:
            self._changes.replaced.append((key, before.version, self._changes.now))
        mine.append(Version.of(version))
        self._newest[key] = version

    def _delete(self, operation: Operation) -> Outcome:
        key, newest = operation.target, self._newest.get(operation.target)
        # What is deleted already can still be purged.
        current = newest if newest is not None and operation.purge else self._existing(key)
        about = self._analyses_of(key)
        if about and not operation.cascade:
            raise ValidationError(
                f"prediction {key!r} has {len(about)} analyses; delete them first, or use cascade=True"
            )
        self._changes.analyses.update(dict.fromkeys(about))
        if operation.purge:
            self._purge(key)
        else:
            self._add(current.tombstone(updated_at=self._changes.now))
        return ("deleted", "", 0)

    def _purge(self, key: str) -> None:
        changes = self._changes
        if key not in changes.purged:
            changes.purged.append(key)
            for row in self._tables.versions(key):
                changes.uses.subtract(keys_of(stored(row)))
        changes.replaced = [entry for entry in changes.replaced if entry[0] != key]
        self._mine.pop(key, None)
        self._newest.pop(key, None)

    def _trim(self, key: str, keep_versions: int) -> None:
        """Takes what is not among the newest versions, those of this commit too."""
        changes, mine = self._changes, self._mine.get(key, [])
        purged = key in changes.purged
        before = [] if purged else [life for batch in self._tables.lives([key]) for life in batch]
        gone = {version for removed, version in changes.removed if removed == key}
        ended = {version: at for replaced, version, at in changes.replaced if replaced == key}
        lives = [
            life._replace(replaced_at=ended.get(life.version, life.replaced_at))
            for life in before
            if life.version not in gone
        ]
        lives += [_life(version) for version in mine]
        moments = [moment for moment, _ in tags_of(self._tables).values()]
        going = trimmed(lives, None, keep_versions, moments)
        new = {version.stored.version for version in mine}
        Taker(self._tables, changes).some([life for life in going if life.version not in new])
        dropped = {life.version for life in going} & new
        self._mine[key] = [version for version in mine if version.stored.version not in dropped]

    def _current(self, prediction_id: str) -> Stored | None:
        newest = self._newest.get(prediction_id)
        return None if newest is None or newest.deleted else newest

    def _existing(self, prediction_id: str) -> Stored:
        current = self._current(prediction_id)
        if current is None:
            raise PredictionNotFoundError(f"no prediction has the id {prediction_id!r}")
        return current

    # --- models -------------------------------------------------------------------------------------------------------

    @property
    def _known(self) -> dict[str, Record]:
        """The models as they are by now."""
        if self._models is None:
            self._models = {model["model_id"]: model for model in self._tables.models()}
        return self._models

    def _model_id(self, text: str) -> str:
        """A model's id as it is; else that of the model with this name, registered if there is none."""
        if text in self._known:
            return text
        named = [model for model in self._known.values() if model["name"] == text]
        plain = [model for model in named if model["version"] is None and not model["configuration"]]
        if not named:
            return self._register({"name": text, "version": None, "configuration": {}})
        if len(named) > 1 and not plain:
            ids = ", ".join(model["model_id"] for model in named)
            raise ValidationError(f"model: {text!r} is the name of {len(named)} models; give one of their ids: {ids}")
        chosen: str = (named if len(named) == 1 else plain)[0]["model_id"]
        return chosen

    def _register(self, model: Mapping[str, Any]) -> str:
        """Registers a model, or finds the one with the same name, version and configuration."""
        wanted = _content_id(model)
        for known_id, known in self._known.items():
            if _content_id(known) == wanted:
                return known_id
        # Its id is that of its content, unless a model that was changed since has it.
        model_id = _core.fresh_id() if wanted in self._known else wanted
        self._put_model({"model_id": model_id, **model, "created_at": self._changes.now})
        return model_id

    def _put_model(self, model: Record) -> None:
        self._known[model["model_id"]] = model
        self._changes.models[model["model_id"]] = model

    def _store_model(self, operation: Operation) -> Outcome:
        return ("id", self._register(operation.arguments), 0)

    def _update_model(self, operation: Operation) -> Outcome:
        model = self._existing_model(operation.target)
        changes = dict(operation.arguments)
        merged = {**model["configuration"], **(changes.pop("configuration", None) or {})}
        kept = {key: value for key, value in merged.items() if value is not None}
        _core.check_metadata("configuration", kept)
        self._put_model({**model, **changes, "configuration": kept})
        return ("id", operation.target, 0)

    def _delete_model(self, operation: Operation) -> Outcome:
        model_id = operation.target
        self._existing_model(model_id)
        # Predictions of this commit count as they are by now, all others as they are stored.
        mine = [key for key in self._newest if (now := self._current(key)) is not None and now.model_id == model_id]
        count, one = self._tables.users_of(model_id)
        touched = self._tables.newest([*self._mine, *self._changes.purged])
        before = [stored(row) for row in touched.values()]
        count -= sum(1 for version in before if not version.deleted and version.model_id == model_id)
        count += sum(1 for key in mine if key in self._mine)
        if count > 0:
            raise ValidationError(f"model {model_id!r} is used by {count} predictions, {[*mine, one][0]!r} among them")
        del self._known[model_id]
        self._changes.models[model_id] = None
        return ("deleted", "", 0)

    def _existing_model(self, model_id: str) -> Record:
        if model_id not in self._known:
            raise ValidationError(f"no model has the id {model_id!r}; list_models() shows all")
        return self._known[model_id]

    # --- analyses -----------------------------------------------------------------------------------------------------

    def _store_analysis(self, operation: Operation) -> Outcome:
        analysis = operation.arguments
        if self._current(analysis["prediction_id"]) is None:
            raise ValidationError(f"prediction_id: no prediction has the id {analysis['prediction_id']!r}")
        self._changes.analyses[operation.target] = {"analysis_id": operation.target, **analysis}
        return ("id", operation.target, 0)

    def _delete_analysis(self, operation: Operation) -> Outcome:
        mine = self._changes.analyses
        key = operation.target
        there = mine[key] if key in mine else self._tables.analysis(key)
        if there is None:
            raise ValidationError(f"no analysis has the id {key!r}; list_analyses() shows all")
        mine[key] = None
        return ("deleted", "", 0)

    def _analyses_of(self, prediction_id: str) -> list[str]:
        mine = self._changes.analyses
        before = [key for key in self._tables.analyses_of(prediction_id) if key not in mine]
        added = [key for key, record in mine.items() if record and record["prediction_id"] == prediction_id]
        return before + added


def schema_of(tables: Tables) -> list[Declared]:
    """The schema of metadata: field, types, whether it is required; empty where none is defined."""
    told = tables.note(SCHEMA)
    return [] if told is None else [(name, kinds, required) for name, kinds, required in json.loads(told)]


def _life(version: Version) -> Life:
    one = version.stored
    return Life(one.prediction_id, one.version, one.updated_at, version.replaced_at, one.deleted)


def _content_id(model: Mapping[str, Any]) -> str:
    return _core.model_id(model["name"], model["version"], model["configuration"])
