"""Predictions by id, in streams.

::

    pins ──chunks of 16──> [fetch, decode] [fetch, decode] ...   on `workers` threads, a few chunks ahead; a chunk's
                                 │                               headers are one call, its structures another
                                 └─────> yielded in order

With one worker the caller's own thread is it: handing over to another costs more than it saves.

Invariants: at most `workers + 2` chunks exist at a time; the store holds no transaction between chunks, so a slow
consumer keeps no reader open and the file does not grow for its sake.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from numbers import Integral
from typing import TYPE_CHECKING, Any, TypeVar

from .. import _core
from ..backends.base import Backend, Reader
from ..errors import PredictionNotFoundError, QueryError
from .ahead import Ahead
from .config import default_workers, positive
from .criteria import gather
from .moments import with_moment
from .prediction import FIELDS, Prediction
from .session import Session

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Block", "absent", "get_array", "get_predictions", "iter_predictions", "pins_of"]

Block = slice | tuple[int, int] | int | Sequence[int]
Pin = tuple[str, int | None]
T = TypeVar("T")

_CHUNK = 16
_IDS = 1024
_NAMED = 5


def get_predictions(session: Session, ids: Iterable[str]) -> list[Prediction]:
    """See `DatabaseManager.get_predictions`."""
    reader = session.reader
    found: list[Prediction] = []
    missing: list[str] = []
    for chunk in _chunks(pins_of(ids), _IDS):
        for (prediction_id, _), stored in zip(chunk, reader.get_many(chunk), strict=True):
            if stored is None:
                missing.append(prediction_id)
            else:
                found.append(Prediction(session, stored))
    if missing:
        raise absent(missing)
    return found


def iter_predictions(
    session: Session,
    ids: Iterable[str] | None,
    fields: Sequence[str] | None,
    workers: int | None,
    criteria: Mapping[str, Any],
) -> Iterator[Prediction]:
    """See `DatabaseManager.iter_predictions`; everything is checked before the first prediction is asked for."""
    threads = default_workers() if workers is None else positive("workers", workers)
    decoded = _decoded_ahead(fields)
    wanted = with_moment(session, gather(None, criteria))
    pins: Iterable[Pin]
    if ids is None:
        backend = session.outside("iter_predictions without ids")
        pins = backend.query(wanted, session.config.timeout) if wanted else _all(backend)
    elif wanted:
        raise QueryError(f"ids and {', '.join(wanted)}: give either ids or criteria")
    else:
        pins = pins_of(ids)
    return _stream(session, session.reader, pins, decoded, threads)


def _stream(
    session: Session, reader: Reader, pins: Iterable[Pin], decoded: frozenset[str], workers: int
) -> Iterator[Prediction]:
    def fetch(chunk: list[Pin]) -> list[Prediction]:
        found = reader.get_many(chunk)
        missing = [prediction_id for (prediction_id, _), stored in zip(chunk, found, strict=True) if stored is None]
        if missing:
            raise absent(missing)
        here = [stored for stored in found if stored is not None]
        predictions = [Prediction(session, stored) for stored in here]
        if "structure" in decoded:
            # Not remembered: what streams by would drive out what is asked for again.
            for prediction, core in zip(predictions, session.structures(here, keep=False), strict=True):
                prediction.decoded(core)
        for prediction in predictions:
            _decode(prediction, decoded)
        return predictions

    if workers == 1:
        for chunk in _chunks(pins, _CHUNK):
            yield from fetch(chunk)
        return
    ahead = Ahead(fetch, workers)
    try:
        for chunk in _chunks(pins, _CHUNK):
            ahead.add(chunk)
            if len(ahead) > workers + 1:
                yield from ahead.next()
        while len(ahead):
            yield from ahead.next()
    finally:
        ahead.close()


def _decode(prediction: Prediction, decoded: frozenset[str]) -> None:
    if "plddt" in decoded:
        _ = prediction.plddt
    for name in ("arrays", "originals"):
        if name in decoded:
            parts: Mapping[str, Any] = getattr(prediction, name)
            for part in parts:
                _ = parts[part]


def _decoded_ahead(fields: Sequence[str] | None) -> frozenset[str]:
    if fields is None:
        return frozenset({"structure", "arrays"})
    if isinstance(fields, str):
        raise QueryError(f"fields {fields!r}: a sequence of names is needed, such as ({fields!r},)")
    for name in fields:
        if name not in FIELDS:
            raise QueryError(f"fields: {name!r} is no attribute of a prediction; allowed are {', '.join(FIELDS)}")
    return frozenset(fields)


def _all(backend: Backend) -> Iterator[Pin]:
    after: str | None = None
    while ids := backend.ids(after, _IDS):
        yield from ((prediction_id, None) for prediction_id in ids)
        after = ids[-1]


def pins_of(ids: Iterable[str]) -> Iterator[Pin]:
    """The current versions of these.

    Raises
    ------
    QueryError
        They are none.
    """
    if isinstance(ids, str) or not isinstance(ids, Iterable):
        raise QueryError(f"ids {ids!r:.80}: an iterable of prediction ids is needed")
    for prediction_id in ids:
        if not isinstance(prediction_id, str):
            raise QueryError(f"ids: {prediction_id!r:.80} is no prediction id; a str is needed")
        yield (prediction_id, None)


def _chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    source = iter(items)
    while chunk := list(islice(source, size)):
        yield chunk


def absent(missing: Sequence[str]) -> PredictionNotFoundError:
    """The error for predictions that are not there."""
    named = ", ".join(repr(prediction_id) for prediction_id in missing[:_NAMED])
    if len(missing) == 1:
        return PredictionNotFoundError(f"no prediction has the id {named}")
    more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
    return PredictionNotFoundError(f"no predictions have the ids {named}{more}")


def get_array(
    session: Session, prediction_id: str, name: str, rows: Block | None, cols: Block | None
) -> NDArray[np.generic]:
    """See `DatabaseManager.get_array`."""
    stored = session.require(prediction_id)
    there = [part for kind, part, _ in stored.parts if kind == "array"]
    if name not in there:
        listed = ", ".join(map(repr, there)) or "none"
        raise QueryError(f"prediction {prediction_id!r} has no array {name!r}; it has {listed}")
    data, beside = session.array(stored, "array", name)
    shape = _core.array_shape(data)
    wanted = [_index(which, block) for which, block in (("rows", rows), ("cols", cols))]
    needed = 2 if cols is not None else 1 if rows is not None else 0
    if len(shape) < needed:
        raise QueryError(f"array {name!r} of {prediction_id!r} has shape {shape}: rows and cols need more axes")
    try:
        block = _core.decode_array(data, beside) if rows is None else _rows(data, beside, wanted[0], shape[0])
        # A row index drops its axis, so the columns are then those of what is left.
        return block if cols is None else block[(..., wanted[1]) if isinstance(rows, int) else (slice(None), wanted[1])]
    except (IndexError, ValueError) as error:
        raise QueryError(f"array {name!r} of {prediction_id!r} has shape {shape}: {error}") from None


def _rows(data: bytes, beside: bytes | None, wanted: Any, height: int) -> Any:
    """Rows of an array; of a matrix only what they need is decoded."""
    places = range(*wanted.indices(height)) if isinstance(wanted, slice) else wanted
    listed = [places] if isinstance(places, int) else places
    if not listed or not all(_is_place(place, height) for place in listed):
        # Nothing, a mask, or a place that is not there: numpy has the words for it.
        return _core.decode_array(data, beside)[wanted]
    positive = [int(place) % height for place in listed]
    first = min(positive)
    block = _core.decode_array_rows(data, first, max(positive) + 1, beside)
    if isinstance(places, int):
        return block[0]
    return block if positive == list(range(first, max(positive) + 1)) else block[[place - first for place in positive]]


def _is_place(place: Any, height: int) -> bool:
    return type(place) is not bool and isinstance(place, Integral) and -height <= int(place) < height


def _index(which: str, block: Any) -> Any:
    if block is None:
        return slice(None)
    if isinstance(block, slice):
        return block
    if isinstance(block, tuple) and len(block) == 2:
        return slice(*block)
    if isinstance(block, int):
        return block
    if isinstance(block, Sequence) or hasattr(block, "__array__"):
        return list(block)
    raise QueryError(f"{which} {block!r:.60}: allowed are a slice, (start, stop), an int, a sequence of ints")
