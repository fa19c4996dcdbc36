"""Nine questions to a store of rows without structures, beside SQLite with an index for each of them.

::

    python benches/queries.py [--n 100000] [--rounds 30] [--no-trigrams]

Sequences are made up: letters as often as in proteins, 325 of them on average, some begin alike. SQLite gets a table
with the indexes that fit the questions best, and FTS5 with trigrams for what stands within a sequence (`--no-trigrams`
leaves that out, as it takes longest to fill). Both answer with ids. Each question is asked with other values every
time, in turns, and the median is told; proteusdb remembers no answer (`cache_size=0`).
"""

import argparse
import datetime as dt
import os
import random
import re
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from proteusdb import DatabaseManager

LETTERS, WEIGHTS = (
    "LAGVESIKRDTPNQFYMHCW",
    (99, 83, 71, 69, 67, 66, 59, 58, 55, 55, 53, 47, 41, 39, 39, 29, 24, 23, 14, 11),
)
BEGINNINGS = ("", "", "", "MGSSHHHHHHSSGLVPRGSH", "MKTAYIAKQR", "MSK")
START = dt.datetime(2023, 1, 1, tzinfo=dt.UTC)
MODELS = 5

Row = dict[str, Any]
Asker = Callable[[], object]


def rows(count: int) -> Iterator[Row]:
    """Made-up predictions, the same for all."""
    dice = random.Random(7)
    for number in range(count):
        beginning = dice.choice(BEGINNINGS)
        length = max(30, min(1_500, round(dice.gammavariate(4, 81)))) - len(beginning)
        yield {
            "prediction_id": f"p{number:08d}",
            "sequence": beginning + "".join(dice.choices(LETTERS, WEIGHTS, k=length)),
            "model": f"model{dice.randrange(MODELS)}",
            "created_at": START + dt.timedelta(seconds=dice.randrange(730 * 86_400)),
            "metadata": {"confidence": round(dice.betavariate(6, 2), 6)},
        }


def fill_proteusdb(path: Path, made: Iterator[Row]) -> DatabaseManager:
    """A new store."""
    db = DatabaseManager(database_path=path, cache_size=0)
    db.store_predictions(made)
    return db


def fill_sqlite(path: Path, made: Iterator[Row], trigrams: bool) -> sqlite3.Connection:
    """A new database with its indexes."""
    db = sqlite3.connect(path)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute(
        "CREATE TABLE p (id TEXT PRIMARY KEY, sequence TEXT, reversed TEXT, model TEXT, created REAL, confidence REAL)"
    )
    for name, columns in (
        ("s", "sequence"),
        ("r", "reversed"),
        ("c", "confidence, id"),
        ("m", "model, created"),
        ("mc", "model, confidence"),
    ):
        db.execute(f"CREATE INDEX {name} ON p ({columns})")
    if trigrams:
        db.execute("CREATE VIRTUAL TABLE f USING fts5 (sequence, content='', tokenize='trigram', detail=full)")
    with db:
        for number, row in enumerate(made, 1):
            sequence, confidence = row["sequence"], row["metadata"]["confidence"]
            values = (
                row["prediction_id"],
                sequence,
                sequence[::-1],
                row["model"],
                row["created_at"].timestamp(),
                confidence,
            )
            db.execute("INSERT INTO p VALUES (?, ?, ?, ?, ?, ?)", values)
            if trigrams:
                db.execute("INSERT INTO f (rowid, sequence) VALUES (?, ?)", (number, sequence))
    return db


def questions(
    db: DatabaseManager, lite: sqlite3.Connection, trigrams: bool, seed: int
) -> dict[str, tuple[Asker, Asker | None]]:
    """The nine, with values that the seed draws: ways to ask proteusdb, and to ask SQLite."""
    dice = random.Random(seed)
    ids = [f"p{dice.randrange(db.count()):08d}" for _ in range(2)]
    one, other = (prediction.sequence for prediction in db.get_predictions(ids))
    at = dice.randrange(25, len(one) - 6) if len(one) > 32 else 0
    start, within, end, model = other[:24], one[at : at + 6], one[-8:], f"model{dice.randrange(MODELS)}"
    threshold = 0.95 + dice.random() / 100
    begin = START + dt.timedelta(days=dice.randrange(700))
    month = (begin, begin + dt.timedelta(days=30))
    stamps = (month[0].timestamp(), month[1].timestamp())

    def select(where: str, *values: object, rest: str = "ORDER BY id") -> Asker:
        return lambda: lite.execute(f"SELECT id FROM p WHERE {where} {rest}", values).fetchall()

    trigram = "rowid IN (SELECT rowid FROM f WHERE f MATCH ?)"
    return {
        "prefix of 24": (
            lambda: db.query_ids(sequence_pattern=start + "*"),
            select("sequence >= ? AND sequence < ?", start, start + "["),
        ),
        "confidence >= 0.95": (
            lambda: db.query_ids(confidence_threshold=threshold),
            select("confidence >= ?", threshold),
        ),
        "model and month": (
            lambda: db.query_ids(model_name=model, date_range=month),
            select("model = ? AND created BETWEEN ? AND ?", model, *stamps),
        ),
        "prefix and confidence": (
            lambda: db.query_ids(sequence_pattern=start[:20] + "*", confidence_threshold=threshold),
            select("sequence >= ? AND sequence < ? AND confidence >= ?", start[:20], start[:20] + "[", threshold),
        ),
        "six within": (
            lambda: db.query_ids(sequence_pattern=f"*{within}*"),
            select(trigram, f'"{within}"') if trigrams else select("sequence LIKE ?", f"%{within}%"),
        ),
        "eight at the end": (
            lambda: db.query_ids(sequence_pattern="*" + end),
            select("reversed >= ? AND reversed < ?", end[::-1], end[::-1] + "["),
        ),
        "M?S*K*, first 100": (
            lambda: db.query_ids(sequence_pattern="M?S*K*", limit=100),
            select("sequence GLOB 'M?S*K*'", rest="ORDER BY id LIMIT 100"),
        ),
        "count of a model": (
            lambda: db.count(model_name=model),
            lambda: lite.execute("SELECT count(*) FROM p WHERE model = ?", (model,)).fetchall(),
        ),
        "count of all": (db.count, lambda: lite.execute("SELECT count(*) FROM p").fetchall()),
        "top 20 of a model": (
            lambda: db.query_ids(model_name=model, order_by="-confidence", limit=20),
            select("model = ?", model, rest="ORDER BY confidence DESC, id LIMIT 20"),
        ),
    }


def timed(work: Asker) -> float:
    """Milliseconds of one call."""
    started = time.perf_counter()
    work()
    return 1_000 * (time.perf_counter() - started)


def check(db: DatabaseManager, lite: sqlite3.Connection, trigrams: bool) -> None:
    """Both must answer alike before either is timed."""
    for name, (ours, theirs) in questions(db, lite, trigrams, seed=0).items():
        mine, other = ours(), theirs() if theirs is not None else None
        listed = [found[0] for found in other] if isinstance(other, list) else other
        assert (list(mine) if not isinstance(mine, int) else [mine]) == listed, re.sub(r"\W+", " ", name)  # type: ignore[call-overload]


def main() -> None:
    """Fill both, ask both, print a line a question."""
    parser = argparse.ArgumentParser(description="Nine questions to proteusdb and SQLite.")
    parser.add_argument("--n", type=int, default=100_000, help="rows")
    parser.add_argument("--rounds", type=int, default=30, help="times each question is asked")
    parser.add_argument(
        "--no-trigrams", action="store_true", help="SQLite without FTS5: it scans for what stands within"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        made = list(rows(options.n))
        sizes, seconds = [], []
        started = time.perf_counter()
        db = fill_proteusdb(Path(folder) / "proteus.db", iter(made))
        seconds.append(time.perf_counter() - started)
        started = time.perf_counter()
        lite = fill_sqlite(Path(folder) / "sqlite.db", iter(made), not options.no_trigrams)
        seconds.append(time.perf_counter() - started)
        sizes = [
            sum(os.stat(p).st_blocks * 512 for p in Path(folder).glob(f"{name}*"))
            for name in ("proteus.db", "sqlite.db")
        ]
        del made
        print(f"{options.n} rows             proteusdb       SQLite      ratio")
        print(f"{'rows a second, loading':24}{options.n / seconds[0]:12.0f}{options.n / seconds[1]:13.0f}")
        print(f"{'bytes a row':24}{sizes[0] / options.n:12.0f}{sizes[1] / options.n:13.0f}")
        check(db, lite, not options.no_trigrams)
        times: dict[str, tuple[list[float], list[float]]] = {}
        for seed in range(1, options.rounds + 1):
            for name, (ours, theirs) in questions(db, lite, not options.no_trigrams, seed).items():
                mine, others = times.setdefault(name, ([], []))
                mine.append(timed(ours))
                if theirs is not None:
                    others.append(timed(theirs))
        for name, (mine, others) in times.items():
            a, b = statistics.median(mine), statistics.median(others)
            print(f"{name:24}{a:9.3f} ms{b:10.3f} ms{b / a:10.1f}")
        db.close()
        lite.close()


if __name__ == "__main__":
    main()
