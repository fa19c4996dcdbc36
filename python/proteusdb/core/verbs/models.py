"""Models, and analyses of predictions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..._core import Operation
from ...errors import QueryError, ValidationError
from ..times import from_micros
from .base import Verbs

__all__ = ["ModelVerbs"]


class ModelVerbs(Verbs):
    """Model -> job -> prediction -> analysis: the two ends of the hierarchy."""

    def store_model(self, name: str, version: str | None = None, configuration: Mapping[str, Any] | None = None) -> str:
        """Registers a model.

        Parameters
        ----------
        name : str
            Such as `esm2_t33_650M_UR50D`.
        version : str, optional
            The predictor's version.
        configuration : dict, optional
            Its settings, free-form as metadata.

        Returns
        -------
        str
            The model's id: the same for the same name, version and configuration.

        Raises
        ------
        ValidationError
            An argument is not allowed.
        """
        _text("name", name)
        if version is not None:
            _text("version", version)
        return self._session.write(Operation.store_model(name, version, _dict("configuration", configuration)))[1]

    def get_model(self, model_id: str) -> dict[str, Any]:
        """A model's record.

        Returns
        -------
        dict
            `model_id, name, version, configuration, created_at` (aware UTC datetime).

        Raises
        ------
        QueryError
            There is no such model.
        """
        record = self._session.reader.get_model(_text("model_id", model_id))
        if record is None:
            raise QueryError(f"no model has the id {model_id!r}; list_models() shows all")
        return _shown(record)

    def list_models(self) -> list[dict[str, Any]]:
        """Every model, as `get_model` gives it."""
        return [_shown(record) for record in self._session.reader.list_models()]

    def update_model(self, model_id: str, data: Mapping[str, Any]) -> None:
        """Changes a model; its predictions follow.

        Parameters
        ----------
        model_id : str
            The model.
        data : dict
            Any of `name`, `version`, `configuration`, which merges by key; a key whose value is None is removed.

        Raises
        ------
        QueryError
            There is no such model.
        ValidationError
            Something given is not allowed.
        """
        changes = _dict("data", data)
        if not changes:
            raise ValidationError("data: a dict of what changes is needed; allowed are name, version, configuration")
        self._session.write(Operation.update_model(_text("model_id", model_id), changes))
        self._session.forget_models()

    def delete_model(self, model_id: str) -> None:
        """Deletes a model that no prediction uses.

        Raises
        ------
        QueryError
            There is no such model.
        ValidationError
            Predictions use it.
        """
        self._session.write(Operation.delete_model(_text("model_id", model_id)))
        self._session.forget_models()

    def store_analysis(
        self, prediction_id: str, results: Mapping[str, Any], parameters: Mapping[str, Any] | None = None
    ) -> str:
        """Stores what was computed from a prediction.

        Parameters
        ----------
        prediction_id : str
            The prediction, which must exist.
        results : dict
            Free-form as metadata; may hold numpy arrays.
        parameters : dict, optional
            How it was computed, free-form as metadata.

        Returns
        -------
        str
            The analysis' id.

        Raises
        ------
        ValidationError
            There is no such prediction, or something given is not allowed.
        """
        operation = Operation.store_analysis(
            _text("prediction_id", prediction_id), _dict("results", results), _dict("parameters", parameters)
        )
        return self._session.write(operation)[1]

    def get_analysis(self, analysis_id: str) -> dict[str, Any]:
        """An analysis' record.

        Returns
        -------
        dict
            `analysis_id, prediction_id, results, parameters, created_at` (aware UTC datetime).

        Raises
        ------
        QueryError
            There is no such analysis.
        """
        record = self._session.reader.get_analysis(_text("analysis_id", analysis_id))
        if record is None:
            raise QueryError(f"no analysis has the id {analysis_id!r}; list_analyses() shows all")
        return _shown(record)

    def list_analyses(self, prediction_id: str | None = None) -> list[str]:
        """Ids of all analyses, or of those of one prediction, in the order they were stored."""
        return self._session.reader.list_analyses(
            None if prediction_id is None else _text("prediction_id", prediction_id)
        )

    def delete_analysis(self, analysis_id: str) -> None:
        """Deletes an analysis.

        Raises
        ------
        QueryError
            There is no such analysis.
        """
        self._session.write(Operation.delete_analysis(_text("analysis_id", analysis_id)))


def _shown(record: Mapping[str, Any]) -> dict[str, Any]:
    return {**record, "created_at": from_micros(record["created_at"])}


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise ValidationError(f"{name} {value!r:.80}: a str is needed, not {type(value).__name__}")
    return value


def _dict(name: str, value: Any) -> dict[str, Any]:
    if value is None and name != "data":
        return {}
    if not isinstance(value, Mapping):
        raise ValidationError(f"{name}: a dict is needed, not {type(value).__name__}")
    return dict(value)
