"""The oracle's models and analyses: dicts of records."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Mapping
from typing import Any

from .._core import Operation, Stored
from ..errors import ValidationError
from ..testing import oracle
from .base import Outcome
from .changelog import ChangeLog

__all__ = ["MemoryModels"]


class MemoryModels:
    """The part of `MemoryBackend` that keeps models, and analyses of predictions that exist."""

    _log: ChangeLog
    _models: dict[str, dict[str, Any]]
    _analyses: dict[str, dict[str, Any]]
    _last_commit: int
    _lock: threading.RLock

    def _check_open(self) -> None:
        raise NotImplementedError

    def _current(self, prediction_id: str) -> Stored | None:
        raise NotImplementedError

    def _rows(self, as_of: int | None) -> list[Stored]:
        raise NotImplementedError

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
        self._log.touch("model", model_id, self._last_commit)
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
        self._log.touch("model", operation.target, self._last_commit)
        return ("id", operation.target, 0)

    def _delete_model(self, operation: Operation) -> Outcome:
        self._existing_model(operation.target)
        users = [row for row in self._rows(None) if row.model_id == operation.target]
        if users:
            raise ValidationError(
                f"model {operation.target!r} is used by {len(users)} predictions, {users[0].prediction_id!r} among them"
            )
        del self._models[operation.target]
        self._log.touch("model", operation.target, self._last_commit)
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
        self._log.touch("analysis", operation.target, self._last_commit)
        return ("id", operation.target, 0)

    def _delete_analysis(self, operation: Operation) -> Outcome:
        if self._analyses.pop(operation.target, None) is None:
            raise ValidationError(f"no analysis has the id {operation.target!r}; list_analyses() shows all")
        self._log.touch("analysis", operation.target, self._last_commit)
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


def _same_model(a: Mapping[str, Any], b: Mapping[str, Any]) -> bool:
    named_alike = (a["name"], a["version"]) == (b["name"], b["version"])
    return named_alike and oracle.same(a["configuration"], b["configuration"])
