"""Dates and times of criteria, by `datetime`: a bare date is the whole UTC day, a naive time is UTC."""

from __future__ import annotations

import datetime as dt
from typing import Any

__all__ = ["first_moment", "last_moment", "to_datetime", "to_micros"]

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_DAY = dt.timedelta(days=1)
_MICRO = dt.timedelta(microseconds=1)


def to_micros(moment: dt.datetime) -> int:
    """µs since 1970-01-01T00:00:00Z."""
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=dt.UTC)
    return (aware - _EPOCH) // _MICRO


def to_datetime(micros: int) -> dt.datetime:
    """The aware UTC datetime of a number of µs."""
    return _EPOCH + micros * _MICRO


def first_moment(given: Any) -> int | None:
    """The first µs that a date or time names; `None` for `None`."""
    span = _span(given)
    return None if span is None else span[0]


def last_moment(given: Any) -> int | None:
    """The last µs that a date or time names; `None` for `None`."""
    span = _span(given)
    return None if span is None else span[1]


def _span(given: Any) -> tuple[int, int] | None:
    if given is None:
        return None
    if isinstance(given, str):
        bare = len(given) == len("2024-01-01")
        given = dt.date.fromisoformat(given) if bare else dt.datetime.fromisoformat(given)
    if isinstance(given, dt.datetime):
        return to_micros(given), to_micros(given)
    start = to_micros(dt.datetime(given.year, given.month, given.day))
    return start, start + _DAY // _MICRO - 1
