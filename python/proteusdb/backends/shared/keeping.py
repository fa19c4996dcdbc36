"""Tags, differences, cleanup and the schema of metadata, for every engine that keeps rows.

::

    class SqliteBackend(KeepingEngine)        implements `backends.keeping.Keeping`, quotas aside

Invariants: cleanup works in portions, each one transaction; when it is stopped, the store is whole and the same call
goes on.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import groupby, islice
from typing import Any

from ... import _core
from ...errors import ConflictError, ProteusError, QueryError, ValidationError
from ..keeping import Declared, Policy
from .engine import Engine
from .past import TAGS, Taker, tags_of, trimmed
from .question import Question
from .rows import Version, stored
from .standing import took_away
from .steps import SCHEMA, schema_of
from .tables import Changes, Life, Tables

__all__ = ["KeepingEngine", "broken"]

_PORTION = 256
_NAMED = 5
Pin = tuple[str, int]


class KeepingEngine(Engine):
    """An engine whose `Tables` know lives and notes."""

    keeps = True

    # --- tags and moments ---------------------------------------------------------------------------------------------

    def create_tag(self, name: str, moment: int | None) -> int:
        """See `Keeping.create_tag`."""
        if not name or len(name.encode()) > 255 or name != name.strip() or not name.isprintable():
            raise ValidationError(f"tag {name!r:.80}: allowed are names such as 'paper-v1', printable, up to 255 bytes")
        if _core.read_moment(name) is not None:
            raise ValidationError(f"tag {name!r}: it reads as a date; allowed are names such as 'paper-v1'")
        with self.writing() as tables:
            now = max(_core.now(), tables.last_commit() + 1)
            if moment is not None and moment > now:
                raise ValidationError(f"tag {name!r}: its moment is still to come; allowed is one that has passed")
            tags = tags_of(tables)
            if name in tags:
                raise ConflictError(f"tag {name!r} is taken; drop it first, or choose another name")
            tags[name] = (now if moment is None else moment, now)
            tables.write(Changes(now, notes={TAGS: json.dumps(tags)}))
            return tags[name][0]

    def drop_tag(self, name: str) -> None:
        """See `Keeping.drop_tag`."""
        with self.writing() as tables:
            tags = tags_of(tables)
            if tags.pop(name, None) is None:
                raise QueryError(f"no tag has the name {name!r}; there are: {', '.join(tags) or 'none'}")
            tables.write(Changes(_now(tables), notes={TAGS: json.dumps(tags)}))

    def tags(self) -> list[tuple[str, int, int]]:
        """See `Keeping.tags`."""
        with self.reading() as tables:
            tags = tags_of(tables)
        return sorted(((name, *times) for name, times in tags.items()), key=lambda tag: (tag[1], tag[0]))

    def changes(
        self, first: int | None, second: int | None, after: str | None, limit: int
    ) -> tuple[list[tuple[str, int | None, int | None]], str | None]:
        """See `Keeping.changes`."""
        with self.reading() as tables:
            sides = [_visible(tables, moment, after, limit) for moment in (first, second)]
        # As far as both sides were read.
        ends = [side[-1][0] for side in sides if len(side) == limit]
        last = min(ends, default=None)
        before, now = (dict(side) for side in sides)
        ids = sorted(key for key in before.keys() | now.keys() if last is None or key <= last)
        found = [(key, before.get(key), now.get(key)) for key in ids if before.get(key) != now.get(key)]
        if len(found) > limit:
            return found[:limit], found[limit - 1][0]
        return found, last

    # --- cleanup ------------------------------------------------------------------------------------------------------

    def clean(self, policy: Policy, *, rehearse: bool) -> dict[str, Any]:
        """See `Keeping.clean`."""
        cleaning = _Cleaning(self, policy, rehearse)
        if policy.older_than is not None or policy.keep_versions is not None:
            cleaning.trim()
        cleaning.remove()
        return cleaning.said

    def size(self) -> int:
        """See `Keeping.size`."""
        with self.reading() as tables:
            return int(tables.figures()["stored_bytes"])

    # --- schema -------------------------------------------------------------------------------------------------------

    def define_schema(self, fields: Sequence[tuple[str, list[str]]], required: Sequence[str], check: bool) -> None:
        """See `Keeping.define_schema`."""
        declared = _core.check_schema(list(fields), list(required))
        with self.writing() as tables:
            wrong = list(broken(tables, declared)) if check and declared else []
            if wrong:
                shown = "; ".join(wrong[:_NAMED])
                raise ValidationError(f"schema: {len(wrong)} stored predictions break it: {shown}")
            tables.write(Changes(_now(tables), notes={SCHEMA: json.dumps(declared) if declared else None}))

    def schema(self) -> list[Declared]:
        """See `Keeping.schema`."""
        with self.reading() as tables:
            return schema_of(tables)

    def check(self) -> list[str]:
        """See `Backend.check`; what breaks the schema too."""
        return [*super().check(), *self.against_schema()]

    def against_schema(self) -> list[str]:
        """One line for each current prediction that breaks the schema."""
        with self.reading() as tables:
            return list(broken(tables, schema_of(tables)))


def _now(tables: Tables) -> int:
    return max(_core.now(), tables.last_commit() + 1)


def broken(tables: Tables, declared: Sequence[Declared]) -> Iterator[str]:
    """One line for each current prediction that breaks a schema."""
    after: str | None = None
    while declared and (ids := tables.ids(after, _PORTION)):
        for row in tables.newest(ids).values():
            try:
                _core.obey_schema(declared, stored(row))
            except ProteusError as error:
                yield f"prediction {row[0]!r}: {error}"
        after = ids[-1]


def _visible(tables: Tables, moment: int | None, after: str | None, limit: int) -> list[Pin]:
    """What a look at a moment finds, in the order of ids."""
    question = Question(
        asks=[] if after is None else [("range", "id", (after, False), None)],
        spans=[],
        as_of=moment,
        columns=[],
        answered=[],
        order=[("id", False)],
        limit=limit,
        offset=0,
        early=True,
        nothing=False,
        told=[],
    )
    return [(row[0], row[1]) for batch in tables.scan(question) for row in batch]


class _Cleaning:
    """One cleanup, or its rehearsal."""

    def __init__(self, engine: KeepingEngine, policy: Policy, rehearse: bool) -> None:
        self._engine = engine
        self._policy = policy
        self._rehearse = rehearse
        self._size = engine.size() if policy.until is not None else 0
        self._gone: dict[str, set[int]] = {}
        self.said: dict[str, Any] = {
            "versions": 0, "deletions": 0, "predictions": [], "analyses": 0, "referred": [], "bytes": 0,
        }  # fmt: skip

    # --- versions -----------------------------------------------------------------------------------------------------

    def trim(self) -> None:
        """Takes what the rules about versions name."""
        with self._engine.reading() as tables:
            moments = [moment for moment, _ in tags_of(tables).values()]
            affected = [
                key for key, lives in _by_prediction(tables, None) if self._going(lives, moments) != ([], False)
            ]
        for portion in _portions(affected):
            with self._transaction() as (tables, _, taker):
                moments = [moment for moment, _ in tags_of(tables).values()]
                for _, lives in _by_prediction(tables, portion):
                    self._trim_one(lives, moments, taker)
            self.said["bytes"] += taker.freed

    def _going(self, lives: Sequence[Life], moments: Sequence[int]) -> tuple[list[Life], bool]:
        """The versions that go, and whether nothing is left then but a deletion, which goes too."""
        policy = self._policy
        going = trimmed(lives, policy.older_than, policy.keep_versions, moments)
        last = lives[-1]
        old = policy.older_than is None or last.updated_at <= policy.older_than
        return going, last.deleted and old and len(going) == len(lives) - 1

    def _trim_one(self, lives: Sequence[Life], moments: Sequence[int], taker: Taker) -> None:
        going, whole = self._going(lives, moments)
        if whole:
            taker.whole(lives)
            self.said["deletions"] += 1
            going = list(lives)
        else:
            taker.some(going)
        self._gone.setdefault(lives[0].prediction_id, set()).update(life.version for life in going)
        self.said["versions"] += len(going)

    # --- predictions --------------------------------------------------------------------------------------------------

    def remove(self) -> None:
        """Takes the predictions that are named, as many as it needs."""
        for portion in _portions(self._policy.predictions):
            with self._transaction() as (tables, changes, taker):
                moments = [moment for moment, _ in tags_of(tables).values()]
                found = dict(_by_prediction(tables, [key for key, _ in portion]))
                for key, version in portion:
                    until = self._policy.until
                    if until is not None and self._size - self.said["bytes"] - taker.freed <= until:
                        break
                    gone = self._gone.get(key, ())
                    lives = [life for life in found.get(key, ()) if life.version not in gone]
                    if lives and not lives[-1].deleted and lives[-1].version == version:
                        self._remove_one(tables, changes, taker, lives, moments)
            self.said["bytes"] += taker.freed

    def _remove_one(
        self, tables: Tables, changes: Changes, taker: Taker, lives: Sequence[Life], moments: Sequence[int]
    ) -> None:
        key = lives[0].prediction_id
        about = tables.analyses_of(key)
        if about and not self._policy.cascade and not self._rehearse:
            return
        self.said["referred"] += [key] * bool(about)
        self.said["analyses"] += len(about)
        self.said["predictions"].append(key)
        changes.analyses.update(dict.fromkeys(about))
        going = [life for life in lives if not any(map(life.seen_at, moments))]
        if len(going) == len(lives):
            taker.whole(lives)
        else:
            self._bury(tables, changes, lives[-1])
            taker.some(going)
        self.said["versions"] += len(going)

    def _bury(self, tables: Tables, changes: Changes, last: Life) -> None:
        """Puts a deletion behind what a tag keeps."""
        row = tables.newest([last.prediction_id])[last.prediction_id]
        changes.versions.append(Version.of(stored(row).tombstone(updated_at=changes.now)))
        changes.replaced.append((last.prediction_id, last.version, changes.now))

    def _transaction(self) -> _Portion:
        return _Portion(self._engine, self._rehearse)


class _Portion:
    """A transaction whose changes are written at its end, or with a rehearsal are not."""

    def __init__(self, engine: KeepingEngine, rehearse: bool) -> None:
        self._engine = engine
        self._rehearse = rehearse
        self._context = engine.reading() if rehearse else engine.writing()

    def __enter__(self) -> tuple[Tables, Changes, Taker]:
        self._tables = self._context.__enter__()
        self._changes = Changes(_now(self._tables))
        return self._tables, self._changes, Taker(self._tables, self._changes)

    def __exit__(self, *raised: Any) -> None:
        try:
            if raised[0] is None and not self._rehearse and self._changes:
                took_away(self._tables, self._changes)
                self._engine.commit(self._tables, self._changes)
        except BaseException as error:
            self._context.__exit__(type(error), error, error.__traceback__)
            raise
        self._context.__exit__(*raised)


def _by_prediction(tables: Tables, ids: Sequence[str] | None) -> Iterator[tuple[str, list[Life]]]:
    every = (life for batch in tables.lives(ids) for life in batch)
    for key, lives in groupby(every, key=lambda life: life.prediction_id):
        yield key, list(lives)


def _portions(items: Sequence[Any]) -> Iterator[list[Any]]:
    rest = iter(items)
    while portion := list(islice(rest, _PORTION)):
        yield portion
