"""The statements of one transaction on an SQLite store.

Implements `shared.tables.Tables`; what the statements are for stands there.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from ... import _core
from ...errors import CorruptionError
from ..shared.question import Question
from ..shared.rows import COLUMNS, Blobs, Row, Version, starts_of, stored
from ..shared.sql import Dialect, count_of, rows_of
from ..shared.tables import Changes, Declared, Life, Record
from .schema import CURRENT

__all__ = ["DIALECT", "WITH_GRAMS", "SqliteTables"]

_SELECT = f"SELECT {', '.join(f'v.{name}' for name in COLUMNS)} FROM"
_FIRST_BATCH, _BATCH = 32, 1024
_MOST_GRAMS = 24
"""Threes that are looked up; a few tell nearly all there is."""


class SqliteTables:
    """One transaction of a connection."""

    def __init__(self, connection: sqlite3.Connection, dialect: Dialect) -> None:
        self._connection = connection
        self._dialect = dialect
        self._run = connection.execute

    # --- reading ------------------------------------------------------------------------------------------------------

    def newest(self, ids: Collection[str]) -> dict[str, Row]:
        """See `Tables.newest`."""
        if len(ids) == 1:
            rows = self._run(f"{_SELECT} versions v WHERE v.prediction_id = ? AND v.replaced_at IS NULL", list(ids))
        else:
            rows = self._run(
                f"{_SELECT} json_each(?) j CROSS JOIN versions v ON v.prediction_id = j.value "
                "WHERE v.replaced_at IS NULL",
                [json.dumps(list(ids))],
            )
        return {row[0]: row for row in rows}

    def numbered(self, keys: Collection[tuple[str, int]]) -> dict[tuple[str, int], Row]:
        """See `Tables.numbered`."""
        rows = self._run(
            f"{_SELECT} json_each(?) j CROSS JOIN versions v ON v.prediction_id = json_extract(j.value, '$[0]') "
            "AND v.version = json_extract(j.value, '$[1]')",
            [json.dumps(list(keys))],
        )
        return {(row[0], row[1]): row for row in rows}

    def at(self, prediction_id: str, moment: int) -> Row | None:
        """See `Tables.at`."""
        found: Row | None = self._run(
            f"{_SELECT} versions v WHERE v.prediction_id = ? AND v.updated_at <= ? "
            "AND (v.replaced_at IS NULL OR v.replaced_at > ?) LIMIT 1",
            [prediction_id, moment, moment],
        ).fetchone()
        return found

    def versions(self, prediction_id: str) -> list[Row]:
        """See `Tables.versions`."""
        return self._run(
            f"{_SELECT} versions v WHERE v.prediction_id = ? ORDER BY v.version", [prediction_id]
        ).fetchall()

    def every_version(self) -> Iterator[Sequence[Row]]:
        """See `Tables.every_version`."""
        return _batches(self._run(f"{_SELECT} versions v ORDER BY v.prediction_id, v.version"))

    def ids(self, after: str | None, limit: int) -> list[str]:
        """See `Tables.ids`."""
        beyond, given = ("", []) if after is None else ("v.prediction_id > ? AND ", [after])
        rows = self._run(
            f"SELECT v.prediction_id FROM versions v WHERE {beyond}{DIALECT.current} ORDER BY v.prediction_id LIMIT ?",
            [*given, limit],
        )
        return [row[0] for row in rows]

    def blobs(self, keys: Collection[str]) -> Blobs:
        """See `Tables.blobs`."""
        if len(keys) == 1:
            return dict(self._run("SELECT key, data FROM blobs WHERE key = ?", list(keys)))
        text, given = _among("key", list(keys))
        return dict(self._run(f"SELECT key, data FROM blobs WHERE {text}", given))

    def lives(self, ids: Collection[str] | None) -> Iterator[Sequence[Life]]:
        """See `Tables.lives`."""
        text, given = ("", []) if ids is None else _among("prediction_id", list(ids))
        rows = self._run(
            "SELECT prediction_id, version, updated_at, replaced_at, deleted FROM versions "
            f"{f'WHERE {text}' if text else ''} ORDER BY prediction_id, version",
            given,
        )
        for batch in _batches(rows):
            yield [Life(*row) for row in batch]

    def blob_uses(self, keys: Collection[str] | None = None) -> dict[str, int]:
        """See `Tables.blob_uses`."""
        text, given = ("", []) if keys is None else _among("key", list(keys))
        return dict(self._run(f"SELECT key, uses FROM blobs {f'WHERE {text}' if text else ''}", given))

    def note(self, name: str) -> str | None:
        """See `Tables.note`."""
        found = self._run("SELECT value FROM meta WHERE name = ?", [f"note {name}"]).fetchone()
        return None if found is None else str(found[0])

    def notes(self, names: Collection[str]) -> dict[str, str]:
        """See `Tables.notes`."""
        text, given = _among("name", [f"note {name}" for name in names])
        rows = self._run(f"SELECT name, value FROM meta WHERE {text}", given)
        return {name.removeprefix("note "): value for name, value in rows}

    def models(self) -> list[Record]:
        """See `Tables.models`."""
        rows = self._run("SELECT model_id, name, version, configuration, created_at FROM models ORDER BY number")
        names = ("model_id", "name", "version", "configuration", "created_at")
        return [_record(names, row) for row in rows]

    def analysis(self, analysis_id: str) -> Record | None:
        """See `Tables.analysis`."""
        names = ("analysis_id", "prediction_id", "results", "parameters", "created_at")
        row = self._run(f"SELECT {', '.join(names)} FROM analysis WHERE analysis_id = ?", [analysis_id]).fetchone()
        return None if row is None else _record(names, row)

    def analyses_of(self, prediction_id: str | None) -> list[str]:
        """See `Tables.analyses_of`."""
        if prediction_id is None:
            rows = self._run("SELECT analysis_id FROM analysis ORDER BY analysis_id")
        else:
            rows = self._run("SELECT analysis_id FROM analysis WHERE prediction_id = ? ORDER BY 1", [prediction_id])
        return [row[0] for row in rows]

    def users_of(self, model_id: str) -> tuple[int, str | None]:
        """See `Tables.users_of`."""
        count, one = self._run(
            f"SELECT count(*), min(v.prediction_id) FROM versions v WHERE v.model_id = ? AND {DIALECT.current}",
            [model_id],
        ).fetchone()
        return count, one

    def declared(self) -> Declared:
        """See `Tables.declared`."""
        return dict(self._run("SELECT field, number FROM indexes ORDER BY place"))

    # --- questions ----------------------------------------------------------------------------------------------------

    def scan(self, question: Question) -> Iterator[Sequence[Row]]:
        """See `Tables.scan`."""
        statement = rows_of(question, self._dialect)
        return _batches(self._run(statement.text, statement.parameters))

    def count(self, question: Question) -> int:
        """See `Tables.count`."""
        statement = count_of(question, self._dialect)
        return int(self._run(statement.text, statement.parameters).fetchone()[0])

    def plan(self, question: Question) -> dict[str, Any]:
        """See `Tables.plan`."""
        statement = rows_of(question, self._dialect)
        steps = self._run(f"EXPLAIN QUERY PLAN {statement.text}", statement.parameters).fetchall()
        return {"access": "; ".join(step[3] for step in steps), "sql": statement.text}

    # --- writing ------------------------------------------------------------------------------------------------------

    def last_commit(self) -> int:
        """See `Tables.last_commit`."""
        found = self._run("SELECT value FROM meta WHERE name = 'last_commit'").fetchone()
        return 0 if found is None else int(found[0])

    def write(self, changes: Changes) -> None:
        """See `Tables.write`."""
        self._purge(changes.purged)
        self._many(
            "UPDATE versions SET replaced_at = ? WHERE prediction_id = ? AND version = ?",
            ((at, key, version) for key, version, at in changes.replaced),
        )
        self._remove(changes.removed)
        self._insert(changes.versions)
        self._many(
            "UPDATE versions SET parts = ? WHERE prediction_id = ? AND version = ?",
            ((version.row[-1], *version.row[:2]) for version in changes.rewritten),
        )
        self._use_blobs(changes)
        self._put_models(changes.models)
        self._put_analyses(changes.analyses)
        self._many("DELETE FROM meta WHERE name = ?", ((f"note {name}",) for name in changes.notes))
        told = ((f"note {name}", text) for name, text in changes.notes.items() if text is not None)
        self._many("INSERT INTO meta (name, value) VALUES (?, ?)", told)
        self._run("REPLACE INTO meta (name, value) VALUES ('last_commit', ?)", [changes.now])

    def _many(self, text: str, rows: Iterable[Sequence[Any]]) -> None:
        self._connection.executemany(text, rows)

    def _purge(self, ids: Sequence[str]) -> None:
        gone = [(key,) for key in ids]
        self._many("DELETE FROM chains WHERE row IN (SELECT row FROM versions WHERE prediction_id = ?)", gone)
        self._many("DELETE FROM versions WHERE prediction_id = ?", gone)

    def _remove(self, versions: Sequence[tuple[str, int]]) -> None:
        which = "prediction_id = ? AND version = ?"
        self._many(f"DELETE FROM chains WHERE row IN (SELECT row FROM versions WHERE {which})", versions)
        self._many(f"DELETE FROM versions WHERE {which}", versions)

    def _insert(self, versions: Sequence[Version]) -> None:
        if not versions:
            return
        declared = self.declared()
        # A number that `grams` covers is not given again.
        highest = (
            "max(ifnull((SELECT max(row) FROM versions), 0), ifnull((SELECT value FROM meta WHERE name = 'grams'), 0))"
        )
        first = self._one(f"SELECT {highest}") + 1
        columns = ["row", *COLUMNS, "replaced_at", *(f"key_{number}" for number in declared.values())]
        marks = ", ".join("?" * len(columns))
        self._many(
            f"INSERT INTO versions ({', '.join(columns)}) VALUES ({marks})",
            (
                (row, *version.row, version.replaced_at, *map(version.stored.index_key, declared))
                for row, version in enumerate(versions, first)
            ),
        )
        self._many(
            "INSERT INTO chains (start, row) VALUES (?, ?)",
            (
                (start, row)
                for row, version in enumerate(versions, first)
                for start in dict.fromkeys(starts_of(version.stored.sequence))
            ),
        )

    def _use_blobs(self, changes: Changes) -> None:
        brought = [(key, uses) for key, uses in changes.uses.items() if uses > 0 and key in changes.blobs]
        self._many(
            "INSERT INTO blobs (key, uses, data) VALUES (?, ?, ?) "
            "ON CONFLICT (key) DO UPDATE SET uses = uses + excluded.uses",
            ((key, uses, changes.blobs[key]) for key, uses in brought),
        )
        others = changes.uses.keys() - {key for key, _ in brought}
        counted = [(changes.uses[key], key) for key in others if changes.uses[key]]
        changed = self._connection.executemany("UPDATE blobs SET uses = uses + ? WHERE key = ?", counted).rowcount
        if counted and changed != len(counted):
            raise CorruptionError(f"of {len(counted)} blobs that versions name, {changed} are stored")
        self._many("DELETE FROM blobs WHERE key = ? AND uses <= 0", ((key,) for uses, key in counted if uses < 0))

    def _put_models(self, models: dict[str, Record | None]) -> None:
        for model_id, model in models.items():
            if model is None:
                self._run("DELETE FROM models WHERE model_id = ?", [model_id])
                self._run("UPDATE versions SET model_id = NULL WHERE model_id = ?", [model_id])
                continue
            values = [model["name"], model["version"], _core.to_document(model["configuration"]), model["created_at"]]
            self._run(
                "INSERT INTO models (model_id, name, version, configuration, created_at) VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT (model_id) DO UPDATE SET name = excluded.name, version = excluded.version, "
                "configuration = excluded.configuration",
                [model_id, *values],
            )

    def _put_analyses(self, analyses: dict[str, Record | None]) -> None:
        self._many("DELETE FROM analysis WHERE analysis_id = ?", ((key,) for key in analyses))
        self._many(
            "INSERT INTO analysis (analysis_id, prediction_id, results, parameters, created_at) VALUES (?, ?, ?, ?, ?)",
            (
                (
                    key,
                    record["prediction_id"],
                    _core.to_document(record["results"]),
                    _core.to_document(record["parameters"]),
                    record["created_at"],
                )
                for key, record in analyses.items()
                if record is not None
            ),
        )

    def declare(self, field: str, number: int) -> None:
        """See `Tables.declare`."""
        number = int(number)
        self._run(f"ALTER TABLE versions ADD COLUMN key_{number} BLOB")
        self._run("INSERT INTO indexes (number, field) VALUES (?, ?)", [number, field])
        rows = self._run(f"SELECT v.row, {', '.join(f'v.{name}' for name in COLUMNS)} FROM versions v")
        for batch in _batches(rows):
            keys = [(stored(row[1:]).index_key(field), row[0]) for row in batch]
            self._many(
                f"UPDATE versions SET key_{number} = ? WHERE row = ?", [pair for pair in keys if pair[0] is not None]
            )
        self._run(
            f"CREATE INDEX by_key_{number} ON versions (key_{number}) "
            f"WHERE replaced_at IS NULL AND deleted = 0 AND key_{number} IS NOT NULL"
        )

    def undeclare(self, field: str, number: int) -> None:
        """See `Tables.undeclare`."""
        number = int(number)
        self._run(f"DROP INDEX by_key_{number}")
        self._run(f"ALTER TABLE versions DROP COLUMN key_{number}")
        self._run("DELETE FROM indexes WHERE field = ?", [field])

    # --- care ---------------------------------------------------------------------------------------------------------

    def filled(self, number: int) -> int:
        """See `Tables.filled`."""
        number = int(number)
        text = f"SELECT count(*) FROM versions v WHERE {DIALECT.current} AND v.key_{number} IS NOT NULL"
        return int(self._run(text).fetchone()[0])

    def figures(self) -> dict[str, Any]:
        """See `Tables.figures`."""
        one = self._one
        return {
            "predictions": one(f"SELECT count(*) FROM versions v WHERE {DIALECT.current}"),
            "residues": one(f"SELECT ifnull(sum(length), 0) FROM versions v WHERE {DIALECT.current}"),
            "versions": one("SELECT count(*) FROM versions"),
            "models": one("SELECT count(*) FROM models"),
            "analyses": one("SELECT count(*) FROM analysis"),
            "blobs": one("SELECT count(*) FROM blobs"),
            "stored_bytes": one("SELECT ifnull(sum(length(data)), 0) FROM blobs")
            + one("SELECT ifnull(sum(100 + length(sequence) + length(metadata) + length(parts)), 0) FROM versions"),
            "file_bytes": one("PRAGMA page_count") * one("PRAGMA page_size"),
            "free_bytes": one("PRAGMA freelist_count") * one("PRAGMA page_size"),
        }

    def _one(self, text: str) -> int:
        return int(self._run(text).fetchone()[0])

    def faults(self) -> Iterator[str]:
        """See `Tables.faults`."""
        for (line,) in self._run("PRAGMA integrity_check"):
            if line != "ok":
                yield f"SQLite: {line}"


def _batches(rows: sqlite3.Cursor) -> Iterator[Sequence[Row]]:
    """Few rows first, since a page may be full soon, and then many."""
    size = _FIRST_BATCH
    while batch := rows.fetchmany(size):
        yield batch
        size = _BATCH


def _record(names: Sequence[str], row: Row) -> Record:
    record = dict(zip(names, row, strict=True))
    for name in ("configuration", "results", "parameters"):
        if name in record:
            record[name] = _core.from_document(record[name])
    return record


def _among(column: str, values: Sequence[Any]) -> tuple[str, list[Any]]:
    """However many values there are, they are one parameter."""
    if len(values) <= 100:
        return f"{column} IN ({', '.join('?' * len(values))})", list(values)
    return f"{column} IN (SELECT value FROM json_each(?))", [json.dumps(list(values))]


def _starts(residues: str, after: str) -> tuple[str, list[Any]]:
    return "v.row IN (SELECT row FROM chains WHERE start >= ? AND start < ?)", [residues, after]


def _holds(texts: Sequence[str]) -> tuple[str, list[Any]]:
    return " AND ".join(["instr(v.sequence, ?) > 0"] * len(texts)), list(texts)


def _holds_grams(texts: Sequence[str]) -> tuple[str, list[Any]]:
    """Rows that the index on threes covers are found by it, the others by looking."""
    threes = [text[at : at + 3] for text in texts for at in range(len(text) - 2)]
    wanted = dict.fromkeys(three for three in threes if three.isascii() and three.isalpha())
    text, given = _holds(texts)
    if not wanted:
        return text, given
    covered = "v.row IN (SELECT rowid FROM grams WHERE grams MATCH ?)"
    beyond = "v.row > ifnull((SELECT value FROM meta WHERE name = 'grams'), 0)"
    match = " AND ".join(f'"{three}"' for three in list(wanted)[:_MOST_GRAMS])
    return f"({beyond} OR {covered}) AND {text}", [match, *given]


DIALECT = Dialect(mark="?", current=CURRENT, among=_among, starts=_starts, holds=_holds, unindexed="+")
WITH_GRAMS = replace(DIALECT, holds=_holds_grams)
"""Where the store has an index on threes."""
