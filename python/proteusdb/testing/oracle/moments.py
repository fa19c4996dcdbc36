"""Dates and times of criteria, by `datetime`: a bare date is the whole UTC day, a naive time is UTC.

::

    now   today   yesterday   90 minutes ago   2 weeks ago   3 months ago
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
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
    if isinstance(given, str) and (given in ("now", "today", "yesterday") or given.endswith(" ago")):
        given = _from_now(given)
    if isinstance(given, str):
        bare = len(given) == len("2024-01-01")
        given = dt.date.fromisoformat(given) if bare else dt.datetime.fromisoformat(given)
    if isinstance(given, dt.datetime):
        return to_micros(given), to_micros(given)
    start = to_micros(dt.datetime(given.year, given.month, given.day))
    return start, start + _DAY // _MICRO - 1


def _from_now(text: str) -> dt.datetime | dt.date:
    now = dt.datetime.now(dt.UTC)
    named = {"now": now, "today": now.date(), "yesterday": now.date() - _DAY}
    if text in named:
        return named[text]
    told = re.fullmatch(r"(\d+) (second|minute|hour|day|week|month|year)s? ago", text)
    if told is None:
        raise ValueError(f"{text!r} names no moment")
    count, unit = int(told[1]), told[2]
    if unit not in ("month", "year"):
        return now - dt.timedelta(**{f"{unit}s": count})
    years, month = divmod(now.year * 12 + now.month - 1 - count * (12 if unit == "year" else 1), 12)
    last = calendar.monthrange(years, month + 1)[1]
    return now.replace(year=years, month=month + 1, day=min(now.day, last))
