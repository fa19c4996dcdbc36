"""The embedded store's past, size, schema and notes: a thin name for `_core.Care`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import _core
from .base import Exchange
from .keeping import Declared, Policy

__all__ = ["LmdbKeeping"]


class LmdbKeeping:
    """See `Keeping`; `_care` is set when the store is opened."""

    _care: _core.Care

    def create_tag(self, name: str, moment: int | None) -> int:
        """See `Keeping.create_tag`."""
        return self._care.create_tag(name, moment)

    def drop_tag(self, name: str) -> None:
        """See `Keeping.drop_tag`."""
        self._care.drop_tag(name)

    def tags(self) -> list[tuple[str, int, int]]:
        """See `Keeping.tags`."""
        return self._care.tags()

    def changes(
        self, first: int | None, second: int | None, after: str | None, limit: int
    ) -> tuple[list[tuple[str, int | None, int | None]], str | None]:
        """See `Keeping.changes`."""
        return self._care.changes(first, second, after, limit)

    def clean(self, policy: Policy, *, rehearse: bool) -> dict[str, Any]:
        """See `Keeping.clean`."""
        return self._care.clean(
            older_than=policy.older_than,
            keep_versions=policy.keep_versions,
            predictions=policy.predictions,
            until=policy.until,
            cascade=policy.cascade,
            rehearse=rehearse,
        )

    def size(self) -> int:
        """See `Keeping.size`."""
        return self._care.size()

    def set_quota(self, max_bytes: int | None, warn_at: int | None) -> None:
        """See `Keeping.set_quota`."""
        self._care.set_quota(max_bytes, warn_at)

    def quota(self) -> tuple[int | None, int | None, int]:
        """See `Keeping.quota`."""
        return self._care.quota()

    def pressure(self) -> int | None:
        """See `Keeping.pressure`."""
        return self._care.pressure()

    def oldest_reader(self) -> tuple[int, int, str] | None:
        """See `Crowd.oldest_reader`."""
        return self._care.oldest_reader()

    def define_schema(self, fields: Sequence[tuple[str, list[str]]], required: Sequence[str], check: bool) -> None:
        """See `Keeping.define_schema`."""
        self._care.define_schema(list(fields), list(required), check)

    def schema(self) -> list[Declared]:
        """See `Keeping.schema`."""
        return self._care.schema()

    # --- notes --------------------------------------------------------------------------------------------------------

    def notes(self, names: Sequence[str]) -> list[str | None]:
        """See `Backend.notes`."""
        return self._care.notes(names)

    def exchange_notes(self, exchange: Exchange) -> bool:
        """See `Backend.exchange_notes`."""
        return self._care.exchange_notes([(name, *texts) for name, texts in exchange.items()])

    def clock(self) -> int | None:
        """See `Backend.clock`."""
        return None
