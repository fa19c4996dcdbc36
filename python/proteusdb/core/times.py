"""Moments: int64 microseconds in the store, aware UTC datetimes in Python.

A naive datetime is UTC; a bare date is the start of its UTC day, or the end where a range ends.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from .._core import read_moment
from ..errors import ValidationError

__all__ = ["from_micros", "to_micros"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_DAY = timedelta(days=1) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """Microseconds since 1970 as an aware UTC datetime."""
    return _EPOCH + timedelta(microseconds=micros)


def to_micros(name: str, moment: Any, *, asked: bool = False) -> int:
    """A moment as microseconds since 1970.

    Parameters
    ----------
    name : str
        The argument, for the message.
    moment : datetime, date or str
        A naive datetime is UTC. Text is ISO 8601: `2024-03-01`, `2024-03-01T12:00:00+01:00`.
    asked : bool
        Whether it is asked for and not stored: a bare date then means its last microsecond, and text may be told from
        now (`today`, `2 hours ago`).

    Raises
    ------
    ValidationError
        It is none of these.
    """
    if asked and isinstance(moment, str) and (told := read_moment(moment)) is not None:
        return told[1]
    found: Any = _parse(name, moment) if isinstance(moment, str) else moment
    last = 0
    if isinstance(found, date) and not isinstance(found, datetime):
        found = datetime(found.year, found.month, found.day, tzinfo=UTC)
        last = _DAY - 1 if asked else 0
    if not isinstance(found, datetime):
        raise ValidationError(
            f"{name} {moment!r}: allowed are a datetime, a date and ISO text such as '2024-03-01T12:00:00Z'"
        )
    aware = found if found.tzinfo is not None else found.replace(tzinfo=UTC)
    return (aware - _EPOCH) // _MICROSECOND + last


def _parse(name: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise ValidationError(
            f"{name} {text!r}: no date; allowed is ISO text such as '2024-03-01' or '2024-03-01T12:00:00Z'"
        ) from None
