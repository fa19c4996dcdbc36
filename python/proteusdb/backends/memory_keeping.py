"""The oracle's past and schema, in the plainest Python.

::

    versions   1   2   3   4   5        every version that was ever written, as the oracle keeps them
    removed    1       3                what cleanup took: it is there, and never shown

Because nothing is forgotten, a moment is looked up in what truly happened: what was visible then is found, or it was
removed and there is nothing to find.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from .. import _core
from .._core import Stored
from ..errors import ConflictError, QueryError, ValidationError
from ..testing import oracle
from .base import Exchange
from .changelog import ChangeLog
from .keeping import Declared, Policy

__all__ = ["MemoryKeeping"]

_HEADER = 100
"""Bytes that a version counts for besides its parts."""


class MemoryKeeping:
    """See `Keeping`; the part of `MemoryBackend` that takes versions away."""

    _log: ChangeLog
    _versions: dict[str, list[Stored]]
    _removed: dict[str, set[int]]
    _notes: dict[str, str]
    _tags: dict[str, tuple[int, int]]
    _analyses: dict[str, dict[str, Any]]
    _schema: oracle.Schema
    _last_commit: int
    _lock: threading.RLock

    # --- notes --------------------------------------------------------------------------------------------------------

    def notes(self, names: Sequence[str]) -> list[str | None]:
        """See `Backend.notes`."""
        with self._lock:
            return [self._notes.get(name) for name in names]

    def exchange_notes(self, exchange: Exchange) -> bool:
        """See `Backend.exchange_notes`."""
        with self._lock:
            if any(self._notes.get(name) != expected for name, (expected, _) in exchange.items()):
                return False
            self._notes.update({name: text for name, (_, text) in exchange.items() if text is not None})
            for name in [name for name, (_, text) in exchange.items() if text is None]:
                self._notes.pop(name, None)
            return True

    def clock(self) -> int | None:
        """See `Backend.clock`."""
        return None

    # --- tags and moments ---------------------------------------------------------------------------------------------

    def create_tag(self, name: str, moment: int | None) -> int:
        """See `Keeping.create_tag`."""
        with self._lock:
            if not name or len(name.encode()) > 255 or name != name.strip() or not name.isprintable():
                raise ValidationError(f"tag {name!r}: allowed are names such as 'paper-v1'")
            if _core.read_moment(name) is not None:
                raise ValidationError(f"tag {name!r}: it reads as a date")
            now = max(_core.now(), self._last_commit + 1)
            if moment is not None and moment > now:
                raise ValidationError(f"tag {name!r}: its moment is still to come")
            if name in self._tags:
                raise ConflictError(f"tag {name!r} is taken")
            self._last_commit = now
            self._tags[name] = (now if moment is None else moment, now)
            return self._tags[name][0]

    def drop_tag(self, name: str) -> None:
        """See `Keeping.drop_tag`."""
        with self._lock:
            if self._tags.pop(name, None) is None:
                raise QueryError(f"no tag has the name {name!r}; there are: {', '.join(self._tags) or 'none'}")

    def tags(self) -> list[tuple[str, int, int]]:
        """See `Keeping.tags`."""
        with self._lock:
            named = [(name, moment, created_at) for name, (moment, created_at) in self._tags.items()]
            return sorted(named, key=lambda tag: (tag[1], tag[0].encode()))

    def changes(
        self, first: int | None, second: int | None, after: str | None, limit: int
    ) -> tuple[list[tuple[str, int | None, int | None]], str | None]:
        """See `Keeping.changes`; all in one step."""
        with self._lock:
            found = []
            for prediction_id in sorted(self._versions, key=str.encode):
                before, now = self._version_at(prediction_id, first), self._version_at(prediction_id, second)
                if before != now and (after is None or prediction_id.encode() > after.encode()):
                    found.append((prediction_id, before, now))
            return found, None

    def _version_at(self, prediction_id: str, moment: int | None) -> int | None:
        """The version that was visible, unless it was removed since."""
        past = [v for v in self._versions.get(prediction_id, []) if moment is None or v.updated_at <= moment]
        if not past or past[-1].deleted or past[-1].version in self._removed.get(prediction_id, ()):
            return None
        return past[-1].version

    def _left(self, prediction_id: str) -> list[Stored]:
        """The versions that were not removed."""
        removed = self._removed.get(prediction_id, set())
        return [stored for stored in self._versions.get(prediction_id, []) if stored.version not in removed]

    # --- cleanup ------------------------------------------------------------------------------------------------------

    def clean(self, policy: Policy, *, rehearse: bool) -> dict[str, Any]:
        """See `Keeping.clean`; a rehearsal is put back afterwards. Bytes are those of `size`."""
        with self._lock:
            before = (
                {key: list(history) for key, history in self._versions.items()},
                {key: set(removed) for key, removed in self._removed.items()},
                dict(self._analyses),
                self._last_commit,
            )
            size = self.size()
            cleaned = self._clean(policy, rehearse)
            cleaned["bytes"] = max(0, size - self.size())
            if not rehearse:
                self._log.removed = self._last_commit
            if rehearse:
                self._versions, self._removed, self._analyses, self._last_commit = before
            return cleaned

    def _clean(self, policy: Policy, rehearse: bool) -> dict[str, Any]:
        versions = deletions = 0
        if policy.older_than is not None or policy.keep_versions is not None:
            for prediction_id in list(self._versions):
                going, whole = self._trim(prediction_id, policy.older_than, policy.keep_versions, to_the_last=True)
                versions, deletions = versions + going, deletions + whole
        cleaned: dict[str, Any] = {"predictions": [], "referred": [], "analyses": 0, "deletions": deletions}
        for prediction_id, version in policy.predictions:
            if policy.until is not None and self.size() <= policy.until:
                break
            if self._version_at(prediction_id, None) != version:
                continue
            about = [key for key, analysis in self._analyses.items() if analysis["prediction_id"] == prediction_id]
            if about and not policy.cascade and not rehearse:
                continue
            cleaned["referred"] += [prediction_id] * bool(about)
            for analysis_id in about:
                del self._analyses[analysis_id]
                self._log.touch("analysis", analysis_id, self._last_commit)
            cleaned["analyses"] += len(about)
            cleaned["predictions"].append(prediction_id)
            versions += self._remove(prediction_id)
        return {**cleaned, "versions": versions}

    def _trim(
        self, prediction_id: str, older_than: int | None, keep_versions: int | None, *, to_the_last: bool
    ) -> tuple[int, bool]:
        """How many versions went, and whether the prediction did."""
        history, left = self._versions[prediction_id], self._left(prediction_id)
        going = set()
        for place, stored in enumerate(left[:-1]):
            superseded = history[stored.version].updated_at
            newer = len(left) - place - 1
            old_enough = older_than is None or superseded <= older_than
            if old_enough and (keep_versions is None or newer >= keep_versions) and not self._is_tagged(stored):
                going.add(stored.version)
        last = left[-1]
        alone = len(going) == len(left) - 1
        if to_the_last and last.deleted and alone and (older_than is None or last.updated_at <= older_than):
            self._forget(prediction_id)
            return len(left), True
        self._removed.setdefault(prediction_id, set()).update(going)
        return len(going), False

    def _remove(self, prediction_id: str) -> int:
        """Removes a current prediction but for what tags name; how many versions went."""
        left = self._left(prediction_id)
        tagged = {stored.version for stored in left if self._is_tagged(stored)}
        if not tagged:
            self._forget(prediction_id)
            return len(left)
        self._last_commit = max(_core.now(), self._last_commit + 1)
        self._versions[prediction_id].append(left[-1].tombstone(updated_at=self._last_commit))
        going = {stored.version for stored in left} - tagged
        self._removed.setdefault(prediction_id, set()).update(going)
        return len(going)

    def _is_tagged(self, stored: Stored) -> bool:
        """Whether this version was what a tagged moment saw."""
        moments = [moment for moment, _ in self._tags.values()]
        return any(self._version_at(stored.prediction_id, moment) == stored.version for moment in moments)

    def _forget(self, prediction_id: str) -> None:
        del self._versions[prediction_id]
        self._removed.pop(prediction_id, None)
        self._log.removed = self._last_commit

    def size(self) -> int:
        """Bytes of the parts of what is left, each different one of a prediction once, and something for a header."""
        total = 0
        for prediction_id in self._versions:
            parts = {
                (kind, name, stored.fresh(kind, name))
                for stored in self._left(prediction_id)
                for kind, name, _ in stored.parts
            }
            total += sum(len(data or b"") for _, _, data in parts) + _HEADER * len(self._left(prediction_id))
        return total

    # --- quota and schema ---------------------------------------------------------------------------------------------

    def set_quota(self, max_bytes: int | None, warn_at: int | None) -> None:
        """Memory has none; see `capabilities.quota`."""
        raise QueryError("the memory back end has no quota")

    def quota(self) -> tuple[int | None, int | None, int]:
        """See `Keeping.quota`."""
        return None, None, self.size()

    def pressure(self) -> int | None:
        """See `Keeping.pressure`."""
        return None

    def define_schema(self, fields: Sequence[tuple[str, list[str]]], required: Sequence[str], check: bool) -> None:
        """See `Keeping.define_schema`."""
        with self._lock:
            # Which schemas are well formed is one truth for all back ends; what they mean is the oracle's own.
            schema = oracle.Schema(_core.check_schema(list(fields), list(required)))
            if check:
                current = [left[-1] for left in map(self._left, self._versions) if not left[-1].deleted]
                broken = [f"{row.prediction_id!r}: {why}" for row in current if (why := schema.fault(row.metadata))]
                if broken:
                    raise ValidationError(f"schema: {len(broken)} stored predictions break it; {'; '.join(broken[:5])}")
            self._schema = schema

    def schema(self) -> list[Declared]:
        """See `Keeping.schema`."""
        return list(self._schema.fields)
