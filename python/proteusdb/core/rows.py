"""Records without a structure, which are many and small: the short way in.

::

    {"sequence": "MKV", "model": "esm", "metadata": {...}}   ->  the core, as it is
    {"sequence": ..., "structure": "model.cif"}              ->  not one of these: see `draft`

Invariant: what is taken here means the same as on the long way. Whatever needs Python, or is wrong in a way that Python
words, is left to it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

__all__ = ["MOST_BYTES", "MOST_RECORDS", "Row", "row_of"]

MOST_RECORDS = 32_768
MOST_BYTES = 16 << 20
"""A batch of records ends at either."""

_OVERHEAD = 200
"""About what a row takes besides its sequence."""
_FIELDS = frozenset(
    "sequence structure metadata prediction_id model job seed sample rank created_at on_conflict".split()
)


class Row:
    """A record that goes to the core as it is.

    Parameters
    ----------
    number : int
        Its place among all records.
    fields : dict
        The record; a copy, since whoever makes records may use one dict for all.
    size : int
        About how many bytes it holds.
    """

    __slots__ = ("fields", "number", "size")
    error = None

    def __init__(self, number: int, fields: dict[str, Any], size: int) -> None:
        self.number = number
        self.fields = fields
        self.size = size

    def __str__(self) -> str:
        """What messages call it."""
        chosen = self.fields.get("prediction_id")
        return f"record {self.number} ({chosen!r})" if isinstance(chosen, str) else f"record {self.number}"


def row_of(number: int, record: Any) -> Row | None:
    """The record as a row, or None where it has to go the long way."""
    if type(record) is not dict or not record.keys() <= _FIELDS or record.get("structure") is not None:
        return None
    sequence = record.get("sequence")
    if type(sequence) is not str or type(record.get("created_at")) not in (datetime, type(None)):
        return None
    metadata = record.get("metadata")
    fields = record.copy()
    if metadata is not None:
        if type(metadata) is not dict:
            return None
        fields["metadata"] = metadata.copy()
    return Row(number, fields, len(sequence) + _OVERHEAD)
