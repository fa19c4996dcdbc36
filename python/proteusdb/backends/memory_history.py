"""The memory back end's history as a whole: told, imported, replaced; and what it says of its state."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Self

from .. import _core
from .._core import Stored
from ..errors import ConflictError, ProteusError, StorageError, ValidationError
from ..testing import oracle
from .base import Change, Standing
from .changelog import ChangeLog
from .settings import apply_settings, settings_of

__all__ = ["MemoryHistory"]


class MemoryHistory:
    """Methods of `MemoryBackend`."""

    _versions: dict[str, list[Stored]]
    _models: dict[str, dict[str, Any]]
    _analyses: dict[str, dict[str, Any]]
    _indexes: oracle.DeclaredIndexes
    _last_commit: int
    _log: ChangeLog
    _lock: threading.RLock
    _check_open: Callable[[], None]
    _current: Callable[[str], Stored | None]
    _removed: dict[str, set[int]]
    _tags: dict[str, tuple[int, int]]
    _schema: oracle.Schema
    _left: Callable[[str], list[Stored]]
    _state: Callable[[], Any]
    _put_back: Callable[[Any], None]
    check: Callable[[], list[str]]
    stats: Callable[[], dict[str, Any]]

    def verify(self, watch: Callable[[int, int], Any] | None) -> dict[str, Any]:
        """See `Backend.verify`."""
        counts = {name: count for name, count in self.stats().items() if name != "residues"}
        return {"faults": self.check(), "counts": counts}

    def repair(self, watch: Callable[[int, int], Any] | None) -> tuple[list[tuple[str, str]], str | None]:
        """There is nothing that could be made anew."""
        raise StorageError("the memory back end cannot be repaired; nothing outlives the process")

    def copy_into(self, path: str, offset: int, watch: Callable[[int, int], Any] | None) -> dict[str, Any]:
        """There is no file."""
        raise StorageError("the memory back end has no file")

    def standing(self) -> Standing:
        """See `Backend.standing`."""
        with self._lock:
            self._check_open()
            return Standing(self._log.store, 1, self._last_commit, self._log.removed, self._log.generation)

    def commits(self, after: int | None, until: int) -> Iterator[Change]:
        """See `Backend.commits`."""
        with self._lock:
            self._check_open()
            left = {key: self._left(key) for key in self._versions}
            found = self._log.changes(left, self._models, self._analyses, after, until)
            return iter([*found, Change("settings", settings_of(self))])

    def take(self, changes: Sequence[Change], *, fresh: bool) -> list[bool]:
        """See `Backend.take`."""
        with self._lock:
            self._check_open()
            before = self._state()
            now = self._last_commit if fresh else max(_core.now(), self._last_commit + 1)
            try:
                return [self._take(change, now, fresh) for change in changes]
            except ProteusError:
                self._put_back(before)
                raise

    def _take(self, change: Change, now: int, fresh: bool) -> bool:
        kind, item = change
        if kind == "settings":
            return apply_settings(self, item, fresh)
        if kind == "version":
            return self._take_version(item, now, fresh)
        self._last_commit = max(self._last_commit, now)
        records = self._models if kind in ("model", "no model") else self._analyses
        what = "model" if records is self._models else "analysis"
        if isinstance(item, str):
            known = records.pop(item, None)
            if known is not None:
                self._log.touch(what, item, now)
            return known is not None
        if kind == "analysis" and self._current(item["prediction_id"]) is None:
            raise ValidationError(f"analysis of prediction {item['prediction_id']!r}: no such prediction is stored")
        key = item[f"{what}_id"]
        if key in records and oracle.same(_plain(records[key]), _plain(item)):
            return False
        records[key] = dict(item)
        self._log.touch(what, key, now)
        return True

    def _take_version(self, stored: Stored, now: int, fresh: bool) -> bool:
        history = self._versions.setdefault(stored.prediction_id, [])
        newest = history[-1] if history else None
        if newest is not None and (stored.version <= newest.version or stored.updated_at < newest.updated_at):
            here = next((each for each in history if each.version == stored.version), None)
            if here is None and stored.version < newest.version:
                return False
            if here is not None and here.updated_at == stored.updated_at:
                return False
            raise ConflictError(
                f"prediction {stored.prediction_id!r}: version {stored.version} has another history here, whose newest "
                f"version is {newest.version}; import it into a store of its own"
            )
        if stored.model_id is not None and stored.model_id not in self._models:
            raise ValidationError(f"prediction {stored.prediction_id!r}: its model {stored.model_id!r} is not here")
        for key in [key for key, each in self._analyses.items() if each["prediction_id"] == stored.prediction_id]:
            if stored.deleted:
                del self._analyses[key]
                self._log.touch("analysis", key, now)
        for missing in range(len(history) + 1, stored.version):
            # Cleaned up where it came from; a number is a place in the list.
            gone = stored.with_version(
                missing, updated_at=stored.updated_at, created_at=stored.created_at, model_id=stored.model_id
            )
            history.append(gone)
            self._removed.setdefault(stored.prediction_id, set()).add(missing)
        history.append(stored)
        if not fresh:
            self._log.came[stored.prediction_id, stored.version] = now
        self._last_commit = max(self._last_commit, stored.updated_at, now)
        return True

    def replaced(self, fill: Callable[[Self], None], image: tuple[str, int, int] | None) -> None:
        """See `Backend.replaced`."""
        other = type(self)()
        fill(other)
        with self._lock:
            self._check_open()
            other._log.generation = self._log.generation + 1
            names = (
                "_versions",
                "_removed",
                "_models",
                "_analyses",
                "_indexes",
                "_tags",
                "_schema",
                "_last_commit",
                "_log",
            )
            for name in names:
                setattr(self, name, getattr(other, name))


def _plain(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record without its arrays, which cannot be compared in one word; its id and times tell it."""
    return {name: value for name, value in record.items() if name != "results"}
