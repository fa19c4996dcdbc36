"""The statements of one transaction on a PostgreSQL store.

Implements `shared.tables.Tables`; what the statements are for stands there. Many rows go in by COPY, blobs in its
binary form; few by INSERT, which asks the server less often.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from ... import _core
from ...errors import CorruptionError
from ..shared.question import Question
from ..shared.rows import COLUMNS, Blobs, Row, Version, starts_of, stored
from ..shared.sql import Dialect, Statement, count_of, rows_of
from ..shared.tables import Changes, Declared, Life, Record
from .connections import Connection
from .schema import CURRENT

__all__ = ["DIALECT", "PostgresqlTables"]

_SELECT = f"SELECT {', '.join(f'v.{name}' for name in COLUMNS)} FROM"
_FIRST_BATCH, _BATCH = 32, 1024
_COPY_FROM = 16
"""Rows from which on COPY is quicker than INSERT."""
_MODEL = ("model_id", "name", "version", "configuration", "created_at")
_ANALYSIS = ("analysis_id", "prediction_id", "results", "parameters", "created_at")


class PostgresqlTables:
    """One transaction of a connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._run = connection.execute

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
        found = self._first("SELECT value FROM notes WHERE name = %s", [name])
        return None if found is None else str(found[0])

    def notes(self, names: Collection[str]) -> dict[str, str]:
        """See `Tables.notes`."""
        return dict(self._run("SELECT name, value FROM notes WHERE name = ANY(%s)", [list(names)]))

    def models(self) -> list[Record]:
        """See `Tables.models`."""
        rows = self._run(f"SELECT {', '.join(_MODEL)} FROM models ORDER BY number")
        return [_record(_MODEL, row) for row in rows]

    def analysis(self, analysis_id: str) -> Record | None:
        """See `Tables.analysis`."""
        if "\0" in analysis_id:
            return None
        row = self._first(f"SELECT {', '.join(_ANALYSIS)} FROM analysis WHERE analysis_id = %s", [analysis_id])
        return None if row is None else _record(_ANALYSIS, row)

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

    # --- writing ------------------------------------------------------------------------------------------------------

    def last_commit(self) -> int:
        """See `Tables.last_commit`."""
        return int(self._one("SELECT value FROM meta WHERE name = 'last_commit'"))

    def write(self, changes: Changes) -> None:
        """See `Tables.write`."""
        if changes.purged:
            self._run("DELETE FROM versions WHERE prediction_id = ANY(%s)", [changes.purged])
        self._replace(changes.replaced)
        self._remove(changes.removed)
        self._insert(changes.versions)
        self._rewrite(changes.rewritten)
        self._use_blobs(changes)
        self._put_models(changes.models)
        self._put_analyses(changes.analyses)
        self._put_notes(changes.notes)
        self._run("UPDATE meta SET value = %s WHERE name = 'last_commit'", [changes.now])

    def _replace(self, replaced: Sequence[tuple[str, int, int]]) -> None:
        if not replaced:
            return
        self._run(
            "UPDATE versions v SET replaced_at = k.at FROM unnest(%s::text[], %s::bigint[], %s::bigint[]) "
            "AS k (id, version, at) WHERE v.prediction_id = k.id AND v.version = k.version",
            [list(column) for column in zip(*replaced, strict=True)],
        )

    def _remove(self, versions: Sequence[tuple[str, int]]) -> None:
        if not versions:
            return
        self._run(
            "DELETE FROM versions v USING unnest(%s::text[], %s::bigint[]) AS k (id, version) "
            "WHERE v.prediction_id = k.id AND v.version = k.version",
            [list(column) for column in zip(*versions, strict=True)],
        )

    def _rewrite(self, versions: Sequence[Version]) -> None:
        if not versions:
            return
        rows = [(*version.row[:2], version.row[-1]) for version in versions]
        self._run(
            "UPDATE versions v SET parts = k.parts::json FROM unnest(%s::text[], %s::bigint[], %s::text[]) "
            "AS k (id, version, parts) WHERE v.prediction_id = k.id AND v.version = k.version",
            [list(column) for column in zip(*rows, strict=True)],
        )

    def _insert(self, versions: Sequence[Version]) -> None:
        if not versions:
            return
        declared = self.declared()
        first = int(self._one("SELECT coalesce(max(row), 0) + 1 FROM versions"))
        columns = ["row", *COLUMNS, "replaced_at", *(f"key_{number}" for number in declared.values())]
        rows = (
            (row, *version.row, version.replaced_at, *map(version.stored.index_key, declared))
            for row, version in enumerate(versions, first)
        )
        self._put("versions", columns, rows, len(versions))
        starts = [
            (start, row)
            for row, version in enumerate(versions, first)
            for start in dict.fromkeys(starts_of(version.stored.sequence))
        ]
        self._put("chains", ["start", "row"], starts, len(starts))

    def _put(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], count: int) -> None:
        """Inserts rows."""
        named = f"{table} ({', '.join(columns)})"
        with self._connection.cursor() as cursor:
            if count < _COPY_FROM:
                cursor.executemany(f"INSERT INTO {named} VALUES ({', '.join(['%s'] * len(columns))})", rows)
                return
            with cursor.copy(f"COPY {named} FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)

    def _use_blobs(self, changes: Changes) -> None:
        uses = {key: number for key, number in changes.uses.items() if number}
        if not uses:
            return
        there = {row[0] for row in self._run("SELECT key FROM blobs WHERE key = ANY(%s)", [list(uses)])}
        fresh = [key for key in uses if key not in there]
        missing = [key for key in fresh if uses[key] < 0 or key not in changes.blobs]
        if missing:
            raise CorruptionError(f"of {len(uses)} blobs that versions name, {len(missing)} are not stored")
        self._copy_blobs([(key, uses[key], changes.blobs[key]) for key in fresh])
        if there:
            kept = sorted(there)
            self._run(
                "UPDATE blobs b SET uses = b.uses + k.uses FROM unnest(%s::text[], %s::bigint[]) AS k (key, uses) "
                "WHERE b.key = k.key",
                [kept, [uses[key] for key in kept]],
            )
            self._run("DELETE FROM blobs WHERE key = ANY(%s) AND uses <= 0", [kept])

    def _copy_blobs(self, rows: Sequence[tuple[str, int, bytes]]) -> None:
        with self._connection.cursor() as cursor:
            if len(rows) < _COPY_FROM:
                cursor.executemany("INSERT INTO blobs (key, uses, data) VALUES (%s, %s, %b)", rows)
                return
            with cursor.copy("COPY blobs (key, uses, data) FROM STDIN (FORMAT binary)") as copy:
                copy.set_types(["text", "int8", "bytea"])
                for row in rows:
                    copy.write_row(row)

    def _put_models(self, models: dict[str, Record | None]) -> None:
        for model_id, model in models.items():
            if model is None:
                self._run("DELETE FROM models WHERE model_id = %s", [model_id])
                self._run("UPDATE versions SET model_id = NULL WHERE model_id = %s", [model_id])
                continue
            values = [model["name"], model["version"], _core.to_document(model["configuration"]), model["created_at"]]
            self._run(
                f"INSERT INTO models ({', '.join(_MODEL)}) VALUES (%s, %s, %s, %s, %s) "
                "ON CONFLICT (model_id) DO UPDATE SET name = excluded.name, version = excluded.version, "
                "configuration = excluded.configuration",
                [model_id, *values],
            )

    def _put_analyses(self, analyses: dict[str, Record | None]) -> None:
        if not analyses:
            return
        self._run("DELETE FROM analysis WHERE analysis_id = ANY(%s)", [list(analyses)])
        rows = [
            (
                key,
                record["prediction_id"],
                _core.to_document(record["results"]),
                _core.to_document(record["parameters"]),
                record["created_at"],
            )
            for key, record in analyses.items()
            if record is not None
        ]
        self._put("analysis", _ANALYSIS, rows, len(rows))

    def _put_notes(self, notes: dict[str, str | None]) -> None:
        if not notes:
            return
        self._run("DELETE FROM notes WHERE name = ANY(%s)", [list(notes)])
        rows = [(name, text) for name, text in notes.items() if text is not None]
        self._put("notes", ["name", "value"], rows, len(rows))

    def declare(self, field: str, number: int) -> None:
        """See `Tables.declare`."""
        number = int(number)
        self._run(f"ALTER TABLE versions ADD COLUMN key_{number} bytea")
        self._run("INSERT INTO indexes (number, field) VALUES (%s, %s)", [number, field])
        rows = Statement(f"SELECT v.row, {', '.join(f'v.{name}' for name in COLUMNS)} FROM versions v", [])
        for batch in self._stream(rows):
            keys = [(row[0], stored(row[1:]).index_key(field)) for row in batch]
            filled = [pair for pair in keys if pair[1] is not None]
            self._run(
                f"UPDATE versions v SET key_{number} = k.key FROM unnest(%s::bigint[], %s::bytea[]) AS k (row, key) "
                "WHERE v.row = k.row",
                [[row for row, _ in filled], [key for _, key in filled]],
            )
        self._run(
            f"CREATE INDEX by_key_{number} ON versions (key_{number}) "
            f"WHERE replaced_at IS NULL AND NOT deleted AND key_{number} IS NOT NULL"
        )

    def undeclare(self, field: str, number: int) -> None:
        """See `Tables.undeclare`."""
        self._run(f"ALTER TABLE versions DROP COLUMN key_{int(number)}")
        self._run("DELETE FROM indexes WHERE field = %s", [field])

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
