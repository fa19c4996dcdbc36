"""Where a store stands in its history, as a note it keeps: which store it is, and what was taken from it.

::

    {"store": "0f1c...", "removed": 1731..., "generation": 2}

Invariants: `removed` is the commit that last purged or cleaned something up; a store that takes the place of another
has a name of its own and counts on its generation.
"""

from __future__ import annotations

import json
import uuid
from typing import NamedTuple

from .tables import Changes, Tables

__all__ = ["STANDING", "Noted", "fresh", "noted", "took_away"]

STANDING = "standing"
"""The note that holds it."""


class Noted(NamedTuple):
    """What the note says; see `base.Standing`."""

    store: str
    removed: int
    generation: int

    @property
    def text(self) -> str:
        """The note."""
        return json.dumps(self._asdict())


def fresh(generation: int = 0) -> Noted:
    """That of a new store."""
    return Noted(str(uuid.uuid4()), -1, generation)


def noted(tables: Tables) -> Noted:
    """That of a store; of tables that know none, one without a name."""
    told = tables.note(STANDING)
    return Noted("", -1, 0) if told is None else Noted(**json.loads(told))


def took_away(tables: Tables, changes: Changes) -> None:
    """Notes that a commit takes something away for good."""
    now = noted(tables)
    if now.store:
        changes.notes[STANDING] = now._replace(removed=changes.now).text
