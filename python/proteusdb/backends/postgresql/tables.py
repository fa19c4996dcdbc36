"""The reads of one transaction on a PostgreSQL store.

Half of `shared.tables.Tables`, where it stands what the calls are for; what changes something is in `writes`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from ... import _core
from ...errors import CorruptionError
from ..shared.question import Question
from ..shared.rows import COLUMNS, Blobs, Row
from ..shared.sql import Dialect, Statement, count_of, rows_of
from ..shared.tables import Declared, Life, Place, Record
from .connections import Connection
from .schema import CURRENT

__all__ = ["ANALYSIS", "DIALECT", "MODEL", "Reads"]

_SELECT = f"SELECT {', '.join(f'v.{name}' for name in COLUMNS)} FROM"
_FIRST_BATCH, _BATCH = 32, 1024
MODEL = ("model_id", "name", "version", "configuration", "created_at")
ANALYSIS = ("analysis_id", "prediction_id", "results", "parameters", "created_at")


class Reads:
    """What one transaction of a connection sees."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._run = connection.execute
        self._meta: dict[str, int] = {}
        self._notes: dict[str, str] | None = None

    # --- reading ------------------------------------------------------------------------------------------------------

    def newest(self, ids: Collection[str]) -> dict[str, Row]:
        """See `Tables.newest`."""
        if not ids:
            return {}
        rows = self._run(
            f"{_SELECT} versions v WHERE v.prediction_id = ANY(%s) AND v.replaced_at IS NULL", [_clean(ids)]
        )
        return {row[0]: row for row in rows}

    def numbered(self, keys: Collection[tuple[str, int]]) -> dict[tuple[str, int], Row]:
        """See `Tables.numbered`."""
        sound = [key for key in keys if "\0" not in key[0] and 0 <= key[1] < 1 << 63]
        if not sound:
            return {}
        rows = self._run(
            f"{_SELECT} unnest(%s::text[], %s::bigint[]) AS k (id, version) "
            "JOIN versions v ON v.prediction_id = k.id AND v.version = k.version",
            [[key for key, _ in sound], [version for _, version in sound]],
        )
        return {(row[0], row[1]): row for row in rows}

    def at(self, prediction_id: str, moment: int) -> Row | None:
        """See `Tables.at`."""
        if "\0" in prediction_id:
            return None
        return self._first(
            f"{_SELECT} versions v WHERE v.prediction_id = %s AND v.updated_at <= %s "
            "AND (v.replaced_at IS NULL OR v.replaced_at > %s) LIMIT 1",
            [prediction_id, moment, moment],
        )

    def versions(self, prediction_id: str) -> list[Row]:
        """See `Tables.versions`."""
        if "\0" in prediction_id:
            return []
        return self._run(
            f"{_SELECT} versions v WHERE v.prediction_id = %s ORDER BY v.version", [prediction_id]
        ).fetchall()

    def every_version(self) -> Iterator[Sequence[Row]]:
        """See `Tables.every_version`."""
        return self._stream(Statement(f"{_SELECT} versions v ORDER BY v.prediction_id, v.version", []))

    def ids(self, after: str | None, limit: int) -> list[str]:
        """See `Tables.ids`."""
        beyond, given = ("", []) if after is None else ("v.prediction_id > %s AND ", [after])
        rows = self._run(
            f"SELECT v.prediction_id FROM versions v WHERE {beyond}{CURRENT} ORDER BY v.prediction_id LIMIT %s",
            [*given, limit],
        )
        return [row[0] for row in rows]

    def blobs(self, keys: Collection[str]) -> Blobs:
        """See `Tables.blobs`."""
        if not keys:
            return {}
        # Rows in binary form: as text, bytes would be twice as long.
        return dict(self._run("SELECT key, data FROM blobs WHERE key = ANY(%s)", [list(keys)], binary=True))

    def lives(self, ids: Collection[str] | None) -> Iterator[Sequence[Life]]:
        """See `Tables.lives`."""
        which, given = ("", []) if ids is None else (" WHERE prediction_id = ANY(%s)", [_clean(ids)])
        columns = "prediction_id, version, updated_at, replaced_at, deleted"
        text = f"SELECT {columns} FROM versions{which} ORDER BY prediction_id, version"
        for batch in self._stream(Statement(text, given)):
            yield [Life(*row) for row in batch]

    def blob_uses(self, keys: Collection[str] | None = None) -> dict[str, int]:
        """See `Tables.blob_uses`."""
        which, given = ("", []) if keys is None else (" WHERE key = ANY(%s)", [list(keys)])
        return dict(self._run(f"SELECT key, uses FROM blobs{which}", given))

    def note(self, name: str) -> str | None:
        """See `Tables.note`."""
        if self._notes is None:
            # All at once: a writer asks for several of the few there are.
            self._notes = dict(self._run("SELECT name, value FROM notes"))
        return self._notes.get(name)

    def notes(self, names: Collection[str]) -> dict[str, str]:
        """See `Tables.notes`."""
        return dict(self._run("SELECT name, value FROM notes WHERE name = ANY(%s)", [list(names)]))

    def models(self) -> list[Record]:
        """See `Tables.models`."""
        rows = self._run(f"SELECT {', '.join(MODEL)} FROM models ORDER BY number")
        return [_record(MODEL, row) for row in rows]

    def analysis(self, analysis_id: str) -> Record | None:
        """See `Tables.analysis`."""
        if "\0" in analysis_id:
            return None
        row = self._first(f"SELECT {', '.join(ANALYSIS)} FROM analysis WHERE analysis_id = %s", [analysis_id])
        return None if row is None else _record(ANALYSIS, row)

    def analyses_of(self, prediction_id: str | None) -> list[str]:
        """See `Tables.analyses_of`."""
        of, given = ("", []) if prediction_id is None else (" WHERE prediction_id = %s", _clean([prediction_id]))
        if prediction_id is not None and not given:
            return []
        return [row[0] for row in self._run(f"SELECT analysis_id FROM analysis{of} ORDER BY analysis_id", given)]

    def users_of(self, model_id: str) -> tuple[int, str | None]:
        """See `Tables.users_of`."""
        text = f"SELECT count(*), min(v.prediction_id) FROM versions v WHERE v.model_id = %s AND {CURRENT}"
        count, one = self._first(text, [model_id]) or (0, None)
        return count, one

    def declared(self) -> Declared:
        """See `Tables.declared`."""
        return dict(self._run("SELECT field, number FROM indexes ORDER BY place"))

    # --- questions ----------------------------------------------------------------------------------------------------

    def scan(self, question: Question) -> Iterator[Sequence[Row]]:
        """See `Tables.scan`."""
        statement = rows_of(question, DIALECT)
        if question.limit is None or question.limit > _BATCH:
            return self._stream(statement)
        return iter([self._run(statement.text, statement.parameters).fetchall()])

    def count(self, question: Question) -> int:
        """See `Tables.count`."""
        statement = count_of(question, DIALECT)
        return int(self._one(statement.text, statement.parameters))

    def plan(self, question: Question) -> dict[str, Any]:
        """See `Tables.plan`."""
        statement = rows_of(question, DIALECT)
        steps = self._run(f"EXPLAIN (COSTS OFF) {statement.text}", statement.parameters).fetchall()
        return {"access": "; ".join(" ".join(step[0].split()) for step in steps), "sql": statement.text}

    def _stream(self, statement: Statement) -> Iterator[Sequence[Row]]:
        """Rows by a cursor of the server: few at first, since a page may be full soon, and then many."""
        with self._connection.cursor("rows") as cursor:
            cursor.execute(statement.text, statement.parameters)
            size = _FIRST_BATCH
            while batch := cursor.fetchmany(size):
                yield batch
                size = _BATCH

    # --- the history --------------------------------------------------------------------------------------------------

    def last_commit(self) -> int:
        """See `Tables.last_commit`."""
        return self._told("last_commit")

    def _told(self, name: str) -> int:
        if not self._meta:
            self._meta = dict(self._run("SELECT name, value FROM meta"))
        return self._meta[name]

    def schema(self) -> int:
        """See `Tables.schema`."""
        return self._told("schema")

    def committed(self, start: Place, until: int, limit: int) -> list[tuple[int, Row]]:
        """See `Tables.committed`."""
        commit = "coalesce(v.came, v.updated_at)" if self.schema() > 1 else "v.updated_at"
        columns = ", ".join(f"v.{name}" for name in COLUMNS)
        rows = self._run(
            f"SELECT {commit}, {columns} FROM versions v WHERE {commit} <= %s "
            f"AND ({commit}, v.prediction_id, v.version) > (%s, %s, %s) "
            f"ORDER BY {commit}, v.prediction_id, v.version LIMIT %s",
            [until, *start, limit],
        )
        return [(row[0], row[1:]) for row in rows]

    def touched(self, after: int, until: int) -> tuple[list[str], list[str]]:
        """See `Tables.touched`."""
        text = "SELECT kind, id FROM touched WHERE at > %s AND at <= %s ORDER BY at, id"
        found = self._run(text, [after, until]).fetchall()
        return [key for kind, key in found if kind == "model"], [key for kind, key in found if kind == "analysis"]

    # --- care ---------------------------------------------------------------------------------------------------------

    def filled(self, number: int) -> int:
        """See `Tables.filled`."""
        return int(self._one(f"SELECT count(*) FROM versions v WHERE {CURRENT} AND v.key_{int(number)} IS NOT NULL"))

    def figures(self) -> dict[str, Any]:
        """See `Tables.figures`."""
        one = self._one
        return {
            "predictions": one(f"SELECT count(*) FROM versions v WHERE {CURRENT}"),
            "residues": one(f"SELECT coalesce(sum(length), 0)::bigint FROM versions v WHERE {CURRENT}"),
            "versions": one("SELECT count(*) FROM versions"),
            "models": one("SELECT count(*) FROM models"),
            "analyses": one("SELECT count(*) FROM analysis"),
            "blobs": one("SELECT count(*) FROM blobs"),
            "stored_bytes": one("SELECT coalesce(sum(length(data)), 0)::bigint FROM blobs")
            + one(
                "SELECT coalesce(sum(100 + length(sequence) + length(metadata::text) + length(parts::text)), 0)"
                "::bigint FROM versions"
            ),
            "quarantined": one("SELECT count(*) FROM quarantine") if self.schema() > 1 else 0,
            "file_bytes": one(
                "SELECT sum(pg_total_relation_size(c.oid))::bigint FROM pg_class c "
                "WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'"
            ),
        }

    def faults(self) -> Iterator[str]:
        """See `Tables.faults`: the server looks after its own pages."""
        return iter(())

    def _first(self, text: str, parameters: Sequence[Any]) -> Row | None:
        return self._run(text, parameters).fetchone()

    def _one(self, text: str, parameters: Sequence[Any] = ()) -> Any:
        row = self._run(text, parameters).fetchone()
        if row is None:
            raise CorruptionError(f"PostgreSQL gave no row for: {text}")
        return row[0]


def _record(names: Sequence[str], row: Row) -> Record:
    record = dict(zip(names, row, strict=True))
    for name in ("configuration", "results", "parameters"):
        if name in record:
            record[name] = _core.from_document(record[name])
    return record


def _clean(texts: Collection[str]) -> list[str]:
    """Those that PostgreSQL can hold; nothing is stored under the others."""
    return [text for text in texts if "\0" not in text]


def _among(column: str, values: Sequence[Any]) -> tuple[str, list[Any]]:
    """However many values there are, they are one parameter."""
    return f"{column} = ANY(%s)", [list(values)]


def _starts(residues: str, after: str) -> tuple[str, list[Any]]:
    return "v.row IN (SELECT row FROM chains WHERE start >= %s AND start < %s)", [residues, after]


def _holds(texts: Sequence[str]) -> tuple[str, list[Any]]:
    """By LIKE, which trigrams answer; residues are letters, so nothing in them has a meaning of its own."""
    return " AND ".join(["v.sequence LIKE %s"] * len(texts)), [f"%{text}%" for text in texts]


DIALECT = Dialect(mark="%s", current=CURRENT, among=_among, starts=_starts, holds=_holds)
