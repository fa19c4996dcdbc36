"""Which versions may go, and taking them: what `keep_versions`, `cleanup` and tags come to for rows.

::

    v1 ── v2 ── v3 ── v4 (newest)        keep_versions=2: v1 and v2 may go
          ^ tag "paper"                  and v2 stays, since the tag's moment shows it

Invariants: the newest version never goes alone; what a tagged moment shows stays; a version that went leaves its
place in time empty, so a look at that time finds what was there, or nothing.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Sequence

from .rows import keys_of, stored
from .tables import Changes, Life, Tables

__all__ = ["TAGS", "Taker", "tags_of", "trimmed"]

TAGS = "tags"
"""The note that holds the tags: name to [moment, when it was named]."""


def tags_of(tables: Tables) -> dict[str, tuple[int, int]]:
    """Name to (moment, when it was named)."""
    told = tables.note(TAGS)
    return {} if told is None else {name: (moment, at) for name, (moment, at) in json.loads(told).items()}


def trimmed(
    lives: Sequence[Life], older_than: int | None, keep_versions: int | None, moments: Collection[int]
) -> list[Life]:
    """The versions of one prediction that may go: replaced by `older_than`, not among the newest `keep_versions`, and
    shown at none of the moments."""
    going = []
    for place, life in enumerate(lives[:-1]):
        old = older_than is None or (life.replaced_at is not None and life.replaced_at <= older_than)
        many = keep_versions is None or len(lives) - place - 1 >= keep_versions
        if old and many and not any(map(life.seen_at, moments)):
            going.append(life)
    return going


class Taker:
    """Takes versions away, and counts what that frees.

    Parameters
    ----------
    tables : Tables
        Where they are.
    changes : Changes
        What is added to.
    """

    _ROW = 100
    """Bytes a row takes besides its texts, about."""

    def __init__(self, tables: Tables, changes: Changes) -> None:
        self._tables = tables
        self._changes = changes
        self._left: Counter[str] = Counter()
        self.freed = 0

    def some(self, lives: Sequence[Life]) -> None:
        """Removes single versions."""
        self._changes.removed += [(life.prediction_id, life.version) for life in lives]
        self._release(lives)

    def whole(self, lives: Sequence[Life]) -> None:
        """Removes a prediction with all its versions."""
        if lives:
            self._changes.purged.append(lives[0].prediction_id)
            self._release(lives)

    def _release(self, lives: Sequence[Life]) -> None:
        rows = self._tables.numbered([(life.prediction_id, life.version) for life in lives])
        versions = [stored(row) for row in rows.values()]
        keys = [key for version in versions for key in keys_of(version)]
        unknown = set(keys) - self._left.keys()
        self._left.update(self._tables.blob_uses(unknown) if unknown else {})
        self._changes.uses.subtract(keys)
        for version in versions:
            self.freed += self._ROW
            for kind, name, size in version.parts:
                key = version.key(kind, name)
                if key is not None:
                    self._left[key] -= 1
                    self.freed += size if self._left[key] == 0 else 0
