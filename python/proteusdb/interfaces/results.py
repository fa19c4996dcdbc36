"""What a predictor may answer, to drafts for the store.

::

    Structure, path, text, bytes, gemmi, biotite      the structure
    (structure, metadata, arrays)                     the last two may be left out; structure may be None
    {"structure": ..., "metadata": ..., "seed": 3}    a record, by the names of store_prediction
    {"positions": ..., "plddt": ...}                  an output of ESMFold or OpenFold
    a folder's path, from_folder(path)                what a program wrote there
    [any of these, ...]                               several samples

Invariants: every draft carries the sequence that was asked for, so the core refuses a structure that contradicts it; a
draft has a structure or an array; no array holds NaN, which is what a network that broke down answers.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..core.draft import RECORD_FIELDS, as_record, draft_of
from ..errors import ValidationError
from ..formats.arrays import host
from .folders import Folder, drafts_of_folder
from .outputs import from_openfold, is_output

__all__ = ["drafts_of"]

_OURS = ("prediction_id", "model", "on_conflict", "sequence")
"""What the interface decides and a predictor does not."""
_SQUARE = ("pae", "pde", "contact_probs")


def drafts_of(result: Any, sequence: str, model_id: str) -> list[dict[str, Any]]:
    """The samples of one answer.

    Raises
    ------
    ValidationError
        It is none of what is listed above, or has a wrong shape, NaN or nothing in it.
    """
    results = result if isinstance(result, list) else [result]
    if not results:
        raise ValidationError("the predictor returned an empty list; one or more samples are needed")
    drafts: list[dict[str, Any]] = []
    for each in results:
        drafts += _drafts(each, sequence, model_id)
    for number, draft in enumerate(drafts):
        _check_arrays(draft, sequence)
        draft.update(sequence=sequence, model=model_id)
        if len(drafts) > 1:
            draft.setdefault("sample", number)
    return drafts


def _drafts(result: Any, sequence: str, model_id: str) -> list[dict[str, Any]]:
    if isinstance(result, Folder):
        return drafts_of_folder(result.path, model_id)
    if isinstance(result, str | os.PathLike) and _is_folder(result):
        return drafts_of_folder(os.fspath(result), model_id)
    record = _record(result, sequence)
    draft = draft_of({name: value for name, value in record.items() if name not in _OURS})
    if not draft.keys() & {"structure", "file"} and not draft.get("arrays"):
        raise ValidationError("the predictor returned neither a structure nor an array")
    return [draft]


def _record(result: Any, sequence: str) -> dict[str, Any]:
    if is_output(result):
        return from_openfold(result, sequence)
    if isinstance(result, Mapping):
        record = as_record(result)
        _same(record.get("sequence"), sequence)
        return record
    if isinstance(result, tuple):
        if not 1 <= len(result) <= 3:
            raise ValidationError(
                f"the predictor returned a tuple of {len(result)}; allowed are (structure, metadata, arrays), of which "
                "the last two may be left out"
            )
        return dict(zip(("structure", "metadata", "arrays"), result, strict=False))
    if result is None:
        raise ValidationError(
            "the predictor returned None; a structure, (structure, metadata, arrays), a dict of "
            f"{', '.join(name for name in RECORD_FIELDS if name not in _OURS)}, or a folder is needed"
        )
    return {"structure": result}


def _is_folder(path: str | os.PathLike[str]) -> bool:
    try:
        return os.path.isdir(path)
    except ValueError:
        return False


def _same(given: Any, sequence: str) -> None:
    if given is not None and (not isinstance(given, str) or given.upper() != sequence):
        raise ValidationError(f"the predictor answered for the sequence {given!r:.60}, and {sequence!r:.60} was asked")


def _check_arrays(draft: dict[str, Any], sequence: str) -> None:
    if not draft.get("arrays"):
        return
    arrays = draft["arrays"] = {name: np.asarray(host(value)) for name, value in draft["arrays"].items()}
    for name, array in arrays.items():
        if array.dtype.kind in "fc" and np.isnan(array).any():
            place = tuple(int(axis[0]) for axis in np.nonzero(np.isnan(np.atleast_1d(array))))
            raise ValidationError(f"array {name!r} holds NaN, first at {place}; numbers are needed")
    residues = sum(len(part) for part in sequence.split(":"))
    for name in _SQUARE:
        # Tokens may be more than residues: atoms of ligands are tokens.
        if name in arrays and (
            arrays[name].ndim != 2 or not residues <= arrays[name].shape[0] == arrays[name].shape[1]
        ):
            raise ValidationError(
                f"array {name!r} has the shape {arrays[name].shape}; (tokens, tokens) is needed, at least "
                f"({residues}, {residues})"
            )
