"""How large a store of rows may become: a note that every process obeys.

::

    [most bytes, bytes from which on to warn, bytes in use, whether those were counted]

What a commit brings is added to the bytes in use. What it takes away is not known by then, so they are counted anew
before a commit is refused or a warning given for their sake.

Invariants: a commit that only takes away always goes through; a store without a quota pays nothing.
"""

from __future__ import annotations

import json
from typing import NamedTuple

from ...errors import StorageError
from .rows import COLUMNS
from .tables import Changes, Tables

__all__ = ["QUOTA", "Quota", "hold", "quota_of", "size_of"]

QUOTA = "quota"
"""The note that holds it."""

_ROW = 100
"""Bytes a row takes besides its texts, about; as `Tables.figures` counts them."""
_TEXTS = [COLUMNS.index(name) for name in ("sequence", "metadata", "parts")]


class Quota(NamedTuple):
    """Limits in bytes, and what is in use."""

    max_bytes: int | None
    warn_at: int | None
    used: int
    counted: bool

    @property
    def text(self) -> str:
        """The note."""
        return json.dumps(list(self))

    @property
    def pressure(self) -> int | None:
        """Bytes in use, where a warning is due."""
        return self.used if self.warn_at is not None and self.used >= self.warn_at else None


def quota_of(tables: Tables) -> Quota | None:
    """The quota, if there is one."""
    told = tables.note(QUOTA)
    return None if told is None else Quota(*json.loads(told))


def size_of(tables: Tables) -> int:
    """Bytes in use."""
    return int(tables.figures()["stored_bytes"])


def hold(tables: Tables, changes: Changes) -> Quota | None:
    """Holds a commit against the quota and notes what is in use after it.

    Raises
    ------
    StorageError
        It would take the store above its quota.
    """
    quota = quota_of(tables)
    if quota is None:
        return None
    before, grown = quota.used, _grown(tables, changes)
    lowest = min(limit for limit in (quota.max_bytes, quota.warn_at) if limit is not None)
    counted = quota.counted
    if not counted and before + grown >= lowest:
        before, counted = size_of(tables), True
    brings = any(not version.stored.deleted for version in changes.versions)
    if brings and quota.max_bytes is not None and before + grown > quota.max_bytes:
        raise StorageError(
            f"quota: this write would take the store to {before + grown} bytes, and its quota is {quota.max_bytes}; "
            "nothing was stored; delete_prediction and cleanup make room, set_quota allows more"
        )
    takes = bool(changes.purged or changes.removed or any(uses < 0 for uses in changes.uses.values()))
    now = quota._replace(used=before + grown, counted=counted and not takes)
    if now != quota:
        changes.notes[QUOTA] = now.text
    return now


def _grown(tables: Tables, changes: Changes) -> int:
    """Bytes that a commit brings."""
    rows = sum(_ROW + sum(len(version.row[place]) for place in _TEXTS) for version in changes.versions)
    brought = [key for key, uses in changes.uses.items() if uses > 0 and key in changes.blobs]
    there = tables.blob_uses(brought) if brought else {}
    return rows + sum(len(changes.blobs[key]) for key in brought if not there.get(key))
