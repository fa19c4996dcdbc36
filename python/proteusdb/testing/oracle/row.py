"""One stored version with its model, as criteria see it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from ..._core import Stored
from .moments import to_datetime
from .values import MISSING, at

__all__ = ["Row"]

_PLAIN = ("sequence", "length", "confidence", "ranking_score", "job", "seed", "sample", "rank", "version")


class Row:
    """A version and the names its values go by."""

    def __init__(self, stored: Stored, model: Mapping[str, Any] | None) -> None:
        self.stored = stored
        self.model = model
        self.prediction_id = stored.prediction_id
        self.version = stored.version

    @cached_property
    def metadata(self) -> dict[str, Any]:
        """The metadata, decoded once."""
        return self.stored.metadata

    def has(self, field: str) -> bool:
        """Whether there is a value; `None` is one in metadata, and none in a column."""
        value = self.value(field)
        return value is not MISSING and (value is not None or field.startswith("metadata."))

    def value(self, field: str) -> Any:
        """The value of a field, `None` where it has none, `MISSING` where a metadata path leads nowhere."""
        if field in ("id", "prediction_id"):
            return self.prediction_id
        if field == "chains":
            return len(self.stored.chain_types)
        if field == "chain_types":
            return self.stored.chain_types
        if field in ("structure", "arrays"):
            names = [name for kind, name, _ in self.stored.parts if kind == field.removesuffix("s")]
            return names if field == "arrays" else bool(names) or None
        if field in _PLAIN:
            return getattr(self.stored, field)
        if field in ("created_at", "updated_at"):
            return to_datetime(getattr(self.stored, field))
        if field in ("model", "model_name"):
            return None if self.model is None else self.model["name"]
        if field == "model_version":
            return None if self.model is None else self.model["version"]
        if field.startswith("metadata."):
            return at(self.metadata, field.removeprefix("metadata."))
        return MISSING
