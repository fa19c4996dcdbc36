"""Declared indexes as an oracle has them: names in order, which no answer depends on."""

from __future__ import annotations

from collections.abc import Iterable

from ... import _core
from ...errors import QueryError
from .row import Row

__all__ = ["DeclaredIndexes"]


class DeclaredIndexes:
    """The fields that were declared."""

    def __init__(self) -> None:
        self._names: list[str] = []

    def add(self, field: str) -> bool:
        """Declares one; whether it was new."""
        name = _core.parse_index(field)
        new = name not in self._names
        self._names += [name] if new else []
        return new

    def remove(self, field: str) -> None:
        """Drops one; QueryError where it is not declared."""
        name = _core.parse_index(field)
        if name not in self._names:
            raise QueryError(f"no index is declared on {name}; declared are: {', '.join(self._names) or 'none'}")
        self._names.remove(name)

    def counted(self, rows: Iterable[Row]) -> list[tuple[str, int]]:
        """Each with the number of rows that have a value there."""
        found = list(rows)
        return [(name, sum(row.has(name) for row in found)) for name in self._names]
