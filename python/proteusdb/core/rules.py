"""What the store asks of those who write: a form of metadata, and a limit of its size.

::

    {"metadata.organism": str, "metadata.temperature": float | None}     <->     [("metadata.organism", ["str"]), ...]
"""

from __future__ import annotations

import datetime as dt
import types
import typing
from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import ValidationError
from .session import Session

__all__ = ["define_schema", "quota", "schema", "set_quota"]

_NAMES: dict[Any, str] = {
    bool: "bool",
    dt.datetime: "datetime",
    dict: "dict",
    float: "float",
    int: "int",
    list: "list",
    str: "str",
    None: "None",
    type(None): "None",
}
_TYPES = {name: known for known, name in _NAMES.items() if known is not None}


def define_schema(
    session: Session, fields: Mapping[str, Any] | None, required: Iterable[str], check_existing: bool
) -> None:
    """See `DatabaseManager.define_schema`."""
    session.check_writable()
    if not isinstance(check_existing, bool):
        raise ValidationError(f"check_existing {check_existing!r}: allowed are True, False")
    if fields is not None and not isinstance(fields, Mapping):
        raise ValidationError(f"fields {fields!r:.60}: a dict is needed, such as {{'metadata.organism': str}}")
    if isinstance(required, str) or not all(isinstance(name, str) for name in required):
        raise ValidationError(f"required {required!r:.60}: a list of fields is needed, such as ['metadata.organism']")
    declared = [(_field(name), _types(name, kind)) for name, kind in (fields or {}).items()]
    session.keeping("define_schema", "schema").define_schema(declared, list(required), check_existing)


def schema(session: Session) -> dict[str, Any]:
    """See `DatabaseManager.schema`."""
    declared = session.keeping("schema", "schema").schema()
    return {
        "fields": {name: _union([_TYPES[kind] for kind in kinds]) for name, kinds, _ in declared},
        "required": [name for name, _, required in declared if required],
    }


def _field(name: Any) -> str:
    if not isinstance(name, str):
        raise ValidationError(f"fields: {name!r} is no field; allowed are names such as 'metadata.organism'")
    return name


def _types(name: str, given: Any) -> list[str]:
    """Names of the types: of a type, a union, a tuple of types, or their names."""
    if isinstance(given, types.UnionType) or typing.get_origin(given) is typing.Union:
        given = typing.get_args(given)
    items = given if isinstance(given, tuple | list) else (given,)
    found = []
    for item in items:
        known = item if isinstance(item, str) else next((name for kind, name in _NAMES.items() if kind is item), None)
        if known is None:
            raise ValidationError(
                f"field {name!r}: {item!r:.60} is no type of metadata; allowed are {', '.join(_TYPES)}, and several as "
                "str | None"
            )
        found.append(known)
    return found


def _union(kinds: list[type]) -> Any:
    union: Any = kinds[0]
    for kind in kinds[1:]:
        union = union | (None if kind is type(None) else kind)
    return union


def set_quota(session: Session, max_bytes: int | None, warn_at: int | None) -> None:
    """See `DatabaseManager.set_quota`."""
    session.check_writable()
    for name, value in (("max_bytes", max_bytes), ("warn_at", warn_at)):
        if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 1):
            raise ValidationError(f"{name} {value!r}: allowed are a number of bytes, 1 or more, and None")
    if max_bytes is not None and warn_at is None:
        warn_at = max(1, max_bytes - max_bytes // 10)
    if max_bytes is not None and warn_at is not None and warn_at > max_bytes:
        raise ValidationError(f"warn_at {warn_at}: allowed are up to max_bytes, {max_bytes}")
    session.keeping("set_quota", "quota").set_quota(max_bytes, warn_at)


def quota(session: Session) -> dict[str, int | None]:
    """See `DatabaseManager.quota`."""
    max_bytes, warn_at, used = session.keeping("quota", "quota").quota()
    return {"max_bytes": max_bytes, "warn_at": warn_at, "used_bytes": used}
