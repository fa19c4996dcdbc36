"""Criteria of every name, their patterns likely to hit what `basics.sequences` and `records` make."""

from __future__ import annotations

import datetime as dt
from typing import Any

from hypothesis import strategies as st

from .basics import COMMON, metadata_values, moments

__all__ = [
    "best_arguments",
    "criteria",
    "expressions",
    "globs",
    "order_by",
    "patterns",
    "prosite_patterns",
    "regular_expressions",
]

_FIELDS = (
    "id prediction_id created_at confidence length ranking_score model model_version job seed sample rank sequence "
    "version chains chain_types structure arrays metadata.temperature metadata.organism "
    "metadata.scores.ptm metadata.tags"
).split()

_letter = st.sampled_from(COMMON)


def _class(negation: str) -> st.SearchStrategy[str]:
    letters = st.text(COMMON + "XB", min_size=1, max_size=3)
    return st.builds(lambda no, text: f"[{no}{text}]", st.sampled_from(["", negation]), letters)


def globs() -> st.SearchStrategy[str]:
    """Globs over one chain or several, in either case."""
    piece = st.one_of(_letter, st.sampled_from(["*", "*", "?"]), _class("!"))
    chain = st.lists(piece, min_size=1, max_size=6).map("".join)
    around = chain.map(lambda text: f"*{text}*")
    whole = st.lists(st.one_of(chain, around), min_size=1, max_size=3).map(":".join)
    return st.one_of(around, whole, whole.map(str.lower))


def regular_expressions() -> st.SearchStrategy[str]:
    """`re:` patterns that Python's `re` and a linear-time engine read alike."""
    atom = st.one_of(_letter, st.just("."), _class("^"))
    repeat = st.sampled_from(["", "", "?", "*", "+", "{1,2}"])
    part = st.builds(lambda a, r: a + r, atom, repeat)
    body = st.lists(part, min_size=1, max_size=5).map("".join)
    either = st.builds(lambda a, b: f"(?:{a}|{b})", body, body)
    ends = st.tuples(st.sampled_from(["", "^"]), st.sampled_from(["", "$"]))
    return st.builds(lambda text, end: f"re:{end[0]}{text}{end[1]}", st.one_of(body, either), ends)


def prosite_patterns() -> st.SearchStrategy[str]:
    """`prosite:` patterns with every kind of element."""
    letters = st.text(COMMON, min_size=1, max_size=3)
    place = st.one_of(_letter, st.just("x"), letters.map(lambda t: f"[{t}]"), letters.map(lambda t: f"{{{t}}}"))
    element = st.builds(lambda a, n: a + n, place, st.sampled_from(["", "", "(2)", "(0,2)"]))
    body = st.lists(element, min_size=1, max_size=4).map("-".join)
    tail = st.sampled_from(["", ">", ".", ">.", "-[G>]"])
    return st.builds(lambda start, text, end: f"prosite:{start}{text}{end}", st.sampled_from(["", "<"]), body, tail)


def patterns() -> st.SearchStrategy[str]:
    """Any pattern."""
    return st.one_of(globs(), globs(), regular_expressions(), prosite_patterns())


def _pair(values: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, Any]]:
    """An ordered pair, either end open now and then."""
    ordered = st.tuples(values, values).map(lambda pair: tuple(sorted(pair)))
    return st.one_of(ordered, ordered.map(lambda pair: (None, pair[1])), ordered.map(lambda pair: (pair[0], None)))


def _dates() -> st.SearchStrategy[tuple[Any, Any]]:
    days = st.dates(dt.date(2024, 1, 1), dt.date(2024, 1, 4))
    times = moments().map(lambda moment: moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC))
    return st.one_of(
        _pair(days),
        _pair(days.map(dt.date.isoformat)),
        _pair(times),
        _pair(times).map(lambda pair: tuple(moment and moment.isoformat() for moment in pair)),
    )


def _metadata() -> st.SearchStrategy[dict[str, Any]]:
    paths = st.sampled_from(["organism", "temperature", "scores.ptm", "scores", "tags", "a.b", "missing"])
    numbers = _pair(st.one_of(st.integers(-400, 400), st.floats(-400, 400)))
    return st.dictionaries(paths, st.one_of(metadata_values(3), numbers), min_size=1, max_size=2)


def order_by() -> st.SearchStrategy[str | list[str]]:
    """One field or several, up or down."""
    name = st.builds(lambda sign, field: sign + field, st.sampled_from(["", "-"]), st.sampled_from(_FIELDS))
    return st.one_of(name, st.lists(name, min_size=1, max_size=3))


_CRITERIA: dict[str, st.SearchStrategy[Any]] = {
    "sequence_pattern": patterns(),
    "confidence_threshold": st.one_of(st.sampled_from([0, 0.5, 0.8, 1]), st.floats(0, 1)),
    "model_name": st.sampled_from(["esm2", "boltz2", "absent"]),
    "model_version": st.sampled_from(["1.0", "2"]),
    "date_range": _dates(),
    "job": st.sampled_from(["job-1", "job-2", "absent"]),
    "seed": st.integers(0, 3),
    "sample": st.integers(0, 3),
    "metadata": _metadata(),
    "length_range": _pair(st.integers(0, 30)),
    "order_by": order_by(),
    "limit": st.integers(0, 5),
    "offset": st.integers(0, 5),
}


@st.composite
def criteria(draw: st.DrawFn, at_most: int = 4) -> dict[str, Any]:
    """A few criteria together; `where` and `as_of` need what is stored and are added by the tests that know it."""
    names = draw(st.lists(st.sampled_from(sorted(_CRITERIA)), max_size=at_most, unique=True))
    return {name: draw(_CRITERIA[name]) for name in names}


_COMPARED: dict[str, st.SearchStrategy[str]] = {
    "length": st.integers(0, 30).map(str),
    "confidence": st.sampled_from(["0", "0.5", "0.8", "1"]),
    "ranking_score": st.sampled_from(["-100", "0.5", "1e0"]),
    "seed": st.integers(-1, 4).map(str),
    "version": st.integers(1, 3).map(str),
    "id": st.sampled_from(["'a'", "'row 3'", "'zz'", '"\U0001f9ec"']),
    "job": st.sampled_from(["'job-1'", "'JOB-1'", "'2024-01-01'"]),
    "model": st.sampled_from(["'esm2'", "'boltz2'", "''"]),
    "sequence": st.sampled_from(["'MLSKG'", "'MK'"]),
    "created_at": st.sampled_from(["'2024-01-02'", "'2024-01-03T12:00'", "'2024-01-02T00:00:00+02:00'"]),
    "metadata.temperature": st.sampled_from(["1", "298.0", "'1'", "'warm'", "9007199254740993"]),
    "metadata.organism": st.sampled_from(["'E. coli'", "'yeast'"]),
    "metadata.scores.ptm": st.sampled_from(["0", "0.25", "1"]),
    "metadata.'a.b'": st.sampled_from(["0", "1", "-0.5"]),
}


_TEXTS = ("id", "job", "model", "metadata.organism", "metadata.temperature", "metadata.tags")
_PARTS = (
    *("structure exists", "structure not exists", "structure is missing", "structure is null", "chains > 1"),
    *("chain_types contains 'protein'", "chain_types not contains 'rna'", "'pae' in arrays", "arrays exists"),
)
_ITEMS = ("1", "'x'", "null")
_TEXT_TESTS = (
    *("glob 'E*'", "glob 'job-?'", "glob '*[a-m]'", "glob '[!e]*'", "glob 'yeast'", "glob 'esm2*'"),
    *("matches 'o'", "matches '^[a-z]+$'", "matches '(?i)e[.] '", "contains 'o'", "contains 'x'", "contains ''"),
)


def _sequence_tests() -> st.SearchStrategy[str]:
    """Patterns over residues, as `where` names their kinds."""
    kinds = {"re:": "matches", "prosite:": "prosite"}

    def written(pattern: str) -> str:
        prefix = next((prefix for prefix in kinds if pattern.startswith(prefix)), "")
        return f"{kinds.get(prefix, 'glob')} '{pattern.removeprefix(prefix)}'"

    return patterns().map(written)


@st.composite
def _test(draw: st.DrawFn) -> str:
    """One comparison of `where`."""
    field = draw(st.sampled_from(sorted(_COMPARED)))
    value = draw(_COMPARED[field])
    negated = draw(st.sampled_from(["", "", "not "]))
    form = draw(
        st.sampled_from(["compare", "compare", "in", "is", "equal", "glob", "text", "turned", "within", "parts"])
    )
    if form == "parts":
        return draw(st.sampled_from(_PARTS))
    if form == "glob":
        return f"sequence {negated}{draw(_sequence_tests())}"
    if form == "text":
        return f"{draw(st.sampled_from(_TEXTS))} {negated}{draw(st.sampled_from(_TEXT_TESTS))}"
    if form == "turned":
        least, most = draw(st.sampled_from(["<", "<=", "=="])), draw(st.sampled_from(["", " < 20", " != 7"]))
        return f"{draw(_COMPARED['length'])} {least} length{most}"
    if form == "within":
        return f"{draw(st.sampled_from(_ITEMS))} {negated}in metadata.tags"
    if form == "is":
        return f"{field} {draw(st.sampled_from([f'is {negated}null', f'is {negated}missing', f'{negated}exists']))}"
    if form == "in":
        listed = f"{value}, {draw(_COMPARED[field])}"
        return f"{field} {negated}in {draw(st.sampled_from([f'[{listed}]', f'({listed})']))}"
    if form == "equal":
        return f"{field} {draw(st.sampled_from(['==', '!=']))} {draw(st.sampled_from([value, 'null']))}"
    return f"{field} {draw(st.sampled_from(['==', '!=', '<', '<=', '>', '>=']))} {value}"


def expressions() -> st.SearchStrategy[str]:
    """`where` expressions: comparisons joined by `and`, `or`, `not` and parentheses."""
    joined = st.sampled_from([" and ", " or ", " AND "])
    return st.recursive(
        _test(),
        lambda inner: st.one_of(
            st.builds(lambda a, word, b: a + word + b, inner, joined, inner),
            inner.map(lambda text: f"not ({text})"),
            inner.map(lambda text: f"({text})"),
        ),
        max_leaves=4,
    )


def best_arguments() -> st.SearchStrategy[dict[str, str]]:
    """`by` and `per` of `best`."""
    by = st.sampled_from(["ranking_score", "confidence", "metadata.temperature", "scores.ptm"])
    return st.fixed_dictionaries({"by": by, "per": st.sampled_from(["job", "sequence"])})
