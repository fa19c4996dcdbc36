"""Writes whose outcome is unknown, and repeating them.

::

    store "a" ── no answer ──> noted: "a" under the name its commit would have
    store "a" again            the head of "a" bears that name and it says the same: it was written, as version 1
                               else the operation is gone through as any other

Without this a repetition would find the id taken by itself, or make a second version of the same content.

Invariants: only a commit that this handle sent and that was not answered is taken for the same; a bounded number is
noted.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence

from ..._core import Operation
from ..base import Outcome
from ..shared.rows import COLUMNS, Row, Version
from .writes import CassandraTables

__all__ = ["Unknown"]

_MOST = 100_000
_OF_ITSELF = frozenset({"version", "updated_at", "created_at", "model_id"})
"""Columns that a commit gives."""
_COMPARED = [place for place, name in enumerate(COLUMNS) if name not in _OF_ITSELF]


class Unknown:
    """Commits of one handle that were not answered."""

    def __init__(self) -> None:
        self._names: OrderedDict[str, str] = OrderedDict()

    def note(self, ids: Iterable[str], name: str) -> None:
        """These predictions may bear this commit."""
        for key in ids:
            self._names[key] = name
        while len(self._names) > _MOST:
            self._names.popitem(last=False)

    def settled(self, tables: CassandraTables, operations: Sequence[Operation]) -> dict[int, Outcome]:
        """The outcomes of operations that took place when they were sent before, by their number."""
        if not self._names:
            return {}
        found: dict[int, Outcome] = {}
        for number, operation in enumerate(operations):
            name = self._names.pop(operation.target, None)
            if name is None or operation.kind != "store" or operation.prediction is None:
                continue
            now = tables.newest([operation.target]).get(operation.target)
            if now is not None and tables.head(operation.target).name == name and _same(operation, now):
                tables.follow_again(operation.target)
                found[number] = ("written", operation.target, int(now[1]))
        return found


def _same(operation: Operation, row: Row) -> bool:
    new = operation.prediction
    if new is None:
        return False
    wanted = Version.of(new).row
    return all(wanted[place] == row[place] for place in _COMPARED)
