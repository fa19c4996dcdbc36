"""From what a caller gives to drafts for the core, which validates and encodes them.

::

    {"sequence": ..., "structure": "model.cif", "created_at": datetime(...)}
        -> {"sequence": ..., "file": b"...", "file_name": "model.cif", "created_at": 17093...}

Only what Python alone can do happens here: reading files, objects of other libraries, datetimes. Files are handed on
unread where they can be, so that they are parsed on the core's threads.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from .. import _core
from ..errors import ValidationError
from ..formats.coerce import coerce, is_path
from ..formats.files import name_for
from .times import to_micros

__all__ = ["RECORD_FIELDS", "as_record", "change_of", "draft_of", "draft_size", "read_file"]

RECORD_FIELDS = (
    "sequence",
    "structure",
    "metadata",
    "prediction_id",
    "model",
    "job",
    "seed",
    "sample",
    "rank",
    "arrays",
    "created_at",
    "on_conflict",
    "check_sequence",
)
"""The names of `store_prediction`, which are those of a record too."""

_UPDATE_FIELDS = tuple(name for name in RECORD_FIELDS if name not in ("prediction_id", "on_conflict"))

_ATOM_BYTES = 40
"""About what an atom takes in memory."""


def as_record(record: Any) -> dict[str, Any]:
    """A record as a dict of known names.

    Raises
    ------
    ValidationError
        It is no dict, or holds a name that is none of a record's.
    """
    if not isinstance(record, Mapping):
        raise ValidationError(f"a record is a dict of {', '.join(RECORD_FIELDS)}, not {type(record).__name__}")
    _known(record, RECORD_FIELDS, "record")
    return dict(record)


def draft_of(record: Mapping[str, Any]) -> dict[str, Any]:
    """The draft of a record whose names are known.

    Raises
    ------
    ValidationError
        The structure cannot be read, or a value is not of its kind.
    """
    draft: dict[str, Any] = {name: value for name, value in record.items() if value is not None}
    if "created_at" in draft:
        draft["created_at"] = to_micros("created_at", draft["created_at"])
    if draft.get("check_sequence") not in (None, True, False):
        raise ValidationError(f"check_sequence {draft['check_sequence']!r}: allowed are True, False")
    for name in ("metadata", "arrays"):
        if name in draft:
            draft[name] = _plain_dict(name, draft[name])
    draft.update(_structure_part(draft.pop("structure", None)))
    return draft


def _structure_part(structure: Any) -> dict[str, Any]:
    """The part of a draft that carries a structure: a file still to be parsed, or a structure and its original."""
    if isinstance(structure, os.PathLike) or (isinstance(structure, str) and is_path(structure)):
        path = os.fspath(structure)
        return {"file": read_file(path), "file_name": os.path.basename(os.fsdecode(path))}
    if isinstance(structure, str | bytes | bytearray | memoryview):
        data = structure.encode("utf-8", "surrogateescape") if isinstance(structure, str) else bytes(structure)
        return {"file": data, "file_name": name_for(data, None)}
    structure = coerce(structure)
    if structure is None:
        return {}
    part: dict[str, Any] = {"structure": structure.core}
    original = structure.original
    if original is not None:
        part["originals"] = {structure.original_name or "structure": original}
    return part


def read_file(path: str | bytes) -> bytes:
    """The bytes of a file.

    Raises
    ------
    ValidationError
        It cannot be read; the message names it and says why.
    """
    try:
        with open(path, "rb") as file:
            return file.read()
    except IsADirectoryError:
        raise ValidationError(
            f"{os.fsdecode(path)}: a directory; give one file, or use load_files for a folder"
        ) from None
    except OSError as error:
        raise ValidationError(f"{os.fsdecode(path)}: cannot be read: {error.strerror or error}") from None


def change_of(data: Any) -> dict[str, Any]:
    """What `update_prediction` was given, as the core takes it.

    Raises
    ------
    ValidationError
        It is no dict, is empty, or holds a name that cannot be changed.
    """
    if not isinstance(data, Mapping) or not data:
        raise ValidationError(f"data: a dict of what changes is needed; allowed are {', '.join(_UPDATE_FIELDS)}")
    _known(data, _UPDATE_FIELDS, "data")
    change = dict(data)
    if change.get("created_at") is not None:
        change["created_at"] = to_micros("created_at", change["created_at"])
    for name in ("metadata", "arrays"):
        if change.get(name) is not None:
            change[name] = _plain_dict(name, change[name])
    if change.get("structure") is not None:
        change.update(_parsed(_structure_part(change["structure"])))
    return change


def _parsed(part: dict[str, Any]) -> dict[str, Any]:
    if "file" not in part:
        return part
    name = part["file_name"]
    return {"structure": _core.Structure.read(part["file"], name=name), "originals": {name: part["file"]}}


def draft_size(draft: Mapping[str, Any]) -> int:
    """About how many bytes a draft holds."""
    size = len(draft.get("sequence") or "") + len(draft.get("file") or b"")
    size += sum(len(data) for data in (draft.get("originals") or {}).values())
    structure = draft.get("structure")
    if structure is not None:
        size += _ATOM_BYTES * structure.n_atoms * structure.n_models
    return size + sum(getattr(array, "nbytes", 0) for array in (draft.get("arrays") or {}).values())


def _plain_dict(name: str, value: Any) -> dict[Any, Any]:
    if not isinstance(value, Mapping):
        raise ValidationError(f"{name}: a dict is needed, not {type(value).__name__}")
    return dict(value)


def _known(given: Mapping[Any, Any], allowed: tuple[str, ...], what: str) -> None:
    for name in given:
        if name not in allowed:
            near = get_close_matches(str(name), allowed, n=1)
            meant = f"; did you mean {near[0]!r}?" if near else ""
            raise ValidationError(
                f"{what} names {name!r}, which is none of its fields{meant} allowed are {', '.join(allowed)}"
                "; anything else belongs in metadata"
            )
