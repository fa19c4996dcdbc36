"""Every structure of every version in another profile of the codec, some at a time.

::

    (id, version) of all versions  ->  64 at a time: read, decode, encode, write under the key of the new bytes

Invariants: each portion is one transaction, so whoever stops it leaves a whole store and the next call goes on; no
version changes what it says.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from ... import _core
from ..._core import Stored
from .rows import Version, keys_of, stored
from .tables import Changes, Tables

__all__ = ["recompress"]

_PORTION = 64


class _Engine(Protocol):
    def reading(self, timeout: float | None = None) -> AbstractContextManager[Tables]: ...
    def writing(self) -> AbstractContextManager[Tables]: ...


def recompress(engine: _Engine, profile: str) -> None:
    """Rewrites what is in another profile.

    Parameters
    ----------
    engine : Engine
        The store.
    profile : {"fast", "small", "none"}
        As the core names it.
    """
    keys = []
    with engine.reading() as tables:
        for batch in tables.every_version():
            keys += [(row[0], row[1]) for row in batch]
    for start in range(0, len(keys), _PORTION):
        with engine.writing() as tables:
            changes = _portion(tables, keys[start : start + _PORTION], profile)
            if changes:
                tables.write(changes)


def _portion(tables: Tables, keys: Sequence[tuple[str, int]], profile: str) -> Changes:
    changes = Changes(max(_core.now(), tables.last_commit() + 1))
    versions = [stored(row) for row in tables.numbered(keys).values()]
    wanted = {key for version in versions if (key := version.key("structure", "")) is not None}
    blobs = {key: _encoded(data, profile) for key, data in tables.blobs(wanted).items()} if wanted else {}
    for version in versions:
        old = version.key("structure", "")
        if old in blobs:
            _replace(changes, version, Version.of(version.with_structure(blobs[old])))
    return changes


def _encoded(data: bytes, profile: str) -> bytes:
    return _core.encode_structure(_core.decode_structure(data), compression=profile)


def _replace(changes: Changes, before: Stored, after: Version) -> None:
    old, new = keys_of(before), after.keys
    if set(old) == set(new):
        return
    changes.rewritten.append(after)
    changes.blobs.update(after.blobs)
    changes.uses.subtract(old)
    changes.uses.update(new)
