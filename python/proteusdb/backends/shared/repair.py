"""A store of rows made sound again: what is derived is written anew, what is damaged is set aside.

::

    version that does not read, or names a blob that is missing or damaged     aside, with the blob's bytes
    columns that do not fit one another, times of versions, counts of blobs    written anew
    model that is absent                                                       a stand-in, named by its id
    analysis of an absent prediction                                           aside
    indexes                                                                    `Tables.rederive`

Invariants: all of it is one transaction; a version that is set aside is no version any more, and the one before it is
the newest then.
"""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise
from typing import Any

from ... import _core
from ..._core import Stored
from ...errors import ProteusError
from .check import AT_ONCE, Told, analysis_of
from .rows import Row, Version, blob_key, keys_of, stored
from .standing import took_away
from .tables import Aside, Changes, Record, Tables

__all__ = ["repair"]

_PIECE = 4 << 20
"""Bytes of a damaged blob that one entry of the quarantine holds: no document of MongoDB may be larger than 16 MB."""
Key = tuple[str, int]


def repair(tables: Tables, told: Told) -> list[Aside]:
    """Repairs in a transaction that writes; what was set aside."""
    work = _Repair(tables, told)
    work.look()
    work.versions()
    work.counts()
    work.analyses()
    took_away(tables, work.changes)
    tables.write(work.changes)
    tables.set_aside(work.aside, work.changes.now)
    tables.rederive()
    return work.aside


class _Repair:
    """One repair."""

    def __init__(self, tables: Tables, told: Told) -> None:
        self._tables = tables
        self._told = told
        self._bad: dict[Key, str] = {}
        self._wrong: set[str] = set()
        self._uses: Counter[str] = Counter()
        self._current: set[str] = set()
        self.changes = Changes(max(_core.now(), tables.last_commit() + 1))
        self.aside: list[Aside] = []

    # --- looking ------------------------------------------------------------------------------------------------------

    def look(self) -> None:
        """Finds the versions that are damaged, and those that are only written wrongly."""
        models = {model["model_id"] for model in self._tables.models()}
        named: Counter[str] = Counter()
        for row in self._rows():
            version = self._read(row)
            if version is None:
                continue
            self._stand_in(version, models)
            named.update(keys_of(version))
            if version.row([]) != tuple(row):
                self._wrong.add(version.prediction_id)
        self._wrong.update(self._torn())
        damaged = dict(self._damaged(named))
        for row in self._rows() if damaged else ():
            version = self._read(row)
            for key in () if version is None else keys_of(version):
                if key in damaged:
                    self._bad[row[0], row[1]] = damaged[key]

    def _rows(self) -> Iterator[Row]:
        for batch in self._tables.every_version():
            self._told.more(len(batch))
            yield from batch

    def _read(self, row: Row) -> Stored | None:
        try:
            return stored(row)
        except ProteusError as error:
            self._bad[row[0], row[1]] = str(error)
            return None

    def _stand_in(self, version: Stored, models: set[str]) -> None:
        """A model that keeps the predictions of an absent one together."""
        model_id = version.model_id
        if model_id is None or model_id in models:
            return
        models.add(model_id)
        record: Record = {"model_id": model_id, "name": model_id, "version": None, "configuration": {}}
        self.changes.models[model_id] = {**record, "created_at": self.changes.now}

    def _torn(self) -> Iterator[str]:
        """Predictions none of whose versions is the newest, or several are."""
        newest: Counter[str] = Counter()
        last: dict[str, int | None] = {}
        for batch in self._tables.lives(None):
            for life in batch:
                newest[life.prediction_id] += life.replaced_at is None
                last[life.prediction_id] = life.replaced_at
        yield from (key for key, replaced_at in last.items() if newest[key] != 1 or replaced_at is not None)

    def _damaged(self, named: Counter[str]) -> Iterator[tuple[str, str]]:
        """Blobs that are missing or not what was stored; the bytes of these are kept."""
        rest = iter(named)
        while portion := list(islice(rest, AT_ONCE)):
            self._told.more(len(portion))
            found = self._tables.blobs(portion)
            for key in portion:
                data = found.get(key)
                if data is None:
                    yield key, f"blob {key}: it is missing"
                elif blob_key(data) != key:
                    why = f"blob {key}: its bytes are not those that were stored"
                    self.aside += _pieces(key, data, why)
                    yield key, why

    # --- mending ------------------------------------------------------------------------------------------------------

    def versions(self) -> None:
        """Writes the predictions anew that something is wrong with, without their damaged versions."""
        for key in sorted(self._wrong | {key for key, _ in self._bad}):
            rows = self._tables.versions(key)
            good = [row for row in rows if (row[0], row[1]) not in self._bad]
            for row in rows:
                why = self._bad.get((row[0], row[1]))
                if why is not None:
                    name = f"prediction {row[0]!r}, version {row[1]}"
                    self.aside.append(Aside(name, why, json.dumps({"row": list(row)}, default=str)))
            self.changes.purged.append(key)
            self.changes.versions += self._anew(key, [stored(row) for row in good])

    def _anew(self, key: str, versions: Sequence[Stored]) -> Iterator[Version]:
        """The versions of a prediction: each ends where it did, or where the next begins, and the last does not end."""
        ends = {life.version: life.replaced_at for batch in self._tables.lives([key]) for life in batch}
        for version, following in pairwise([*versions, None]):
            assert version is not None
            end = None
            if following is not None:
                ended = ends[version.version]
                end = following.updated_at if ended is None else min(ended, following.updated_at)
            # Whoever keeps incremental backups gets it anew.
            yield Version(version, version.row([]), keys_of(version), {}, end, self.changes.now)

    def counts(self) -> None:
        """Counts anew how many versions name each blob; what none names goes."""
        for row in self._rows():
            if (row[0], row[1]) not in self._bad:
                version = stored(row)
                self._uses.update(keys_of(version))
                (self._current.discard if version.deleted else self._current.add)(version.prediction_id)
        counted = self._tables.blob_uses()
        for key in counted.keys() | self._uses.keys():
            uses, before = self._uses[key], counted.get(key, 0)
            if uses != before or not uses:
                self.changes.uses[key] = uses - before if uses else -max(before, 1)

    def analyses(self) -> None:
        """Sets aside the analyses that do not read, or are of predictions that are not there."""
        for key in self._tables.analyses_of(None):
            record, why = analysis_of(self._tables, key)
            if record is not None and record["prediction_id"] not in self._current:
                why = f"its prediction {record['prediction_id']!r} is absent"
            if why is not None:
                content = {} if record is None else {**record, **_documents(record)}
                self.aside.append(Aside(f"analysis {key!r}", why, json.dumps(content, default=str)))
                self.changes.analyses[key] = None


def _documents(record: dict[str, Any]) -> dict[str, str]:
    return {name: _core.to_document(record[name]) for name in ("results", "parameters")}


def _pieces(key: str, data: bytes, why: str) -> Iterator[Aside]:
    for start in range(0, max(len(data), 1), _PIECE):
        content = {"blob": key, "offset": start, "bytes": base64.b64encode(data[start : start + _PIECE]).decode()}
        yield Aside(f"blob {key}, from byte {start}", why, json.dumps(content))
