"""The one-line grammar, read by one regular expression and a few functions that return predicates.

::

    length > 100 and metadata.organism == 'E. coli' and not sequence glob 'M*K'

A field without a value satisfies no comparison but `== null` and `is missing`; metadata that hold `None` are null and
not missing. A text compared with a moment is a date or a time, a bare date the whole day. `not` is plain negation.
A literal may stand first: `5 < length <= 9`, `'x' in metadata.tags`. `glob` and `matches` are patterns over residues on
the sequence, and over plain text anywhere else.
"""

from __future__ import annotations

import datetime as dt
import fnmatch
import re
from collections.abc import Callable
from typing import Any

from .moments import first_moment, last_moment, to_micros
from .pattern import compile_pattern
from .row import Row
from .values import MISSING, less, same

__all__ = ["compile_where"]

Test = Callable[[Row], bool]

_TOKEN = re.compile(
    r"""\s*(?: (?P<text>'(?:[^']|'')*'|"(?:[^"]|"")*")
             | (?P<number>-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)
             | (?P<word>[^\W\d]\w*)
             | (?P<symbol>==|!=|<=|>=|[<>()\[\],.]) )""",
    re.VERBOSE,
)
_CONSTANTS = {"true": True, "false": False, "null": None, "none": None}
_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_PREFIX = {"glob": "", "matches": "re:", "prosite": "prosite:"}


def compile_where(text: str) -> Test:
    """A predicate on rows from an expression that is known to be well formed."""
    return _Reader(text).either()


class _Reader:
    def __init__(self, text: str) -> None:
        self.tokens = [(match.lastgroup, match.group(match.lastgroup or 0)) for match in _TOKEN.finditer(text)]
        self.next = 0

    def take(self, *wanted: str) -> str | None:
        """The next token if it is one of these symbols or words of the grammar."""
        if self.next < len(self.tokens):
            kind, found = self.tokens[self.next]
            found = found.lower() if kind == "word" else found
            if kind in ("word", "symbol") and found in wanted:
                self.next += 1
                return found
        return None

    def either(self) -> Test:
        parts = [self.both()]
        while self.take("or"):
            parts.append(self.both())
        return lambda row: any(part(row) for part in parts)

    def both(self) -> Test:
        parts = [self.unless()]
        while self.take("and"):
            parts.append(self.unless())
        return lambda row: all(part(row) for part in parts)

    def unless(self) -> Test:
        if self.take("not"):
            inner = self.unless()
            return lambda row: not inner(row)
        if self.take("("):
            inner = self.either()
            self.take(")")
            return inner
        kind, found = self.tokens[self.next]
        if kind in ("text", "number") or (kind == "word" and found.lower() in _CONSTANTS):
            return self.turned()
        return self.test()

    def turned(self) -> Test:
        literal = self.literal()
        compare = self.take(*_COMPARISONS)
        if compare is None:
            negated = self.take("not") is not None
            self.take("in")
            within = _contains(self.field(), literal)
            return lambda row: within(row) != negated
        field = self.field()
        first = _comparison(field, _TURNED.get(compare, compare), literal)
        compare = self.take(*_COMPARISONS)
        if compare is None:
            return first
        second = _comparison(field, compare, self.literal())
        return lambda row: first(row) and second(row)

    def test(self) -> Test:
        field = self.field()
        compare = self.take(*_COMPARISONS)
        if compare is not None:
            return _comparison(field, compare, self.literal())
        if self.take("is"):
            negated = self.take("not") is not None
            wanted = _is_missing if self.take("null", "none", "missing") == "missing" else _is_null
            return lambda row: wanted(row, field) != negated
        negated = self.take("not") is not None
        if self.take("exists"):
            return lambda row: _is_missing(row, field) == negated
        inner = self.word_test(field)
        return lambda row: inner(row) != negated

    def word_test(self, field: str) -> Test:
        word = self.take("in", "between", "contains", *_PREFIX)
        if word == "contains":
            return _contains(field, self.literal())
        if word == "in":
            self.take("[", "(")
            options = [_comparison(field, "==", self.literal())]
            while self.take(","):
                options.append(_comparison(field, "==", self.literal()))
            self.take("]", ")")
            return lambda row: any(option(row) for option in options)
        if word == "between":
            low = _comparison(field, ">=", self.literal())
            self.take("and")
            high = _comparison(field, "<=", self.literal())
            return lambda row: low(row) and high(row)
        pattern = self.literal()
        if field != "sequence":
            find = re.compile(fnmatch.translate(pattern)).match if word == "glob" else re.compile(pattern).search
            return lambda row: isinstance(row.value(field), str) and find(row.value(field)) is not None
        matches = compile_pattern(_PREFIX[word or "glob"] + pattern)
        return lambda row: matches(row.stored.sequence)

    def field(self) -> str:
        steps = [self.name()]
        while self.take("."):
            steps.append(self.name())
        return ".".join(steps)

    def name(self) -> str:
        kind, found = self.tokens[self.next]
        self.next += 1
        return _unquoted(found) if kind == "text" else found

    def literal(self) -> Any:
        kind, found = self.tokens[self.next]
        self.next += 1
        if kind == "text":
            return _unquoted(found)
        if kind == "number":
            return _number(found)
        return _CONSTANTS[found.lower()]


def _unquoted(text: str) -> str:
    return text[1:-1].replace(text[0] * 2, text[0])


def _number(text: str) -> int | float:
    whole = re.fullmatch(r"-?\d+", text) is not None
    return int(text) if whole and -(2**63) <= int(text) < 2**63 else float(text)


def _comparison(field: str, operator: str, literal: Any) -> Test:
    tests: dict[str, Callable[[Any], bool]] = {
        "==": lambda value: _equal(value, literal),
        "!=": lambda value: not _equal(value, literal),
        "<": lambda value: _below(value, literal),
        "<=": lambda value: _below(value, literal) or _equal(value, literal),
        ">": lambda value: _above(value, literal),
        ">=": lambda value: _above(value, literal) or _equal(value, literal),
    }
    test = tests[operator]
    is_null_test = literal is None and operator == "=="

    def holds(row: Row) -> bool:
        value = row.value(field)
        if value is MISSING or (value is None and not field.startswith("metadata.")):
            return is_null_test and value is None
        return test(value)

    return holds


def _contains(field: str, literal: Any) -> Test:
    def holds(row: Row) -> bool:
        value = row.value(field)
        if isinstance(value, list):
            return any(_equal(item, literal) for item in value)
        return isinstance(value, str) and isinstance(literal, str) and literal in value

    return holds


def _span(value: Any, literal: Any) -> tuple[int, int] | None:
    """The moments a text names, where it is compared with a moment."""
    if not isinstance(value, dt.datetime) or not isinstance(literal, str):
        return None
    try:
        first, last = first_moment(literal), last_moment(literal)
    except ValueError:
        return None
    return None if first is None or last is None else (first, last)


def _equal(value: Any, literal: Any) -> bool:
    span = _span(value, literal)
    return same(value, literal) if span is None else span[0] <= to_micros(value) <= span[1]


def _below(value: Any, literal: Any) -> bool:
    span = _span(value, literal)
    return less(value, literal) if span is None else to_micros(value) < span[0]


def _above(value: Any, literal: Any) -> bool:
    span = _span(value, literal)
    return less(literal, value) if span is None else to_micros(value) > span[1]


def _is_null(row: Row, field: str) -> bool:
    return row.value(field) is None


def _is_missing(row: Row, field: str) -> bool:
    value = row.value(field)
    return value is MISSING or (value is None and not field.startswith("metadata."))
