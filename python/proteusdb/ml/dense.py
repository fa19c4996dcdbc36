"""Predictions as dense arrays, padded to the longest.

::

    coords         (B, L, 37, 3)  float32  Å, places in AlphaFold's order; 0 where there is no atom
    mask           (B, L, 37)     bool     whether there is an atom
    plddt          (B, L)         float32  0-100, NaN where it is not known
    aatype         (B, L)         int64    0-19 in the order ARNDCQEGHILKMFPSTWYV, 20 for all else
    residue_index  (B, L)         int64    the author's numbers
    chain_index    (B, L)         int64    0, 1, ... by the chains of the sequence, -1 past the end

A row is a letter of the structure's sequence; past the end `mask` is False.

Invariant: every value of an array that is given is written, so an array may be used again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _core
from .._core import Stored
from ..core.session import Session
from ..core.stream import absent
from ..errors import QueryError, ValidationError

__all__ = ["COLUMNS", "USUAL", "columns_of", "read_batch", "read_into"]

COLUMNS: dict[str, tuple[Any, tuple[int, ...]]] = {
    "coords": (np.float32, (37, 3)),
    "mask": (np.bool_, (37,)),
    "plddt": (np.float32, ()),
    "aatype": (np.int64, ()),
    "residue_index": (np.int64, ()),
    "chain_index": (np.int64, ()),
}
"""Type, and shape of a residue, by name."""
USUAL = ("coords", "mask", "plddt", "aatype")

Pin = tuple[str, int | None]


def columns_of(columns: Sequence[str]) -> tuple[str, ...]:
    """Names of columns, each once.

    Raises
    ------
    QueryError
        One is none, or there are none.
    """
    names = () if isinstance(columns, str) else tuple(dict.fromkeys(columns))
    if not names or not all(name in COLUMNS for name in names):
        raise QueryError(f"columns {columns!r:.80}: allowed are some of {', '.join(COLUMNS)}")
    return names


def read_batch(session: Session, pins: Sequence[Pin], columns: Sequence[str]) -> dict[str, Any]:
    """Arrays of predictions, padded to the longest of them, with `id` (list of str) and `length` (int64)."""
    stored = _stored(session, pins)
    room = max((one.length for one in stored), default=0)
    out = {name: np.empty((len(stored), room, *COLUMNS[name][1]), COLUMNS[name][0]) for name in columns}
    lengths = _fill(session, stored, out)
    # A sequence that was given may be longer than what was observed.
    longest = int(lengths.max(initial=0))
    batch: dict[str, Any] = {name: array[:, :longest] for name, array in out.items()}
    return {**batch, "id": [one.prediction_id for one in stored], "length": lengths}


def read_into(session: Session, pins: Sequence[Pin], out: Mapping[str, Any]) -> NDArray[np.int64]:
    """Fills the first rows of arrays that are there; the lengths."""
    arrays = {name: _array(name, array, len(pins)) for name, array in out.items()}
    if not arrays:
        raise ValidationError(f"out has no array; allowed are {', '.join(COLUMNS)}")
    if len({array.shape[1] for array in arrays.values()}) > 1:
        told = ", ".join(f"{name} {array.shape[1]}" for name, array in arrays.items())
        raise ValidationError(f"out: the arrays have room for different numbers of residues: {told}")
    return _fill(session, _stored(session, pins), arrays)


def _stored(session: Session, pins: Sequence[Pin]) -> list[Stored]:
    found = session.reader.get_many(pins)
    missing = [name for (name, _), stored in zip(pins, found, strict=True) if stored is None]
    if missing:
        raise absent(missing)
    return [stored for stored in found if stored is not None]


def _fill(session: Session, stored: Sequence[Stored], out: Mapping[str, NDArray[Any]]) -> NDArray[np.int64]:
    structures = session.structures(stored, keep=False)
    return np.array(_core.fill_rows(structures, [one.prediction_id for one in stored], **out), np.int64)


def _array(name: str, given: Any, count: int) -> NDArray[Any]:
    """The first rows of an array, as numpy sees it."""
    if name not in COLUMNS:
        raise ValidationError(f"out: {name!r} is no column; allowed are {', '.join(COLUMNS)}")
    dtype, shape = COLUMNS[name]
    array = given if isinstance(given, np.ndarray) else _shared(name, given)
    wanted = (
        f"out[{name!r}]: a writable array of {np.dtype(dtype)} in C order, (B, L{''.join(f', {n}' for n in shape)})"
    )
    right = array.dtype == dtype and array.ndim == 2 + len(shape) and array.shape[2:] == shape
    if not (right and array.flags.c_contiguous and array.flags.writeable):
        raise ValidationError(f"{wanted} is needed; it is {array.dtype} {array.shape}")
    if len(array) < count:
        raise ValidationError(f"out[{name!r}] has {len(array)} rows; {count} are needed")
    return array[:count]


def _shared(name: str, given: Any) -> NDArray[Any]:
    """A tensor's own memory."""
    if not hasattr(given, "numpy"):
        raise ValidationError(
            f"out[{name!r}] is {type(given).__name__}; a numpy array or a tensor on the CPU is needed"
        )
    array: NDArray[Any] = given.numpy()
    return array
