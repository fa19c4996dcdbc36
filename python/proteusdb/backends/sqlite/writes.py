"""What one commit writes to an SQLite store, in the transaction that read what it depends on.

Implements the other half of `shared.tables.Tables`; what the statements are for stands there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ... import _core
from ...errors import CorruptionError
from ..shared.rows import COLUMNS, Version, starts_of, stored
from ..shared.tables import Aside, Changes, Record
from .schema import FILL_GRAMS, UPGRADES
from .tables import NOTE, WITH_GRAMS, Reads, batches

__all__ = ["SqliteTables"]


class SqliteTables(Reads):
    """One transaction of a connection."""

    # --- writing ------------------------------------------------------------------------------------------------------

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
        self._touch(changes)
        self._many("DELETE FROM meta WHERE name = ?", ((NOTE + name,) for name in changes.notes))
        told = ((NOTE + name, text) for name, text in changes.notes.items() if text is not None)
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
        columns = ["row", *COLUMNS, "replaced_at", "came", *(f"key_{number}" for number in declared.values())]
        marks = ", ".join("?" * len(columns))
        self._many(
            f"INSERT INTO versions ({', '.join(columns)}) VALUES ({marks})",
            (
                (row, *version.row, version.replaced_at, version.came, *map(version.stored.index_key, declared))
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
                "configuration = excluded.configuration, created_at = excluded.created_at",
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

    def _touch(self, changes: Changes) -> None:
        touched = [("model", key, changes.now) for key in changes.models]
        touched += [("analysis", key, changes.now) for key in changes.analyses]
        if touched:
            self._many("REPLACE INTO touched (kind, id, at) VALUES (?, ?, ?)", touched)

    # --- histories ----------------------------------------------------------------------------------------------------

    def clear(self) -> None:
        """See `Tables.clear`."""
        for table in ("versions", "chains", "blobs", "models", "analysis", "touched", "quarantine"):
            self._run(f"DELETE FROM {table}")
        self._run("DELETE FROM meta WHERE name = 'grams'")
        if self._dialect is WITH_GRAMS:
            self._run("INSERT INTO grams (grams) VALUES ('delete-all')")

    def alter(self, schema: int) -> None:
        """See `Tables.alter`."""
        now = self.schema()
        for statement in UPGRADES[schema][0] if schema > now else UPGRADES[now][1]:
            self._run(statement)
        self._run(f"PRAGMA user_version = {int(schema)}")

    # --- repair -------------------------------------------------------------------------------------------------------

    def set_aside(self, entries: Sequence[Aside], at: int) -> None:
        """See `Tables.set_aside`."""
        rows = ((entry.name, entry.reason, at, entry.content) for entry in entries)
        self._many("INSERT INTO quarantine (name, reason, at, content) VALUES (?, ?, ?, ?)", rows)

    def rederive(self) -> None:
        """See `Tables.rederive`."""
        self._run("DELETE FROM chains")
        for batch in batches(self._run("SELECT row, sequence FROM versions")):
            starts = ((start, row) for row, sequence in batch for start in dict.fromkeys(starts_of(sequence)))
            self._many("INSERT INTO chains (start, row) VALUES (?, ?)", starts)
        for field, number in self.declared().items():
            self.undeclare(field, number)
            self.declare(field, number)
        for statement in FILL_GRAMS if self._dialect is WITH_GRAMS else ():
            self._run(statement)
        self._run("REINDEX")

    # --- declared indexes ---------------------------------------------------------------------------------------------

    def declare(self, field: str, number: int) -> None:
        """See `Tables.declare`."""
        number = int(number)
        self._run(f"ALTER TABLE versions ADD COLUMN key_{number} BLOB")
        self._run("INSERT INTO indexes (number, field) VALUES (?, ?)", [number, field])
        rows = self._run(f"SELECT v.row, {', '.join(f'v.{name}' for name in COLUMNS)} FROM versions v")
        for batch in batches(rows):
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
