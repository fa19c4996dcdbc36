"""The SQLite back end beside SQL written by hand, in one run, and the ratios.

::

    load      one call a batch of encoded predictions     executemany of the same rows and blobs, with the same indexes
    queries   a prefix, a model and a day, a confidence   the SQL a person would write on those tables

    python benches/sqlite.py [--n 20000] [--blobs 2000] [--rounds 3]

Both write to the same tables with the same settings, and make the rows they write: JSON of the metadata, keys of the
blobs. What the library does besides (ids that are taken, versions, models by name) is its own part. Encoding is timed
apart, since whoever writes by hand has encoded blobs at hand too. The ways take turns in each round; medians are told.
A query costs the library some tens of microseconds before its first row, which tells where there are few.
"""

import argparse
import sqlite3
import tempfile
from pathlib import Path
from typing import Any

from row_loads import MODELS, by_rows, records, tell_load, tell_query, timed

from proteusdb import DatabaseManager, _core
from proteusdb.backends.shared.rows import COLUMNS
from proteusdb.backends.sqlite.schema import SCHEMA, UPGRADES


def loaded(made: list[dict[str, Any]], operations: list[Any], batch: int) -> float:
    """Seconds for the library to write operations that are encoded already."""
    with (
        tempfile.TemporaryDirectory() as folder,
        DatabaseManager("sqlite", Path(folder) / "library.db") as db,
    ):
        for name in MODELS:
            db.store_model(name)
        backend = db._session.backend
        parts = [operations[at : at + batch] for at in range(0, len(operations), batch)]
        return timed(lambda: [backend.apply(part, each_alone=False) for part in parts])


def by_hand(made: list[dict[str, Any]], operations: list[Any], batch: int) -> float:
    """Seconds for `executemany` of rows made of the same records, and of the same blobs, into the same tables."""
    folder = tempfile.TemporaryDirectory()
    connection = sqlite3.connect(Path(folder.name) / "hand.db", isolation_level=None)
    settings = ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "PRAGMA cache_size = -65536")
    for statement in (*settings, *SCHEMA, *(statement for up, _ in UPGRADES.values() for statement in up)):
        connection.execute(statement)
    pairs = [(record, operation.prediction.fresh_parts()) for record, operation in zip(made, operations, strict=True)]
    columns = ("row", *COLUMNS, "replaced_at")
    insert = f"INSERT INTO versions ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"

    def write() -> None:
        for at in range(0, len(pairs), batch):
            rows, starts, blobs = by_rows(pairs[at : at + batch], at + 1)
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(insert, rows)
            connection.executemany("INSERT INTO chains VALUES (?, ?)", starts)
            connection.executemany("INSERT INTO blobs (key, uses, data) VALUES (?, ?, ?)", blobs)
            connection.execute("COMMIT")

    seconds = timed(write)
    connection.close()
    folder.cleanup()
    return seconds


def tell_queries(count: int, rounds: int) -> None:
    """Prints one line a query."""
    with tempfile.TemporaryDirectory() as folder, DatabaseManager("sqlite", Path(folder) / "p.db", cache_size=0) as db:
        db.store_predictions(records(count, False), workers=1)
        db.compact()
        plain = sqlite3.connect(Path(folder) / "p.db")
        found = "SELECT prediction_id, version FROM versions WHERE replaced_at IS NULL AND deleted = 0"
        model = next(record["model_id"] for record in db.list_models() if record["name"] == "esm2")
        day = _core.read_moment("2024-03-01")
        assert day is not None
        month = (day[0], day[0] + 31 * 86_400_000_000 - 1)
        pairs: dict[str, tuple[dict[str, Any], str, tuple[Any, ...]]] = {
            "prefix": (
                {"sequence_pattern": "MK*"},
                f"{found} AND row IN (SELECT row FROM chains WHERE start >= 'MK' AND start < 'ML') "
                "ORDER BY +prediction_id",
                (),
            ),
            "model and day": (
                {"model_name": "esm2", "date_range": ("2024-03-01", "2024-03-01")},
                f"{found} AND model_id = ? AND created_at BETWEEN ? AND ? ORDER BY +prediction_id",
                (model, *day),
            ),
            "model and month": (
                {"model_name": "esm2", "date_range": ("2024-03-01", "2024-03-31")},
                f"{found} AND model_id = ? AND created_at BETWEEN ? AND ? ORDER BY +prediction_id",
                (model, *month),
            ),
            "confidence >= 0.99": (
                {"confidence_threshold": 0.99},
                f"{found} AND confidence >= 0.99 ORDER BY +prediction_id",
                (),
            ),
            "top 20 by confidence": (
                {"order_by": "-confidence", "limit": 20},
                f"{found} ORDER BY confidence DESC, prediction_id LIMIT 20",
                (),
            ),
        }
        backend = db._session.backend
        for name, (criteria, text, given) in pairs.items():
            tell_query(
                name,
                lambda criteria=criteria: backend.query(criteria, None),
                lambda text=text, given=given: plain.execute(text, given).fetchall(),
                rounds * 10,
            )
        plain.close()


def main() -> None:
    """Runs both parts."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--n", type=int, default=20_000)
    parser.add_argument("--blobs", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    tell_load("rows without structure", options.n, options.rounds, False, loaded, by_hand)
    tell_load("with structures", options.blobs, options.rounds, True, loaded, by_hand)
    tell_queries(options.n, options.rounds)


if __name__ == "__main__":
    main()
