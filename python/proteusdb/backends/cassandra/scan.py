"""The rows a question leads to.

::

    by id         id in [...]                          point reads
    walk          an order and a limit, nothing else   from the greatest on, until enough matched
    indexes       statements over the indexes          see `questions`
    everything    neither                              every row, range by range
    the past      as_of                                every version, range by range

Invariants: a row leaves here only if it meets all that the question counts as answered, whatever way it came.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any

from ..._core import Stored
from ..shared.question import Ask, Question
from ..shared.rows import COLUMNS, Row, stored
from ..shared.tables import Record
from .client import Client
from .questions import Branch, branches, ids_asked, order_of
from .schema import KINDS, bucket_of, place_of
from .walk import merged

__all__ = ["Scan"]

_BATCH, _WIDE = 2_000, 200
_FIRST_LOOK, _LAST_LOOK = 32, 512
_OF_MODELS = {"model": "name", "model_version": "version"}
_LARGE = {"sequence", "metadata", "parts"}
_INDEXES = Mapping[int, tuple[str, str]]


class Scan:
    """One question on its way.

    Parameters
    ----------
    client : Client
        To the cluster.
    buckets : int
        How many there are.
    question : Question
        The question.
    models : sequence of Record
        Every model.
    indexes : mapping of int to (str, str)
        Number of a declared index to its field and the name its words bear.
    """

    def __init__(
        self, client: Client, buckets: int, question: Question, models: Sequence[Record], indexes: _INDEXES
    ) -> None:
        self._client = client
        self._buckets = buckets
        self._question = question
        self._models = {model["model_id"]: model for model in models}
        self._indexes = indexes
        self._ids = ids_asked(question) if question.as_of is None else None
        self._walk = order_of(question.order) if question.order is not None and question.as_of is None else None
        names = {number: name for number, (_, name) in indexes.items()}
        self._branches = branches(question, models, names) if question.as_of is None else [Branch()]
        self._read = self._columns()

    # --- what is read -------------------------------------------------------------------------------------------------

    def _columns(self) -> list[str]:
        wanted = ["prediction_id", "version", *KINDS, *map(_source, self._question.columns)]
        if self._question.as_of is not None:
            wanted += ["updated_at", "replaced_at", "deleted"]
        return list(dict.fromkeys([*wanted, *(COLUMNS if self._question.spans else ())]))

    @property
    def _select(self) -> str:
        table = "current" if self._question.as_of is None else "predictions"
        return f"SELECT {', '.join(self._read)} FROM {table}"

    @property
    def _size(self) -> int:
        return _WIDE if _LARGE & set(self._read) else _BATCH

    def access(self) -> str:
        """The way, in words."""
        if self._question.as_of is not None:
            return "every version, range by range"
        if self._ids is not None:
            return f"by id: {len(self._ids)}"
        if self._walk is not None:
            return f"walk by {self._walk} through {self._buckets} buckets"
        if self._branches == [Branch()]:
            return "every current row, range by range"
        terms = " or ".join(" and ".join(branch.terms) for branch in self._branches)
        return f"indexes: {terms}" if terms else "nothing: no row can meet the conditions"

    def statements(self) -> list[str]:
        """What is sent."""
        if self._ids is not None:
            return [self._by_id]
        if self._walk is not None:
            return [f"{self._select} WHERE bucket = ?"]
        return [self._select + branch.where for branch in self._branches]

    # --- rows ---------------------------------------------------------------------------------------------------------

    def rows(self) -> Iterator[Sequence[Row]]:
        """Batches of rows (id, version, *question.columns)."""
        question = self._question
        answers: Iterator[Row] = map(self._answer, self._filtered())
        if question.order is not None and self._walk is None:
            # Only the ids of a moment are asked for in their order.
            most = None if question.limit is None else question.offset + question.limit
            key = _by_id
            answers = iter(sorted(answers, key=key) if most is None else heapq.nsmallest(most, answers, key=key))
        if question.limit is not None or question.offset:
            end = None if question.limit is None else question.offset + question.limit
            answers = islice(answers, question.offset, end)
        size = _FIRST_LOOK if question.early else _BATCH
        while batch := list(islice(answers, size)):
            yield batch
            size = min(2 * size, _BATCH)

    def _filtered(self) -> Iterator[Row]:
        tests = list(self._tests())
        for row in self._raw():
            if all(test(row) for test in tests):
                yield row

    def _raw(self) -> Iterator[Row]:
        if self._question.as_of is not None:
            pages = self._client.pages(self._select, size=self._size)
            return (row for rows in pages for row in rows if row[1] is not None)
        if self._ids is not None:
            return iter(self._looked_up(self._ids))
        if self._walk == "id":
            return self._walk_ids()
        if self._walk is not None:
            return self._walk_values(self._walk)
        return (
            row
            for branch in self._branches
            for rows in self._client.pages(self._select + branch.where, branch.values, size=self._size)
            for row in rows
        )

    @property
    def _by_id(self) -> str:
        return f"{self._select} WHERE bucket = ? AND prediction_id = ?"

    def _looked_up(self, ids: Sequence[str]) -> list[Row]:
        """The rows of these predictions, in their order."""
        values = [[bucket_of(key, self._buckets), key] for key in ids if _encodes(key)]
        return [row for rows in self._client.many(self._by_id, values) for row in rows]

    # --- walks --------------------------------------------------------------------------------------------------------

    def _walk_ids(self) -> Iterator[Row]:
        head = f"{self._select} WHERE bucket = ?"
        beyond = f"{head} AND prediction_id > ? LIMIT ?"
        start = next((ask[2] for ask in self._question.asks if ask[:2] == ("range", "id") and ask[2] is not None), None)
        first = (f"{head} LIMIT ?", []) if start is None or not start[0] else (beyond, [start[0]])
        if start is not None and start[0] and start[1]:
            first = (f"{head} AND prediction_id >= ? LIMIT ?", [start[0]])
        return merged(self._client, self._buckets, first, [(beyond, lambda row: [row[0]])], _by_id, self._step)

    def _walk_values(self, kind: str) -> Iterator[Row]:
        """From the greatest value on; at the end what has none."""
        pointers = chain(self._pointers(kind), self._pointers(place_of(kind, None)[0]))
        size = _FIRST_LOOK
        while some := list(islice(pointers, size)):
            place = self._read.index(kind)
            found = {row[0]: row for row in self._looked_up([key for _, key in some])}
            for value, key in some:
                row = found.get(key)
                # A pointer may be of a version that is no more.
                if row is not None and place_of(kind, row[place])[1] == value:
                    yield row
            size = min(2 * size, _LAST_LOOK)

    def _pointers(self, kind: str) -> Iterator[tuple[Any, ...]]:
        head = "SELECT value, prediction_id FROM ordered WHERE bucket = ? AND kind = ?"
        # Greater comes first, and of one value the lesser id.
        beyond = f"{head} AND value = ? AND prediction_id > ? LIMIT ?"
        lower = f"{head} AND value < ? LIMIT ?"

        def key(row: tuple[Any, ...]) -> Any:
            return -row[0], row[1].encode()

        return merged(
            self._client,
            self._buckets,
            (f"{head} LIMIT ?", [kind]),
            [(beyond, lambda row: [kind, *row]), (lower, lambda row: [kind, row[0]])],
            key,
            self._step,
        )

    @property
    def _step(self) -> int:
        wanted = (self._question.limit or _FIRST_LOOK) + self._question.offset
        return min(_LAST_LOOK, max(8, 2 * wanted // self._buckets))

    # --- tests --------------------------------------------------------------------------------------------------------

    def _tests(self) -> Iterator[Callable[[Row], bool]]:
        question, places = self._question, {name: place for place, name in enumerate(self._read)}
        if question.as_of is not None:
            yield _seen_at(question.as_of, *(places[name] for name in ("updated_at", "replaced_at", "deleted")))
        for ask in _flat(question.asks):
            if ask == ("never",):
                yield lambda row: False
            elif ask[0] == "range" and ask[1] in (*KINDS, "id"):
                yield _between(places[_source(ask[1])], ask[2], ask[3])
            elif ask[0] == "in" and ask[1] in (*KINDS, "id"):
                yield _among(places[_source(ask[1])], ask[2])
        for number, spans in question.spans:
            yield self._within(self._indexes[number][0], spans)

    def _within(self, field: str, spans: Sequence[tuple[bytes, bytes]]) -> Callable[[Row], bool]:
        places = [self._read.index(name) for name in COLUMNS]

        def test(row: Row) -> bool:
            version: Stored = stored(tuple(row[place] for place in places))
            key = version.index_key(field)
            return key is not None and any(low <= key < high for low, high in spans)

        return test

    def _answer(self, row: Row) -> Row:
        values = dict(zip(self._read, row, strict=True))
        model = self._models.get(values["model_id"]) if "model_id" in values else None
        return (
            row[0],
            row[1],
            *(
                (None if model is None else model[_OF_MODELS[name]]) if name in _OF_MODELS else values[_source(name)]
                for name in self._question.columns
            ),
        )


def _source(column: str) -> str:
    return "model_id" if column in _OF_MODELS else "prediction_id" if column == "id" else column


def _by_id(row: Row) -> bytes:
    return bytes(row[0].encode())


def _encodes(text: str) -> bool:
    try:
        return 0 < len(text.encode()) < 1 << 16
    except UnicodeEncodeError:
        return False


def _flat(asks: Sequence[Ask]) -> Iterator[Ask]:
    for ask in asks:
        if ask[0] == "and":
            yield from _flat(ask[1])
        else:
            yield ask


def _seen_at(moment: int, updated: int, replaced: int, deleted: int) -> Callable[[Row], bool]:
    def test(row: Row) -> bool:
        over = row[replaced] is not None and row[replaced] <= moment
        return row[updated] <= moment and not over and not row[deleted]

    return test


def _between(place: int, low: Any, high: Any) -> Callable[[Row], bool]:
    def test(row: Row) -> bool:
        value = row[place]
        if value is None:
            return False
        ends = (low and _comparable(low[0]), high and _comparable(high[0]))
        value = _comparable(value)
        above = low is None or (value >= ends[0] if low[1] else value > ends[0])
        return above and (high is None or (value <= ends[1] if high[1] else value < ends[1]))

    return test


def _among(place: int, values: Sequence[Any]) -> Callable[[Row], bool]:
    wanted = set(values)
    return lambda row: row[place] in wanted


def _comparable(value: Any) -> Any:
    return value.encode() if isinstance(value, str) else value
