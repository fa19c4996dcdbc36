"""Moments of the whole store: their names, and what differs between two of them.

::

    "paper-v1" ── diff ──> now      design-7 changed (metadata.note)      design-9 added      design-2 removed
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ..backends.keeping import Keeping
from ..errors import ValidationError
from .moments import Moment, moment_of
from .session import Session
from .times import from_micros
from .versions import changed

__all__ = ["Difference", "Tag", "create_tag", "diff", "list_tags"]

_STEP = 256
"""Differences that are fetched at a time."""


@dataclass(frozen=True, slots=True)
class Tag:
    """A named moment of the whole store.

    Attributes
    ----------
    name : str
        What `as_of` and `diff` take.
    moment : datetime
        The commit time that it names, UTC.
    created_at : datetime
        When it was named, UTC.
    """

    name: str
    moment: datetime
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Difference:
    """A prediction that differs between two moments.

    Attributes
    ----------
    prediction_id : str
        The prediction.
    kind : {"added", "removed", "changed"}
        Whether it is there at the second moment only, at the first only, or at both and differs.
    changed : tuple of str
        What differs, as in `Version.changed`; empty unless the kind is "changed".
    before, after : int or None
        The version at the first and at the second moment.
    """

    prediction_id: str
    kind: Literal["added", "removed", "changed"]
    changed: tuple[str, ...]
    before: int | None
    after: int | None


def create_tag(session: Session, name: str, as_of: Moment | None) -> Tag:
    """See `DatabaseManager.tag`."""
    session.check_writable()
    if not isinstance(name, str):
        raise ValidationError(f"tag {name!r}: a str is needed, such as 'paper-v1'")
    keeping = session.keeping("tag", "past")
    moment = keeping.create_tag(name, None if as_of is None else moment_of(session, "as_of", as_of))
    return next(tag for tag in list_tags(keeping) if (tag.name, tag.moment) == (name, from_micros(moment)))


def list_tags(keeping: Keeping) -> list[Tag]:
    """See `DatabaseManager.tags`."""
    return [Tag(name, from_micros(moment), from_micros(created)) for name, moment, created in keeping.tags()]


def diff(session: Session, a: Moment | None, b: Moment | None) -> Iterator[Difference]:
    """See `DatabaseManager.diff`; the moments are looked up at once, the differences as they are asked for."""
    keeping = session.keeping("diff", "past")
    first, second = (None if given is None else moment_of(session, name, given) for name, given in (("a", a), ("b", b)))
    return _differences(session, keeping, first, second)


def _differences(session: Session, keeping: Keeping, first: int | None, second: int | None) -> Iterator[Difference]:
    after: str | None = None
    while True:
        found, after = keeping.changes(first, second, after, _STEP)
        pins = [(key, version) for key, *versions in found for version in versions if version is not None]
        stored = {(one.prediction_id, one.version): one for one in keeping.get_many(pins) if one is not None}
        for prediction_id, before, now in found:
            old = None if before is None else stored.get((prediction_id, before))
            new = None if now is None else stored.get((prediction_id, now))
            if old is not None and new is not None:
                what = changed(session, old, new)
                if what:
                    yield Difference(prediction_id, "changed", what, before, now)
            elif new is not None:
                yield Difference(prediction_id, "added", (), None, now)
            elif old is not None:
                yield Difference(prediction_id, "removed", (), before, None)
        if after is None:
            return
