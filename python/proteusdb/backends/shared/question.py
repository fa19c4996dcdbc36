"""Criteria to what the tables answer by themselves, and what the core verifies row by row.

::

    where="confidence >= 0.9 and metadata.organism == 'yeast' and sequence matches 'K.T'"

    Question  asks      confidence >= 0.9                        by columns
              spans     organism: [key of 'yeast', after it)     by a declared index
              columns   sequence                                 what is left needs to see
    Verifier  sequence matches 'K.T'                             row by row, in the core

A question leads to every row that matches, and perhaps to more. Where it answers every condition and gives the order
too, the engine cuts the page out itself and nothing is verified.

Invariants: the answer depends on the rows and the criteria alone, never on how much of it the engine took.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..._core import Search

__all__ = ["DECLARABLE", "ORDERED", "Ask", "Found", "Question", "Span", "ask_question", "verified"]

ORDERED = frozenset(
    "id sequence length confidence ranking_score model model_version job seed sample rank created_at updated_at "
    "version".split()
)
"""Fields an engine can sort by as the library does: columns of one type. What is missing stands last either way."""

DECLARABLE = frozenset({"seed", "sample", "rank", "ranking_score"})
"""Columns that a user may declare an index on."""

Ask = tuple[Any, ...]
"""A question to columns, as `_core.Search.pushes` gives it:

`("in", field, values)`, `("range", field, low, high)` with ends `None` or `(value, belongs to it)`, `("null", field)`,
`("starts", residues)` some chain begins so, `("holds", texts)` each stands within the sequence, `("and", asks)`,
`("or", asks)`, `("not", ask)` it is not true, `("never",)`.

Fields are `id, sequence, length, confidence, ranking_score, model, model_version, job, seed, sample, rank, created_at,
updated_at, version`; values are of the column's type, times µs. A column without a value meets no `in` and no `range`,
and a range without ends asks whether there is a value.
"""

Span = tuple[bytes, bytes]
Takes = Callable[[Ask], bool | None]
"""Whether an engine can ask this of its columns: True, False, or None where it can and finds a superset."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the tables.

    Attributes
    ----------
    asks : sequence of Ask
        All hold; see `_core.Search.pushes`.
    spans : sequence of (int, sequence of (bytes, bytes))
        Number of a declared index, and the stretches [from, to) of its keys, in one of which the row's key lies.
    as_of : int or None
        A commit time (µs): versions with `updated_at <= as_of`, not replaced by then and no deletion. Else those that
        are current.
    columns : sequence of str
        Columns of the rows wanted, after id and version. `model` and `model_version` are the model's name and version.
    answered : sequence of int
        Numbers of the conditions that hold of every row this leads to.
    order : sequence of (str, bool) or None
        Fields to sort by, True for descending; what is missing last, ties by id. `None`: any order.
    limit, offset : int or None, int
        The page; `None` and 0 where rows have still to be verified.
    early : bool
        Only the first rows may be wanted: the scan may be ended before its end.
    nothing : bool
        No row can match.
    told : sequence of str
        The conditions that are asked of the tables, in words.
    """

    asks: Sequence[Ask]
    spans: Sequence[tuple[int, Sequence[Span]]]
    as_of: int | None
    columns: Sequence[str]
    answered: Sequence[int]
    order: Sequence[tuple[str, bool]] | None
    limit: int | None
    offset: int
    early: bool
    nothing: bool
    told: Sequence[str]

    @property
    def plain(self) -> bool:
        """Whether no declared index could serve it."""
        return not any(_names(ask, DECLARABLE) for ask in self.asks)


def _names(ask: Ask, fields: Collection[str]) -> bool:
    """Whether an ask is about one of these fields."""
    if ask[0] in ("and", "or"):
        return any(_names(part, fields) for part in ask[1])
    return _names(ask[1], fields) if ask[0] == "not" else ask[0] in ("in", "range", "null") and ask[1] in fields


def ask_question(
    search: Search,
    declared: Mapping[str, int],
    *,
    takes: Takes = lambda ask: True,
    ordered: Collection[str] = ORDERED,
    count: bool = False,
    contest: bool = False,
    sorts: bool = True,
) -> Question:
    """Divides criteria between the tables and the verifier.

    Parameters
    ----------
    search : Search
        The criteria.
    declared : mapping of str to int
        Declared indexes and their numbers.
    takes : callable
        What the engine can ask of its columns.
    ordered : collection of str
        Fields the engine can sort by.
    count : bool
        Only the number of matches is wanted.
    contest : bool
        The best of groups are wanted, for which every match is looked at.
    sorts : bool
        Whether the engine gives an order at all; else what it finds is sorted afterwards.
    """
    asks, answered, told, conditions = [], set(), set(), search.conditions
    for number, ask, exact in search.pushes:
        taken = takes(ask)
        if taken is not False:
            asks.append(ask)
            told.add(number)
            answered |= {number} if exact and taken else set()
    spans, nothing = [], any(ask == ("never",) for ask in asks)
    for field, index in declared.items():
        found = search.within(field)
        if found is not None:
            spans.append((index, found[0]))
            nothing |= not found[0]
            answered |= set(found[1])
            told |= set(found[1])
    everything = len(answered) == len(conditions)
    sortable = all(name in ordered for name, _ in search.order)
    order = search.order if sorts and sortable and not count and not contest else None
    cut = everything and order is not None
    return Question(
        asks=asks,
        spans=spans,
        as_of=search.as_of,
        columns=[] if cut else search.columns(sorted(answered), count=count, ordered=order is not None),
        answered=sorted(answered),
        order=order,
        limit=search.limit if cut else None,
        offset=search.offset if cut else 0,
        early=order is not None and search.limit is not None,
        nothing=nothing or (search.limit == 0 and not count),
        told=[conditions[number] for number in sorted(told)],
    )


@dataclass(slots=True)
class Found:
    """What became of a question.

    Attributes
    ----------
    pins : list of (str, int)
        (id, version) in order.
    visited, matched : int
        Rows that came, and those of them that matched, as far as was looked.
    early : bool
        Whether the scan ended before the rows did, the answer being full.
    """

    pins: list[tuple[str, int]]
    visited: int
    matched: int
    early: bool


def verified(
    search: Search,
    question: Question,
    batches: Iterable[Sequence[tuple[Any, ...]]],
    *,
    count: bool = False,
    contest: bool = False,
    timeout: float | None = None,
) -> Found:
    """The answer out of the rows that a question leads to.

    Raises
    ------
    TimeoutError
        It took longer than `timeout` (s).
    CorruptionError
        A row cannot be read.
    """
    if question.nothing:
        return Found([], 0, 0, False)
    if question.order is not None and len(question.answered) == len(search.conditions):
        pins: list[tuple[str, int]] = []
        for batch in batches:
            # Rows of such a question hold nothing else.
            pins += batch
        return Found(pins, len(pins), len(pins), False)
    ordered = question.order is not None
    verifier = search.verify(question.columns, question.answered, count=count, ordered=ordered, timeout=timeout)
    early = False
    for batch in batches:
        if not verifier.feed(batch):
            early = True
            break
    visited, matched = verifier.visited, verifier.matched
    return Found(verifier.finish(), visited, matched, early)
