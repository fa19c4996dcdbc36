"""What each commit touched, for the memory back end: the plain meaning of `Backend.commits`."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from .._core import Stored
from .base import Change

__all__ = ["ChangeLog"]


class ChangeLog:
    """Commits of models and analyses, and of versions that came from elsewhere.

    Attributes
    ----------
    store : str
        Which store it is.
    generation : int
        Returns to an earlier state.
    removed : int
        The last commit that purged something.
    came : dict of (str, int) to int
        The commit that brought a version (id, number) from elsewhere; all others stand under their own.
    """

    def __init__(self) -> None:
        self.store = str(uuid.uuid4())
        self.generation = 0
        self.removed = -1
        self.came: dict[tuple[str, int], int] = {}
        self._touched: dict[tuple[str, str], int] = {}

    def touch(self, what: str, key: str, commit: int) -> None:
        """A model or analysis was stored, changed or deleted."""
        self._touched[what, key] = commit

    def changes(
        self,
        versions: Mapping[str, list[Stored]],
        models: Mapping[str, dict[str, Any]],
        analyses: Mapping[str, dict[str, Any]],
        after: int | None,
        until: int,
    ) -> Iterator[Change]:
        """See `Backend.commits`; without the settings."""
        low = -1 if after is None else after
        named = [key for key, commit in self._touched.items() if low < commit <= until]
        yield from (Change("model", models[key]) for what, key in named if what == "model" and key in models)
        found = [
            (commit, stored.prediction_id, stored.version, stored)
            for history in versions.values()
            for stored in history
            if low < (commit := self.came.get((stored.prediction_id, stored.version), stored.updated_at)) <= until
        ]
        yield from (Change("version", each[3]) for each in sorted(found, key=lambda each: each[:3]))
        yield from (Change("analysis", analyses[key]) for what, key in named if what == "analysis" and key in analyses)
        if after is not None:
            yield from (Change("no analysis", key) for what, key in named if what == "analysis" and key not in analyses)
            yield from (Change("no model", key) for what, key in named if what == "model" and key not in models)
