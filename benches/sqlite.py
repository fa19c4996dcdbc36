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
import hashlib
import json
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from proteusdb import DatabaseManager, _core
from proteusdb.backends.shared.rows import COLUMNS
from proteusdb.backends.sqlite.schema import SCHEMA
from proteusdb.core.draft import draft_of
from proteusdb.testing.synthetic import synthetic_prediction

LETTERS = "ACDEFGHIKLMNPQRSTVWY"
MODELS = ("esm2", "boltz2", "alphafold3", "chai-1")


def records(count: int, blobs: bool) -> list[dict[str, Any]]:
    """Made-up rows; with `blobs` each has a structure of its own."""
    draw = random.Random(1)
    made = []
    for number in range(count):
        record: dict[str, Any] = {
            "prediction_id": f"p{number:07}",
            "sequence": "".join(draw.choices(LETTERS, k=draw.randint(100, 500))),
            "structure": None,
            "metadata": {"confidence": draw.random(), "organism": f"organism {draw.randint(0, 50)}"},
            "model": draw.choice(MODELS),
            "created_at": f"2024-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}",
        }
        if blobs:
            folded = synthetic_prediction(150, number)
            record |= {"sequence": folded["sequence"], "structure": folded["structure"]}
        made.append(record)
    return made


def timed(work: Callable[[], object]) -> float:
    """Wall seconds of one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def loaded(operations: list[Any], folder: Path, batch: int) -> float:
    """Seconds for the library to write operations that are encoded already."""
    with DatabaseManager("sqlite", folder / "library.db") as db:
        for name in MODELS:
            db.store_model(name)
        backend = db._session.backend
        parts = [operations[at : at + batch] for at in range(0, len(operations), batch)]
        return timed(lambda: [backend.apply(part, each_alone=False) for part in parts])


def by_hand(made: list[dict[str, Any]], operations: list[Any], folder: Path, batch: int) -> float:
    """Seconds for `executemany` of rows made of the same records, and of the same blobs, into the same tables."""
    connection = sqlite3.connect(folder / "hand.db", isolation_level=None)
    for statement in ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "PRAGMA cache_size = -65536", *SCHEMA):
        connection.execute(statement)
    pairs = [(record, operation.prediction.fresh_parts()) for record, operation in zip(made, operations, strict=True)]
    columns = ("row", *COLUMNS, "replaced_at")
    insert = f"INSERT INTO versions ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"

    def row(number: int, record: dict[str, Any], blobs: list[tuple[str, int, bytes]]) -> tuple[Any, ...]:
        sequence, confidence = record["sequence"], record["metadata"]["confidence"]
        parts = [["structure", "", len(data), key] for key, _, data in blobs]
        texts = json.dumps(record["metadata"]), json.dumps(parts)
        fixed = (number, record["prediction_id"], 1, 0, 1, 1, sequence, "protein", len(sequence), record["model"])
        return (*fixed, None, None, None, None, None, confidence, None, *texts, None)

    def write() -> None:
        for at in range(0, len(pairs), batch):
            rows, starts, all_blobs = [], [], []
            for number, (record, parts) in enumerate(pairs[at : at + batch], at + 1):
                blobs = [(hashlib.blake2b(data, digest_size=20).hexdigest(), 1, data) for data in parts]
                rows.append(row(number, record, blobs))
                starts.append((record["sequence"][:64], number))
                all_blobs += blobs
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(insert, rows)
            connection.executemany("INSERT INTO chains VALUES (?, ?)", starts)
            connection.executemany("INSERT INTO blobs (key, uses, data) VALUES (?, ?, ?)", all_blobs)
            connection.execute("COMMIT")

    seconds = timed(write)
    connection.close()
    return seconds


def tell_load(name: str, count: int, rounds: int, blobs: bool, batch: int = 1000) -> None:
    """Prints one line of the table of loads."""
    made = records(count, blobs)
    drafts = [draft_of(record) for record in made]
    settings = _core.Settings(compression="fast", precision=None, pae_precision=None)
    encoding: list[Any] = []
    seconds = timed(lambda: encoding.extend(_core.prepare(drafts, settings, 1)))
    ways: dict[str, list[float]] = {"library": [], "hand": []}
    for _ in range(rounds):
        for way in random.sample(sorted(ways), 2):
            with tempfile.TemporaryDirectory() as folder:
                place = Path(folder)
                library = way == "library"
                ways[way].append(loaded(encoding, place, batch) if library else by_hand(made, encoding, place, batch))
    library, hand = (statistics.median(ways[way]) for way in ("library", "hand"))
    print(
        f"{name:<22} {count / library:>9,.0f}/s  by hand {count / hand:>9,.0f}/s  ratio {hand / library:.2f}"
        f"   (encoding on one thread {count / seconds:,.0f}/s)"
    )


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
        pairs: dict[str, tuple[dict[str, Any], str, tuple[Any, ...]]] = {
            "prefix": (
                {"sequence_pattern": "MKL*"},
                f"{found} AND row IN (SELECT row FROM chains WHERE start >= 'MKL' AND start < 'MKM') "
                "ORDER BY +prediction_id",
                (),
            ),
            "model and day": (
                {"model_name": "esm2", "date_range": ("2024-03-01", "2024-03-01")},
                f"{found} AND model_id = ? AND created_at BETWEEN ? AND ? ORDER BY +prediction_id",
                (model, *day),
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
            hits = backend.query(criteria, None)
            assert hits == plain.execute(text, given).fetchall()
            ways: dict[str, list[float]] = {"library": [], "hand": []}
            for _ in range(rounds * 10):
                ways["library"].append(timed(lambda criteria=criteria: backend.query(criteria, None)))
                ways["hand"].append(timed(lambda text=text, given=given: plain.execute(text, given).fetchall()))
            library, hand = (statistics.median(seconds) * 1e3 for seconds in ways.values())
            told = f"{library:8.3f} ms  by hand {hand:8.3f} ms  ratio {library / hand:.2f}"
            print(f"{name:<22} {len(hits):>6} rows  {told}")
        plain.close()


def main() -> None:
    """Runs both parts."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--n", type=int, default=20_000)
    parser.add_argument("--blobs", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    tell_load("rows without structure", options.n, options.rounds, blobs=False)
    tell_load("with structures", options.blobs, options.rounds, blobs=True)
    tell_queries(options.n, options.rounds)


if __name__ == "__main__":
    main()
