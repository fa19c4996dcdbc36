"""What one commit writes to a PostgreSQL store, in the transaction that read what it depends on.

Implements the other half of `shared.tables.Tables`; what the statements are for stands there. Many rows go in by COPY,
blobs in its binary form; few by INSERT, which asks the server less often.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ... import _core
from ...errors import CorruptionError
from ..shared.rows import COLUMNS, Version, starts_of, stored
from ..shared.sql import Statement
from ..shared.tables import Aside, Changes, Record
from .schema import UPGRADES
from .tables import ANALYSIS, MODEL, Reads

__all__ = ["PostgresqlTables"]

_COPY_FROM = 16
"""Rows from which on COPY is quicker than INSERT."""


class PostgresqlTables(Reads):
    """One transaction of a connection."""

    # --- writing ------------------------------------------------------------------------------------------------------

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
        self._touch(changes)
        self._put_notes(changes.notes)
        self._run("UPDATE meta SET value = %s WHERE name = 'last_commit'", [changes.now])
        self._meta = {}

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
        columns = ["row", *COLUMNS, "replaced_at", "came", *(f"key_{number}" for number in declared.values())]
        rows = (
            (row, *version.row, version.replaced_at, version.came, *map(version.stored.index_key, declared))
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
                f"INSERT INTO models ({', '.join(MODEL)}) VALUES (%s, %s, %s, %s, %s) "
                "ON CONFLICT (model_id) DO UPDATE SET name = excluded.name, version = excluded.version, "
                "configuration = excluded.configuration, created_at = excluded.created_at",
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
        self._put("analysis", ANALYSIS, rows, len(rows))

    def _put_notes(self, notes: dict[str, str | None]) -> None:
        if not notes:
            return
        self._notes = None
        self._run("DELETE FROM notes WHERE name = ANY(%s)", [list(notes)])
        rows = [(name, text) for name, text in notes.items() if text is not None]
        self._put("notes", ["name", "value"], rows, len(rows))

    def _touch(self, changes: Changes) -> None:
        for kind, keys in (("model", list(changes.models)), ("analysis", list(changes.analyses))):
            if keys:
                self._run(
                    "INSERT INTO touched (kind, id, at) SELECT %s, id, %s FROM unnest(%s::text[]) AS k (id) "
                    "ON CONFLICT (kind, id) DO UPDATE SET at = excluded.at",
                    [kind, changes.now, keys],
                )

    # --- histories ----------------------------------------------------------------------------------------------------

    def clear(self) -> None:
        """See `Tables.clear`; by DELETE, since readers of an earlier state would find a truncated table empty."""
        for table in ("chains", "versions", "blobs", "models", "analysis", "touched", "quarantine"):
            self._run(f"DELETE FROM {table}")

    def alter(self, schema: int) -> None:
        """See `Tables.alter`."""
        now = self.schema()
        for statement in UPGRADES[schema][0] if schema > now else UPGRADES[now][1]:
            self._run(statement)
        self._run("UPDATE meta SET value = %s WHERE name = 'schema'", [schema])
        self._meta, self._notes = {}, None

    # --- repair -------------------------------------------------------------------------------------------------------

    def set_aside(self, entries: Sequence[Aside], at: int) -> None:
        """See `Tables.set_aside`; no text of PostgreSQL holds NUL."""
        rows = [(entry.name, entry.reason.replace("\0", "\\0"), at, entry.content) for entry in entries]
        self._put("quarantine", ["name", "reason", "at", "content"], rows, len(rows))

    def rederive(self) -> None:
        """See `Tables.rederive`."""
        self._run("DELETE FROM chains")
        for batch in self._stream(Statement("SELECT row, sequence FROM versions", [])):
            starts = [(start, row) for row, sequence in batch for start in dict.fromkeys(starts_of(sequence))]
            self._put("chains", ["start", "row"], starts, len(starts))
        for field, number in self.declared().items():
            self.undeclare(field, number)
            self.declare(field, number)

    # --- declared indexes ---------------------------------------------------------------------------------------------

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
