"""The answer to a query: keep what matches, sort it, cut the page.

::

    rows -> all that match -> by id, then by each order_by from the last to the first -> [offset : offset + limit]
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cmp_to_key
from typing import Any

from .moments import first_moment, last_moment
from .pattern import compile_pattern
from .row import Row
from .values import MISSING, at, in_range, kind, less, plain, same
from .where import compile_where

__all__ = ["best", "count", "select"]

Test = Callable[[Row], bool]

#: The order of families where one metadata path holds values of several.
_FAMILIES = ("bool", "number", "text", "time", "list", "map", "none")


def select(rows: Iterable[Row], criteria: Mapping[str, Any]) -> list[Row]:
    """The rows of a query, in order, its page cut out."""
    return _page(_matching(rows, criteria), criteria)


def count(rows: Iterable[Row], criteria: Mapping[str, Any]) -> int:
    """How many rows match, the page aside."""
    return len(_matching(rows, criteria))


def best(rows: Iterable[Row], criteria: Mapping[str, Any], by: str, per: str) -> list[Row]:
    """The row with the highest `by` of each `per`; ties go to the first id, rows without either are left out."""
    field = by if by in ("ranking_score", "confidence") or by.startswith("metadata.") else f"metadata.{by}"
    winners: dict[Any, Row] = {}
    for row in _sorted(sorted(_matching(rows, criteria), key=_id_key), "-" + field):
        group = row.value(per)
        if group is not None and kind(row.value(field)) == "number":
            winners.setdefault(group, row)
    return _page(list(winners.values()), criteria)


def _page(rows: list[Row], criteria: Mapping[str, Any]) -> list[Row]:
    found = sorted(rows, key=_id_key)
    for name in reversed(_order(criteria.get("order_by"))):
        found = _sorted(found, name)
    start = criteria.get("offset") or 0
    limit = criteria.get("limit")
    return found[start:] if limit is None else found[start : start + limit]


def _matching(rows: Iterable[Row], criteria: Mapping[str, Any]) -> list[Row]:
    tests = [_TESTS[name](value) for name, value in criteria.items() if value is not None and name in _TESTS]
    return [row for row in rows if all(test(row) for test in tests)]


def _sequence_pattern(pattern: str) -> Test:
    matches = compile_pattern(pattern)
    return lambda row: matches(row.stored.sequence)


def _confidence(threshold: float) -> Test:
    return lambda row: row.stored.confidence is not None and row.stored.confidence >= threshold


def _equal(field: str) -> Callable[[Any], Test]:
    return lambda wanted: lambda row: same(row.value(field), wanted)


def _dates(given: Sequence[Any]) -> Test:
    start, end = first_moment(given[0]), last_moment(given[1])
    return lambda row: (
        (start is None or row.stored.created_at >= start) and (end is None or row.stored.created_at <= end)
    )


def _lengths(given: Sequence[Any]) -> Test:
    return lambda row: in_range(row.stored.length, given[0], given[1])


def _metadata(wanted: Mapping[str, Any]) -> Test:
    def test(row: Row) -> bool:
        for path, value in wanted.items():
            found = at(row.metadata, path)
            if value == (None, None):
                continue
            ranged = isinstance(value, tuple) and len(value) == 2
            if not (in_range(found, *plain(value)) if ranged else same(found, plain(value))):
                return False
        return True

    return test


_TESTS: dict[str, Callable[[Any], Test]] = {
    "sequence_pattern": _sequence_pattern,
    "confidence_threshold": _confidence,
    "model_name": _equal("model"),
    "model_version": _equal("model_version"),
    "date_range": _dates,
    "job": _equal("job"),
    "seed": _equal("seed"),
    "sample": _equal("sample"),
    "metadata": _metadata,
    "length_range": _lengths,
    "where": compile_where,
}


def _order(order_by: str | Sequence[str] | None) -> list[str]:
    return [] if order_by is None else [order_by] if isinstance(order_by, str) else list(order_by)


def _sorted(rows: list[Row], name: str) -> list[Row]:
    """A stable sort by one field, `None` and missing last in both directions."""
    field, sign = name.removeprefix("-"), -1 if name.startswith("-") else 1
    present = [row for row in rows if _present(row.value(field))]
    absent = [row for row in rows if not _present(row.value(field))]
    present.sort(key=cmp_to_key(lambda a, b: sign * _compare(a.value(field), b.value(field))))
    return present + absent


def _present(value: Any) -> bool:
    return value is not None and value is not MISSING


def _compare(a: Any, b: Any) -> int:
    if isinstance(a, list) and isinstance(b, list):
        differing = [order for order in map(_compare, a, b) if order]
        return differing[0] if differing else len(a) - len(b)
    families = _FAMILIES.index(kind(a)), _FAMILIES.index(kind(b))
    if families[0] != families[1]:
        return -1 if families[0] < families[1] else 1
    return -1 if less(a, b) else 1 if less(b, a) else 0


def _id_key(row: Row) -> bytes:
    return row.prediction_id.encode("utf-8")
