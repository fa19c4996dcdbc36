"""The reads of one transaction on an SQLite store.

Half of `shared.tables.Tables`, where it stands what the calls are for; what changes something is in `writes`.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any

from ... import _core
from ..shared.question import Question
from ..shared.rows import COLUMNS, Blobs, Row
from ..shared.sql import Dialect, count_of, rows_of
from ..shared.tables import Declared, Life, Place, Record
from .schema import CURRENT

__all__ = ["DIALECT", "NOTE", "WITH_GRAMS", "Reads", "batches"]

_SELECT = f"SELECT {', '.join(f'v.{name}' for name in COLUMNS)} FROM"
_FIRST_BATCH, _BATCH = 32, 1024
NOTE = "note "
"""Begins the names of notes in `meta`."""
_MOST_GRAMS = 24
"""Threes that are looked up; a few tell nearly all there is."""


class Reads:
    """What one transaction of a connection sees."""

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
        return batches(self._run(f"{_SELECT} versions v ORDER BY v.prediction_id, v.version"))

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
        for batch in batches(rows):
            yield [Life(*row) for row in batch]

    def blob_uses(self, keys: Collection[str] | None = None) -> dict[str, int]:
        """See `Tables.blob_uses`."""
        text, given = ("", []) if keys is None else _among("key", list(keys))
        return dict(self._run(f"SELECT key, uses FROM blobs {f'WHERE {text}' if text else ''}", given))

    def note(self, name: str) -> str | None:
        """See `Tables.note`."""
        found = self._run("SELECT value FROM meta WHERE name = ?", [NOTE + name]).fetchone()
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
        return batches(self._run(statement.text, statement.parameters))

    def count(self, question: Question) -> int:
        """See `Tables.count`."""
        statement = count_of(question, self._dialect)
        return int(self._run(statement.text, statement.parameters).fetchone()[0])

    def plan(self, question: Question) -> dict[str, Any]:
        """See `Tables.plan`."""
        statement = rows_of(question, self._dialect)
        steps = self._run(f"EXPLAIN QUERY PLAN {statement.text}", statement.parameters).fetchall()
        return {"access": "; ".join(step[3] for step in steps), "sql": statement.text}

    # --- the history --------------------------------------------------------------------------------------------------

    def last_commit(self) -> int:
        """See `Tables.last_commit`."""
        found = self._run("SELECT value FROM meta WHERE name = 'last_commit'").fetchone()
        return 0 if found is None else int(found[0])

    def schema(self) -> int:
        """See `Tables.schema`."""
        return self._one("PRAGMA user_version")

    def committed(self, start: Place, until: int, limit: int) -> list[tuple[int, Row]]:
        """See `Tables.committed`."""
        commit = "ifnull(v.came, v.updated_at)" if self.schema() > 1 else "v.updated_at"
        columns = ", ".join(f"v.{name}" for name in COLUMNS)
        rows = self._run(
            f"SELECT {commit}, {columns} FROM versions v WHERE {commit} >= ? AND {commit} <= ? "
            f"AND ({commit}, v.prediction_id, v.version) > (?, ?, ?) "
            f"ORDER BY {commit}, v.prediction_id, v.version LIMIT ?",
            [start[0], until, *start, limit],
        )
        return [(row[0], row[1:]) for row in rows]

    def touched(self, after: int, until: int) -> tuple[list[str], list[str]]:
        """See `Tables.touched`."""
        rows = self._run("SELECT kind, id FROM touched WHERE at > ? AND at <= ? ORDER BY at, id", [after, until])
        found = rows.fetchall()
        return [key for kind, key in found if kind == "model"], [key for kind, key in found if kind == "analysis"]

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
            "quarantined": one("SELECT count(*) FROM quarantine") if self.schema() > 1 else 0,
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


def batches(rows: sqlite3.Cursor) -> Iterator[Sequence[Row]]:
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
