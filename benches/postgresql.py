"""The PostgreSQL back end beside SQL written by hand, in one run, and the ratios.

::

    load      one call a batch of encoded predictions     binary COPY of the same rows and blobs, with the same indexes
    queries   a prefix, a model and a day, a confidence   the SQL a person would write on those tables

    python benches/postgresql.py [--n 20000] [--blobs 2000] [--rounds 3]

A server is started for the run, as for the tests. What `benches/sqlite.py` says of the comparison holds
here too. Queries by hand take a connection from a pool, as a program with threads does.
"""

import argparse
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import psycopg_pool
from row_loads import MODELS, by_rows, records, tell_load, tell_query, timed

from proteusdb import DatabaseManager, _core
from proteusdb.backends.postgresql.schema import INFIX, SCHEMA, UPGRADES
from proteusdb.backends.shared.rows import COLUMNS

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from services.postgresql import PostgreSQL

NUMBERS = count()
TYPES = (
    "int8 text int8 bool int8 int8 text text int8 text text int8 int8 int8 float8 float8 float8 json json int8".split()
)
TABLES = {
    "versions": (("row", *COLUMNS, "replaced_at"), TYPES),
    "chains": (("start", "row"), ["text", "int8"]),
    "blobs": (("key", "uses", "data"), ["text", "int8", "bytea"]),
}


class Ways:
    """Loads into databases of one server.

    Parameters
    ----------
    create : callable
        Makes a database of this name; its URL.
    """

    def __init__(self, create: Callable[[str], str]) -> None:
        self._create = create

    def fresh(self) -> str:
        """The URL of an empty database."""
        return self._create(f"bench_{next(NUMBERS)}")

    def loaded(self, made: list[dict[str, Any]], operations: list[Any], batch: int) -> float:
        """Seconds for the library to write operations that are encoded already."""
        with DatabaseManager.from_url(self.fresh()) as db:
            for name in MODELS:
                db.store_model(name)
            backend = db._session.backend
            parts = [operations[at : at + batch] for at in range(0, len(operations), batch)]
            return timed(lambda: [backend.apply(part, each_alone=False) for part in parts])

    def by_hand(self, made: list[dict[str, Any]], operations: list[Any], batch: int) -> float:
        """Seconds for binary COPY of rows made of the same records, and of the same blobs, into the same tables."""
        pairs = [
            (record, operation.prediction.fresh_parts()) for record, operation in zip(made, operations, strict=True)
        ]
        with psycopg.connect(self.fresh()) as connection:
            connection.execute("CREATE SCHEMA proteusdb; SET search_path TO proteusdb, public")
            for statement in (*SCHEMA, *(statement for up, _ in UPGRADES.values() for statement in up), *INFIX):
                connection.execute(statement)
            connection.commit()

            def write() -> None:
                for at in range(0, len(pairs), batch):
                    portion = by_rows(pairs[at : at + batch], at + 1)
                    for (table, (columns, types)), rows in zip(TABLES.items(), portion, strict=True):
                        copied(connection, f"{table} ({', '.join(columns)})", types, rows)
                    connection.commit()

            return timed(write)


def copied(connection: Any, into: str, types: list[str], rows: list[Any]) -> None:
    """Binary COPY of rows."""
    with connection.cursor().copy(f"COPY {into} FROM STDIN (FORMAT binary)") as copy:
        copy.set_types(types)
        for row in rows:
            copy.write_row(row)


def tell_queries(url: str, number: int, rounds: int) -> None:
    """Prints one line a query."""
    with DatabaseManager.from_url(url, cache_size=0) as db:
        db.store_predictions(records(number, False), workers=1)
        db.compact()
        backend = db._session.backend
        model = next(record["model_id"] for record in db.list_models() if record["name"] == "esm2")
        day = _core.read_moment("2024-03-01")
        assert day is not None
        month = (day[0], day[0] + 31 * 86_400_000_000 - 1)
        found = "SELECT prediction_id, version FROM proteusdb.versions WHERE replaced_at IS NULL AND NOT deleted"
        pairs: dict[str, tuple[dict[str, Any], str, tuple[Any, ...]]] = {
            "prefix": (
                {"sequence_pattern": "MK*"},
                f"{found} AND row IN (SELECT row FROM proteusdb.chains WHERE start >= 'MK' AND start < 'ML') "
                "ORDER BY prediction_id",
                (),
            ),
            "model and day": (
                {"model_name": "esm2", "date_range": ("2024-03-01", "2024-03-01")},
                f"{found} AND model_id = %s AND created_at BETWEEN %s AND %s ORDER BY prediction_id",
                (model, *day),
            ),
            "model and month": (
                {"model_name": "esm2", "date_range": ("2024-03-01", "2024-03-31")},
                f"{found} AND model_id = %s AND created_at BETWEEN %s AND %s ORDER BY prediction_id",
                (model, *month),
            ),
            "confidence >= 0.99": (
                {"confidence_threshold": 0.99},
                f"{found} AND confidence >= 0.99 ORDER BY prediction_id",
                (),
            ),
            "top 20 by confidence": (
                {"order_by": "-confidence", "limit": 20},
                f"{found} ORDER BY confidence DESC NULLS LAST, prediction_id LIMIT 20",
                (),
            ),
        }
        with psycopg_pool.ConnectionPool(url, kwargs={"autocommit": True}) as pool:

            def by_hand(text: str, given: tuple[Any, ...]) -> list[Any]:
                with pool.connection() as plain:
                    return plain.execute(text, given).fetchall()

            for name, (criteria, text, given) in pairs.items():
                tell_query(
                    name,
                    lambda criteria=criteria: backend.query(criteria, None),
                    lambda text=text, given=given: by_hand(text, given),
                    rounds * 10,
                )


def main() -> None:
    """Runs both parts."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--n", type=int, default=20_000)
    parser.add_argument("--blobs", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with PostgreSQL() as server:
        ways = Ways(server.create)
        tell_load("rows without structure", options.n, options.rounds, False, ways.loaded, ways.by_hand)
        tell_load("with structures", options.blobs, options.rounds, True, ways.loaded, ways.by_hand)
        tell_queries(ways.fresh(), options.n, options.rounds)


if __name__ == "__main__":
    main()
