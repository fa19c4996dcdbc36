"""A structure file on its way in: read, hashed and recognised, then parsed.

::

    Found --read_file--> Loaded (bytes, hash, what its name says) --draft_of_file--> draft for the core

Invariants: `data` are the bytes as they lie on disk and are kept as the original; the hash is of the plain bytes, so a
file and its compressed copy are the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from .. import _core
from ..errors import ProteusError, ValidationError
from .complete import cut_short, stream_cut_short
from .discover import Found
from .draft import read_file
from .recognise import Recognised, known_software, recognise

__all__ = ["Choices", "Loaded", "draft_of_file", "read_found"]

Register = Callable[[str, str | None], str]
Problem = ProteusError | tuple[Literal["skipped", "pending"], str]


@dataclass(slots=True)
class Loaded:
    """A file that was read.

    Attributes
    ----------
    found : Found
        Where it was.
    data : bytes
        As on disk.
    sha256 : str
        Of its plain bytes.
    recognised : Recognised or None
        What its name says.
    prediction_id : str
        The id it will be stored by.
    problem : ProteusError or (kind, reason) or None
        Why it is not stored.
    """

    found: Found
    data: bytes = b""
    sha256: str = ""
    recognised: Recognised | None = None
    prediction_id: str = ""
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Choices:
    """What `load_files` was asked to put into every record."""

    model: str | None
    metadata: Mapping[str, Any]
    plddt_scale: Literal["auto", "1", "100", "none"]


def read_found(found: Found) -> Loaded:
    """Reads a file; what is wrong with it stands in `problem`."""
    file = Loaded(found)
    if found.problem is not None:
        kind, reason = found.problem
        file.problem = ValidationError(f"{found.name}: {reason}") if kind == "failed" else _told(kind, reason)
        return file
    try:
        file.data = read_file(found.name) if found.data is None else found.data
        plain = _core.decompress(file.data, name=found.name)
    except ProteusError as error:
        cut = stream_cut_short(file.data)
        file.problem = error if cut is None else ("pending", cut)
        return file
    cut = cut_short(plain)
    if cut is not None:
        file.problem = ("pending", cut)
    file.sha256 = hashlib.sha256(plain).hexdigest()
    file.recognised = recognise(found.path)
    return file


def _told(kind: str, reason: str) -> tuple[Literal["skipped", "pending"], str]:
    return ("pending", reason) if kind == "pending" else ("skipped", reason)


def draft_of_file(file: Loaded, choices: Choices, register: Register) -> dict[str, Any]:
    """The draft of a file's record; `register` gives a model's id.

    Raises
    ------
    ValidationError
        It is no structure; the message names file, line and reason.
    """
    structure = _core.Structure.read(file.data, name=file.found.name, plddt_scale=choices.plddt_scale)
    entry = structure.entry
    told = file.recognised
    if choices.plddt_scale == "auto" and told is not None:
        # The name vouches for a pLDDT, whatever the caller calls the model.
        structure = structure.with_plddt_scale(_scale(structure))
    model, version = (choices.model, None) if choices.model is not None else _model(entry, told)
    said = {} if model is None or choices.model is not None else {"model": model}
    draft = {
        "prediction_id": file.prediction_id,
        "structure": structure,
        "originals": {file.found.path.name: file.data},
        "metadata": {**said, **choices.metadata, "source": _source(file, entry)},
        # By id: several versions of one predictor are models of one name.
        "model": model if model is None or choices.model is not None else register(model, version),
    }
    if told is not None:
        draft.update(job=told.job, seed=told.seed, sample=told.sample, rank=told.rank)
    return {name: value for name, value in draft.items() if value is not None}


def _model(entry: Mapping[str, Any], told: Recognised | None) -> tuple[str | None, str | None]:
    """Name and version of the predictor: what the name of the file says, in the network's own words, else the file."""
    software = known_software(entry["software"])
    if told is None:
        return (None, None) if software is None else software
    same = software is not None and told.model.lower().startswith(software[0].lower())
    return told.model, software[1] if software is not None and same else None


def _scale(structure: _core.Structure) -> Literal["auto", "1", "100"]:
    column = structure.b_factor()
    largest = float(column.max()) if column.size else 0.0
    if column.size == 0 or float(column.min()) < 0 or largest > 100 or largest == 0:
        return "auto"
    return "1" if largest <= 1 else "100"


def _source(file: Loaded, entry: Mapping[str, Any]) -> dict[str, Any]:
    source: dict[str, Any] = {
        "name": file.found.path.name,
        "mtime": datetime.fromtimestamp(file.found.mtime, UTC),
        "sha256": file.sha256,
        "entry": entry["id"] or None,
        "title": entry["title"] or None,
        **({} if file.recognised is None else file.recognised.details),
    }
    return {name: value for name, value in source.items() if value is not None}
