"""Whether all that is stored fits together, range by range of the ring.

::

    predictions ──> blobs, current, ordered, models       every version and what it names
    current, ordered, analyses ──> predictions            nothing is left over

Rows are read some hundred at a time, each with all that belongs to it; nothing is changed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from ...errors import ProteusError
from ..shared.rows import COLUMNS, Row, blob_key, stored
from .client import Rows
from .schema import COLUMN_LIST, KINDS, bucket_of, place_of, terms
from .tables import Reads

__all__ = ["faults", "unlike"]

_SIZE = 200
_PLACES = {name: COLUMNS.index(name) for name in COLUMNS}


def faults(tables: Reads) -> Iterator[str]:
    """What does not fit together, one line each."""
    check = _Check(tables)
    yield from check.predictions()
    yield from check.shown()
    yield from check.pointers()
    yield from check.analyses()


def unlike(tables: Reads) -> Iterator[str]:
    """Predictions of which questions see something else than the newest version."""
    check = _Check(tables)
    for _ in check.predictions():
        yield from check.unlike
        check.unlike.clear()


class _Check:
    """One look at all of it."""

    def __init__(self, tables: Reads) -> None:
        self.unlike: dict[str, None] = {}
        """Predictions found so far that questions see otherwise."""
        self._tables = tables
        self._client = tables.client
        self._models = {model["model_id"] for model in tables.models()}
        self._names = tables.names()

    # --- versions and what they name ----------------------------------------------------------------------------------

    def predictions(self) -> Iterator[str]:
        text = f"SELECT {COLUMN_LIST}, replaced_at, head, indexed FROM predictions"
        rest: list[Row] = []
        for rows in self._client.pages(text, size=_SIZE):
            rest += [row for row in rows if row[1] is not None]
            # The last prediction may go on in the next page.
            last = rest[-1][0] if rest else None
            yield from self._some([row for row in rest if row[0] != last])
            rest = [row for row in rest if row[0] == last]
        yield from self._some(rest)

    def _some(self, rows: Sequence[Row]) -> Iterator[str]:
        newest: list[Row] = []
        for _, versions in groupby(rows, key=lambda row: row[0]):
            lives = list(versions)
            for row, following in zip(lives, [*lives[1:], None], strict=True):
                yield from self._version(row[:-3], ended=row[-3], last=following is None)
            newest.append(lives[-1])
        yield from self._derived(newest)
        yield from self._blobs([row[:-3] for row in rows])

    def _version(self, row: Row, *, ended: int | None, last: bool) -> Iterator[str]:
        name = f"prediction {row[0]!r}, version {row[1]}"
        try:
            version = stored(row)
        except ProteusError as error:
            yield str(error)
            return
        if version.model_id is not None and version.model_id not in self._models:
            yield f"{name}: no model has the id {version.model_id!r}"
        # Columns that are made of others, such as length and confidence, must say the same.
        if version.row([]) != tuple(row):
            yield f"{name}: its columns do not fit one another"
        if last == (ended is not None):
            yield f"{name}: it is {'the newest and' if last else 'not the newest, and not'} marked as replaced"

    def _derived(self, rows: Sequence[Row]) -> Iterator[str]:
        """What questions look at, against the newest versions."""
        places = [[bucket_of(row[0], self._tables.buckets), row[0]] for row in rows]
        text = f"SELECT {COLUMN_LIST}, terms FROM current WHERE bucket = ? AND prediction_id = ?"
        shown = self._client.many(text, places)
        pointed = self._pointed(rows)
        for row, found in zip(rows, shown, strict=True):
            wrong = list(self._followed(row, found, pointed.get(row[0], ())))
            if wrong:
                self.unlike[row[0]] = None
            yield from wrong

    def _followed(self, row: Row, found: Rows, missing: Sequence[tuple[str, int]]) -> Iterator[str]:
        name = f"prediction {row[0]!r}"
        head, indexed = row[-2:]
        if head != indexed:
            yield f"{name}: its last commit is not followed by its index rows"
        row = row[:-3]
        if row[_PLACES["deleted"]]:
            if found:
                yield f"{name}: it was deleted and is shown"
        elif not found:
            yield f"{name}: no question finds it"
        else:
            yield from self._alike(name, row, found[0])
            for kind, value in missing:
                yield f"{name}: it is missing in the order by {kind} ({value})"

    def _alike(self, name: str, row: Row, found: Row) -> Iterator[str]:
        if tuple(row) != tuple(found[:-1]):
            yield f"{name}: what questions look at is not its newest version"
        missing = terms(stored(row), self._names) - set(found[-1] or ())
        if missing:
            yield f"{name}: the indexes lack {min(missing)!r} of it"

    def _pointed(self, rows: Sequence[Row]) -> dict[str, list[tuple[str, int]]]:
        """Pointers that are missing, by prediction."""
        wanted = [
            (kind, bucket_of(row[0], self._tables.buckets), value, row[0])
            for row in rows
            if not row[_PLACES["deleted"]]
            for kind, value in (place_of(kind, row[_PLACES[kind]]) for kind in KINDS)
        ]
        text = "SELECT version FROM ordered WHERE kind = ? AND bucket = ? AND value = ? AND prediction_id = ?"
        missing: dict[str, list[tuple[str, int]]] = {}
        for (kind, _, value, key), found in zip(wanted, self._client.many(text, wanted), strict=True):
            if not found:
                missing.setdefault(key, []).append((kind, value))
        return missing

    def _blobs(self, rows: Sequence[Row]) -> Iterator[str]:
        named = {(row[0], part[3]) for row in rows for part in json.loads(row[_PLACES["parts"]])}
        found = self._tables.blobs_of(sorted(named))
        for owner, key in sorted(named):
            data = found.get((owner, key))
            if data is None:
                yield f"prediction {owner!r}: blob {key} is missing"
            elif blob_key(data) != key:
                yield f"prediction {owner!r}: the chunks of blob {key} are not what was stored"

    # --- what is left over --------------------------------------------------------------------------------------------

    def shown(self) -> Iterator[str]:
        for rows in self._client.pages("SELECT prediction_id, version FROM current", size=_SIZE):
            newest = self._tables.newest([row[0] for row in rows])
            for key, version in rows:
                if key not in newest or newest[key][1] != version:
                    yield f"prediction {key!r}: version {version} is shown to questions and is not the newest"

    def pointers(self) -> Iterator[str]:
        for rows in self._client.pages("SELECT kind, value, prediction_id FROM ordered", size=_SIZE):
            newest = self._tables.newest({row[2] for row in rows})
            for kind, value, key in rows:
                if key not in newest or not self._points(kind, value, newest[key]):
                    yield f"prediction {key!r}: the order by {kind} names a value it does not have ({value})"

    def _points(self, kind: str, value: int, row: Row) -> bool:
        column = kind.removeprefix("no ")
        return not row[_PLACES["deleted"]] and place_of(column, row[_PLACES[column]]) == (kind, value)

    def analyses(self) -> Iterator[str]:
        for rows in self._client.pages("SELECT analysis_id, prediction_id FROM analyses", size=_SIZE):
            newest = self._tables.newest({row[1] for row in rows})
            for analysis_id, key in rows:
                there: Any = newest.get(key)
                if there is None or there[_PLACES["deleted"]]:
                    yield f"analysis {analysis_id!r}: its prediction is absent"
