"""A version as a row of plain values, and its blobs by the hash of their content.

::

    Stored ──Version.of──> row      ("a", 2, False, ..., '{"organism": "yeast"}', '[["structure", "", 812, "3f0c..."]]')
                           blobs    {"3f0c...": b"..."}       those that are not stored yet
    row ──stored──> Stored          its parts name their bytes by key

A version that shares its structure with the one before names the same key, and an array that two predictions have is
stored once: a blob counts the versions that name it.

Invariants: a key is the BLAKE2b hash (160 bits, hexadecimal) of the blob's bytes; a row holds every column of
`COLUMNS`.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from ..._core import ROW_COLUMNS, Stored, stored_from_row

__all__ = ["COLUMNS", "START", "Blobs", "Row", "Version", "blob_key", "keys_of", "starts_of", "stored"]

COLUMNS: tuple[str, ...] = ROW_COLUMNS
"""The columns of a row, in order. `updated_at` and `created_at` are µs, `metadata` and `parts` JSON text."""
START = 64
"""Residues of a chain that an index on its beginning holds."""

Row = tuple[Any, ...]
Blobs = dict[str, bytes]

_KEY_BYTES = 20


def blob_key(data: bytes) -> str:
    """The key of a blob."""
    return blake2b(data, digest_size=_KEY_BYTES).hexdigest()


def stored(row: Row) -> Stored:
    """The version a row is of."""
    return stored_from_row(row)


def keys_of(version: Stored) -> list[str]:
    """The keys of the parts of a version that was read from a row."""
    found = (version.key(kind, name) for kind, name, _ in version.parts)
    return [key for key in found if key is not None]


def starts_of(sequence: str) -> list[str]:
    """The first residues of each chain, which prefix patterns are looked up by."""
    return [chain[:START] for chain in sequence.split(":")]


@dataclass(slots=True)
class Version:
    """A version that is to be written.

    Attributes
    ----------
    stored : Stored
        With its number and times.
    row : tuple
        As `COLUMNS` names them.
    keys : list of str
        Of the blobs it names, one a part.
    blobs : dict of str to bytes
        Those of them whose bytes it brings.
    replaced_at : int or None
        When the next version was committed (µs); `None` for the newest.
    came : int or None
        The commit (µs) that brought it from elsewhere, with a time of its own; `None` where that is its own commit.
    """

    stored: Stored
    row: Row
    keys: list[str]
    blobs: Blobs
    replaced_at: int | None = None
    came: int | None = None

    @classmethod
    def of(cls, version: Stored) -> Version:
        """The row and the blobs of a version."""
        fresh = [(blob_key(data), data) for data in version.fresh_parts()]
        # Of one that is new all parts are at hand.
        kept = keys_of(version) if len(fresh) < len(version.parts) else []
        keys = [key for key, _ in fresh]
        return cls(version, version.row(keys), kept + keys, dict(fresh))

    @property
    def current(self) -> bool:
        """Whether it is what a query without `as_of` sees."""
        return self.replaced_at is None and not self.stored.deleted
