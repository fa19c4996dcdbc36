"""The history of a store of rows as a whole: told, imported, replaced; its schema, and its quota.

::

    class SqliteBackend(HistoryEngine)        implements `base.Historian` and all of `keeping.Keeping`

    commits    some versions a transaction, in the order of their commits
    take       Importing, then Tables.write, in one transaction
    replaced   one transaction: everything goes, and what `fill` imports comes

Invariants: no transaction is open while whoever asked for `commits` works; of `replaced` others see all or nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from ... import __version__, _core
from ...errors import ConflictError, StorageError
from ..base import Change, Standing
from ..settings import apply_settings, settings_of
from .check import Told, faults
from .engine import Engine
from .growth import EVERY, GROWTH, sample, samples_of
from .importing import Importing
from .keeping import KeepingEngine, broken
from .opening import PROGRAM
from .past import TAGS
from .quota import QUOTA, Quota, hold, quota_of, size_of
from .repair import repair
from .rows import stored
from .standing import STANDING, fresh, noted
from .steps import SCHEMA, schema_of
from .tables import Changes, Place, Tables
from .upgrades import LATEST, STEPS

__all__ = ["HistoryEngine"]

_CHUNK = 256
"""Versions that are read in one transaction."""
_MOVES = "moves"
"""The note that holds every move between schemas."""
Watch = Callable[[int, int], Any] | None


class HistoryEngine(KeepingEngine):
    """An engine whose `Tables` know what each commit touched."""

    latest_schema = LATEST
    _pressed: tuple[int | None] | None = None
    """What the last commit of this handle found of the quota; `None` before the first."""
    _sampled = -EVERY
    """When the last sample of the size was taken (µs), as far as this handle knows."""

    # --- what an engine may give otherwise ----------------------------------------------------------------------------

    def replacing(self) -> AbstractContextManager[Tables]:
        """As `writing`, for a transaction that may be as large as the store."""
        return self.writing()

    def moving(self) -> AbstractContextManager[Tables]:
        """As `writing`, also where the tables are not those of the latest schema."""
        return self.writing()

    # --- telling ------------------------------------------------------------------------------------------------------

    def standing(self) -> Standing:
        """See `Historian.standing`."""
        with self.reading() as tables:
            store, removed, generation = noted(tables)
            return Standing(store, tables.schema(), tables.last_commit(), removed, generation)

    def commits(self, after: int | None, until: int) -> Iterator[Change]:
        """See `Historian.commits`."""
        with self.reading() as tables:
            models = {model["model_id"]: model for model in tables.models()}
            if after is None:
                touched = (list(models), tables.analyses_of(None))
            elif tables.schema() < LATEST:
                raise StorageError(f"{self.url}: what changed since a backup is known from schema {LATEST} on")
            else:
                touched = tables.touched(after, until)
        yield from (Change("model", models[key]) for key in touched[0] if key in models)
        yield from self._versions(0 if after is None else after + 1, until)
        gone: list[Change] = []
        for key in touched[1]:
            analysis = self.get_analysis(key)
            if analysis is not None:
                yield Change("analysis", analysis)
            elif after is not None:
                gone.append(Change("no analysis", key))
        yield from gone
        yield from (Change("no model", key) for key in touched[0] if key not in models)
        yield Change("settings", settings_of(self))

    def _versions(self, first: int, until: int) -> Iterator[Change]:
        start: Place = (first, "", 0)
        while True:
            with self.reading() as tables:
                batch = tables.committed(start, until, _CHUNK)
            yield from (Change("version", stored(row)) for _, row in batch)
            if len(batch) < _CHUNK:
                return
            commit, row = batch[-1]
            start = (commit, row[0], row[1])

    # --- importing ----------------------------------------------------------------------------------------------------

    def take(self, changes: Sequence[Change], *, fresh: bool) -> list[bool]:
        """See `Historian.take`."""
        items = [change for change in changes if change.kind != "settings"]
        new: list[bool] = []
        if items:
            with self.writing() as tables:
                new, found = Importing(tables, items, fresh=fresh).run()
                if found:
                    self.commit(tables, found)
        came = iter(new)
        return [
            apply_settings(self, change.item, fresh) if change.kind == "settings" else next(came) for change in changes
        ]

    def replaced(self, fill: Callable[[Any], None], image: tuple[str, int, int] | None) -> None:
        """See `Historian.replaced`."""
        with self.replacing() as tables:
            generation = noted(tables).generation + 1
            for field, number in list(tables.declared().items()):
                tables.undeclare(field, number)
            tables.clear()
            gone = dict.fromkeys((TAGS, SCHEMA, QUOTA, GROWTH))
            tables.write(Changes(_next(tables), notes={**gone, STANDING: fresh(generation).text}))
            fill(_Within(self, tables))
        self._pressed = None

    def copy_into(self, path: str, offset: int, watch: Watch) -> dict[str, Any]:
        """A store of rows is no file that could be copied while it is written; see `capabilities.images`."""
        raise StorageError(f"{self.url}: a backup of the {self.capabilities.name} back end is made of records")

    # --- integrity ----------------------------------------------------------------------------------------------------

    def verify(self, watch: Watch) -> dict[str, Any]:
        """See `Historian.verify`."""
        with self.reading() as tables:
            figures = tables.figures()
            found = [*tables.faults(), *faults(tables, watch), *broken(tables, schema_of(tables))]
        names = ("predictions", "versions", "models", "analyses", "blobs", "quarantined")
        counts = {name: int(figures[name]) for name in names if name in figures}
        return {"faults": found, "counts": {**counts, "bytes": int(figures["stored_bytes"])}}

    def repair(self, watch: Watch) -> tuple[list[tuple[str, str]], str | None]:
        """See `Historian.repair`."""
        with self.replacing() as tables:
            aside = repair(tables, Told(tables, watch))
        self._pressed = None
        return [(entry.name, entry.reason) for entry in aside], None

    # --- size ---------------------------------------------------------------------------------------------------------

    def stats(self) -> dict[str, Any]:
        """See `Backend.stats`; `samples` are those of its growth."""
        with self.reading() as tables:
            return {**tables.figures(), "samples": samples_of(tables)}

    # --- quota --------------------------------------------------------------------------------------------------------

    def commit(self, tables: Tables, changes: Changes) -> None:
        """See `Engine.commit`; the quota may forbid it."""
        quota, now = hold(tables, changes), _core.now()
        if now >= self._sampled + EVERY:
            self._sampled = sample(tables, changes, now)
        super().commit(tables, changes)
        self._pressed = (None if quota is None else quota.pressure,)

    def set_quota(self, max_bytes: int | None, warn_at: int | None) -> None:
        """See `Keeping.set_quota`."""
        with self.writing() as tables:
            none = max_bytes is None and warn_at is None
            text = None if none else Quota(max_bytes, warn_at, size_of(tables), True).text
            tables.write(Changes(_next(tables), notes={QUOTA: text}))
        self._pressed = None

    def quota(self) -> tuple[int | None, int | None, int]:
        """See `Keeping.quota`."""
        with self.reading() as tables:
            quota = quota_of(tables)
            limits = (None, None) if quota is None else quota[:2]
            return (*limits, size_of(tables))

    def pressure(self) -> int | None:
        """See `Keeping.pressure`; as the last commit of this handle found it."""
        if self._pressed is None:
            with self.reading() as tables:
                quota = quota_of(tables)
                self._pressed = (None if quota is None else quota._replace(used=size_of(tables)).pressure,)
        return self._pressed[0]

    # --- schemas ------------------------------------------------------------------------------------------------------

    def plan(self, target: int) -> list[dict[str, Any]]:
        """The steps to a schema, with what each does, costs and loses."""
        with self.reading() as tables:
            return _plan(tables, target)

    def moves(self) -> list[dict[str, Any]]:
        """Every move between schemas that was made."""
        with self.reading() as tables:
            return _moves(tables)

    def migrate(self, target: int, *, allow_loss: bool, by: str) -> list[dict[str, Any]]:
        """Moves to a schema, step by step, each in one transaction."""
        made: list[dict[str, Any]] = []
        while True:
            with self.moving() as tables:
                steps = _plan(tables, target)
                if not steps:
                    return made
                if steps[0]["loses"] and not allow_loss:
                    raise ConflictError(f"{self.url}: going down would lose {'; '.join(steps[0]['loses'])}")
                made.append(_move(tables, steps[0], by))


def _next(tables: Tables) -> int:
    return max(_core.now(), tables.last_commit() + 1)


def _plan(tables: Tables, target: int) -> list[dict[str, Any]]:
    now = tables.schema()
    way = range(now, target) if target > now else range(now - 2, target - 2, -1)
    found = []
    for place in way:
        step, up = STEPS[place - 1 if target > now else place], target > now
        first, last = (place, place + 1) if up else (place + 2, place + 1)
        found.append(
            {
                "from": first,
                "to": last,
                "description": step.up if up else step.down,
                "cost": step.cost,
                "loses": [] if up else step.loses(tables),
            }
        )
    return found


def _move(tables: Tables, step: dict[str, Any], by: str) -> dict[str, Any]:
    tables.alter(step["to"])
    changes = Changes(_next(tables))
    if step["to"] > step["from"]:
        STEPS[step["from"] - 1].begin(tables, changes)
    made = {"from": step["from"], "to": step["to"], "at": changes.now, "by": by, "program": __version__}
    changes.notes[PROGRAM] = __version__
    changes.notes[_MOVES] = json.dumps([*_moves(tables), made])
    tables.write(changes)
    return made


def _moves(tables: Tables) -> list[dict[str, Any]]:
    told = tables.note(_MOVES)
    return [] if told is None else list(json.loads(told))


class _Within(HistoryEngine):
    """A store within a transaction of another handle, while it is being filled."""

    def __init__(self, engine: Engine, tables: Tables) -> None:
        self.capabilities = engine.capabilities
        self.url = engine.url
        self.takes = engine.takes  # type: ignore[method-assign]
        self.ordered = engine.ordered
        self._tables = tables

    def reading(self, timeout: float | None = None) -> AbstractContextManager[Tables]:
        """See `Engine.reading`."""
        return nullcontext(self._tables)

    def writing(self) -> AbstractContextManager[Tables]:
        """See `Engine.writing`."""
        return nullcontext(self._tables)

    def compact(self, compression: str | None) -> None:
        """Nothing: it is new."""

    def close(self) -> None:
        """Nothing: the transaction ends by itself."""
