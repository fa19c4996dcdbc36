"""A question as statements over indexes, or as a walk along an order.

::

    confidence >= 0.9 and model in ['a', 'b']      confidence >= ? AND terms CONTAINS ?     once for a, once for b
    id in ['p', 'q']                               bucket = ? AND prediction_id = ?         once for each
    order by -confidence, limit 10                 ordered, kind = 'confidence'             until ten are found

An index of Cassandra knows equality, ranges, membership in a set, and all of them together; what it does not (an order,
"or" of different fields, "not", patterns), the core verifies row by row. Alternatives of one field are statements of
their own, no row of one being in another.

Invariants: every value of a caller is a value of a statement, never a part of its text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from ..shared.question import Ask, Question, Span
from ..shared.tables import Record
from .grams import MANY, MANY_CHAINS, prefix_of, words_of
from .schema import KINDS, job_term, key_term, model_term

__all__ = ["WALKED", "Branch", "branches", "ids_asked", "order_of", "pushed", "takes"]

WALKED = frozenset({"id", *KINDS})
"""Fields there is an order by."""

_End = tuple[Any, bool] | None
_MOST_BRANCHES = 16
_WHOLE = {"length": (0, (1 << 63) - 1), "created_at": (-(1 << 63), (1 << 63) - 1)}
_FEW_WORDS = 4
"""Words of one text that are asked for; each more narrows little."""


@dataclass(frozen=True, slots=True)
class Branch:
    """One statement: terms that all hold, and their values."""

    terms: tuple[str, ...] = ()
    values: tuple[Any, ...] = ()

    def __and__(self, other: Branch) -> Branch:
        return Branch(self.terms + other.terms, self.values + other.values)

    @property
    def where(self) -> str:
        """As part of a statement."""
        return f" WHERE {' AND '.join(self.terms)} ALLOW FILTERING" if self.terms else ""


@dataclass(slots=True)
class _Found:
    sides: list[list[Branch]] = field(default_factory=list)
    ends: dict[tuple[str, bool], tuple[Any, bool]] = field(default_factory=dict)

    def add(self, *alternatives: Branch) -> None:
        """Asks for one of them, unless there are too many of all together."""
        count = len(alternatives)
        for side in self.sides:
            count *= len(side)
        if count <= _MOST_BRANCHES:
            self.sides.append(list(alternatives))

    def narrow(self, name: str, low: _End, high: _End) -> None:
        """Asks for a stretch of a column: the narrowest of all there are, since a statement may name each end once."""
        for upper, end in ((False, low), (True, high)):
            if end is None:
                continue
            new = (_number(name, end[0]), end[1])
            old = self.ends.get((name, upper), new)
            same, further = new[0] == old[0], new[0] < old[0] if upper else new[0] > old[0]
            self.ends[name, upper] = (new[0], new[1] and old[1]) if same else new if further else old

    def within(self) -> Branch:
        """The stretches."""
        one = Branch()
        for (name, upper), (value, belongs) in self.ends.items():
            sign = ("<" if upper else ">") + "=" * belongs
            one &= Branch((f"{name} {sign} ?",), (value,))
        return one


def takes(ask: Ask) -> bool | None:
    """Whether the indexes can be asked this; see `Engine.takes`."""
    kind = ask[0]
    if kind == "never":
        return True
    if kind == "and":
        parts = [takes(part) for part in ask[1]]
        return False if all(part is False for part in parts) else True if all(parts) else None
    if kind == "starts":
        word = prefix_of(ask[1])
        return False if word is None else None
    if kind == "holds":
        return None if any(words_of(text) for text in ask[1]) else False
    if kind == "in":
        return _takes_in(ask[1], ask[2])
    if kind == "range" and ask[1] in KINDS:
        ends = [end[0] for end in ask[2:] if end is not None]
        return bool(ends) and all(_fits(ask[1], value) for value in ends)
    return False


def _takes_in(name: str, values: Sequence[Any]) -> bool | None:
    if not 0 < len(values) <= _MOST_BRANCHES:
        return False
    # Alternatives may be too many together with others, and a long job is asked for by its hash.
    if name in ("id", "job", "model"):
        return None
    return name in KINDS and len(values) == 1 and _fits(name, values[0])


def _fits(name: str, value: Any) -> bool:
    if name == "confidence":
        return isinstance(value, int | float)
    low, high = _WHOLE[name]
    return isinstance(value, int) and low <= value <= high


def ids_asked(question: Question) -> list[str] | None:
    """The ids a question names, if it does."""
    for ask in question.asks:
        if ask[0] == "in" and ask[1] == "id":
            return list(dict.fromkeys(ask[2]))
    return None


def pushed(question: Question) -> bool:
    """Whether an index, or ids, narrow a question down, besides the order it is asked in."""
    column = order_of(question.order or ())

    def narrows(ask: Ask) -> bool:
        if ask[0] == "and":
            return any(map(narrows, ask[1]))
        own = ask[0] == "range" and ask[1] == column
        return takes(ask) is not False and not own

    return bool(question.spans) or any(map(narrows, question.asks))


def order_of(order: Sequence[tuple[str, bool]]) -> str | None:
    """What to walk along for an order: "id", or a kind, greatest first; `None` where there is no such table."""
    if not order or order[0] == ("id", False):
        return "id"
    name, descending = order[0]
    plain = len(order) == 1 or order[1] == ("id", False)
    return name if name in KINDS and descending and plain else None


def branches(question: Question, models: Sequence[Record], names: Mapping[int, str]) -> list[Branch]:
    """Statements that lead to every current row a question is about, no row twice; one without terms looks at all.

    Parameters
    ----------
    question : Question
        The question.
    models : sequence of Record
        Every model.
    names : mapping of int to str
        Number of a declared index to the name its words bear.
    """
    found = _Found()
    for ask in question.asks:
        _ask(ask, models, found)
    for number, spans in question.spans:
        _spans(names[number], spans, found)
    made = []
    for sides in product(*found.sides):
        one = found.within()
        for side in sides:
            one &= side
        made.append(one)
    return made


def _ask(ask: Ask, models: Sequence[Record], found: _Found) -> None:
    kind = ask[0]
    if kind == "and":
        for part in ask[1]:
            _ask(part, models, found)
    elif takes(ask) is False:
        return
    elif kind == "starts":
        word = prefix_of(ask[1])
        if word is not None:
            found.add(_word(word[0]), _word(MANY_CHAINS))
    elif kind == "holds":
        pieces = [piece for text in ask[1] for piece in words_of(text)[:_FEW_WORDS]]
        whole = Branch()
        for piece in dict.fromkeys(pieces):
            whole &= _word(piece)
        found.add(whole, _word(MANY))
    elif kind == "range":
        found.narrow(*ask[1:])
    elif kind == "in" and ask[1] in KINDS:
        found.narrow(ask[1], (ask[2][0], True), (ask[2][0], True))
    elif kind == "in" and ask[1] != "id":
        found.add(*_alternatives(ask, models))


def _alternatives(ask: Ask, models: Sequence[Record]) -> list[Branch]:
    name, values = ask[1], ask[2]
    if name == "job":
        return [_word(word) for word in dict.fromkeys(map(job_term, values))]
    wanted = set(values)
    return [_word(model_term(model["model_id"])) for model in models if model["name"] in wanted]


def _spans(name: str, spans: Sequence[Span], found: _Found) -> None:
    """Stretches that hold one key each; others are looked at row by row."""
    if all(_whole_key(low) and low[:-1] + bytes([low[-1] + 1]) == high for low, high in spans):
        words = dict.fromkeys(key_term(name, low) for low, _ in spans)
        found.add(*(_word(word) for word in words))


def _whole_key(key: bytes) -> bool:
    """Whether it is all of a value's key, and not what the keys of many begin with: numbers have so many bytes, texts
    end with two zeros."""
    lengths = {1: 1, 2: 2, 3: 11}
    if not key or key[-1] == 255:
        return False
    return len(key) == lengths.get(key[0], 0) or (key[0] == 4 and key.endswith(b"\0\0"))


def _word(word: str) -> Branch:
    return Branch(("terms CONTAINS ?",), (word,))


def _number(name: str, value: Any) -> Any:
    return float(value) if name == "confidence" else int(value)
