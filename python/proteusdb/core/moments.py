"""Moments as callers name them: dates, datetimes, text, and tags.

::

    "2024-03-01"  "2 weeks ago"  datetime(...)      to_micros
    "paper-v1"                                      the tag's moment

A tag never reads as a date, so a text means one of the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from .._core import read_moment
from ..errors import QueryError, ValidationError
from .session import Session
from .times import from_micros, to_micros

__all__ = ["Moment", "moment_of", "with_moment"]

Moment = datetime | date | str


def moment_of(session: Session, name: str, given: Moment) -> int:
    """The last µs of a date, a moment, or that of a tag.

    Raises
    ------
    QueryError
        It is none of these; the message lists the tags.
    """
    moment = _tagged(session, given)
    if moment is not None:
        return moment
    try:
        return to_micros(name, given, asked=True)
    except ValidationError as error:
        raise QueryError(f"{error}{_known(session)}") from None


def with_moment(session: Session, criteria: dict[str, Any]) -> dict[str, Any]:
    """Criteria whose `as_of` may be a tag, with its moment in its place."""
    moment = _tagged(session, criteria.get("as_of"))
    return criteria if moment is None else {**criteria, "as_of": from_micros(moment)}


def _tagged(session: Session, given: Any) -> int | None:
    if not isinstance(given, str) or read_moment(given) is not None:
        return None
    return _tags(session).get(given)


def _known(session: Session) -> str:
    names = list(_tags(session))
    return f"; tags are {', '.join(names[:20])}" if names else "; there are no tags"


def _tags(session: Session) -> Mapping[str, int]:
    keeping = session.kept("past")
    return {} if keeping is None else {name: moment for name, moment, _ in keeping.tags()}
