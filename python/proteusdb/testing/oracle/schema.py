"""What metadata must be like, by `isinstance`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from .values import MISSING, at

__all__ = ["Schema"]

_TYPES: dict[str, type] = {"int": int, "str": str, "datetime": dt.datetime, "list": list, "dict": dict, "bool": bool}


class Schema:
    """Fields as (name, types, required)."""

    def __init__(self, fields: Sequence[tuple[str, list[str], bool]] = ()) -> None:
        self.fields = list(fields)

    def fault(self, metadata: Mapping[str, Any]) -> str | None:
        """What is wrong first, if anything."""
        for name, types, required in self.fields:
            value = at(metadata, name.removeprefix("metadata."))
            if value is MISSING and required:
                return f"{name} is missing"
            if value is not MISSING and not any(_is_a(value, known) for known in types):
                return f"{name}: {value!r:.60} is none of {', '.join(types)}"
        return None


def _is_a(value: Any, known: str) -> bool:
    if known == "None" or value is None:
        return known == "None" and value is None
    if isinstance(value, bool):
        return known == "bool"
    return isinstance(value, int | float) if known == "float" else isinstance(value, _TYPES[known])
