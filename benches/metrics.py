"""What counting costs: point reads with the counters and without, in turns, in one process.

    python benches/metrics.py [--rounds 2000] [--reads 20]

A round reads the same predictions by id both ways, in random order. Processor time of the thread is taken, and of many
short rounds that which one in twenty beats: what else the machine does then hardly tells, and a single lucky round
neither. Once the header alone is read, which is the cheapest call there is, and once with its structure.
"""

import argparse
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from proteusdb import DatabaseManager
from proteusdb._core import Stored
from proteusdb.core.session import Session
from proteusdb.errors import PredictionNotFoundError
from proteusdb.testing.synthetic import write_folder

Read = Callable[[str], object]


def nanoseconds(read: Read, ids: list[str]) -> int:
    """Processor time for reading each."""
    start = time.thread_time_ns()
    for prediction_id in ids:
        read(prediction_id)
    return time.thread_time_ns() - start


def uncounted(self: Session, prediction_id: str, *, version: int | None = None, as_of: int | None = None) -> object:
    """`Session.require` without the counters."""
    if not isinstance(prediction_id, str):
        raise TypeError(prediction_id)
    reader = self.reader
    stored = reader.get(prediction_id, version=version, as_of=as_of)
    if stored is None or stored.deleted:
        raise PredictionNotFoundError(prediction_id)
    return stored


def uncounted_decode(self: Session, stored: Sequence[Stored], *, keep: bool) -> object:
    """`Session.structures` without the counters."""
    backend = self.backend
    if not backend.capabilities.decodes:
        raise NotImplementedError
    return backend.structures(stored, keep)


def cost(db: DatabaseManager, read: Read, ids: list[str], rounds: int) -> tuple[float, float]:
    """Counted / not counted, and the latter in µs a read."""
    counted = db._session.backend
    ways = {
        "counted": (counted, Session.require, Session.structures),
        "plain": (counted._backend, uncounted, uncounted_decode),
    }
    taken: dict[str, list[int]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name in random.sample(list(ways), 2):
            db._session._backend, Session.require, Session.structures = ways[name]
            nanoseconds(read, ids[:2])  # the interpreter gets used to the change
            taken[name].append(nanoseconds(read, ids))
    db._session._backend, Session.require, Session.structures = ways["counted"]
    low = {name: sorted(all_of_it)[rounds // 20] for name, all_of_it in taken.items()}
    return low["counted"] / low["plain"], 1e-3 * low["plain"] / len(ids)


def main() -> None:
    """Measure and print both ratios."""
    parser = argparse.ArgumentParser(description="Time point reads with and without counters.")
    parser.add_argument("--rounds", type=int, default=2000)
    parser.add_argument("--reads", type=int, default=20)
    options = parser.parse_args()
    ways = {
        "header": lambda db, name: db.get_prediction(name),
        "structure": lambda db, name: db.get_prediction(name).structure,
    }
    with tempfile.TemporaryDirectory() as folder:
        write_folder(Path(folder) / "predictions", 50, seed=1)
        with DatabaseManager(database_path=Path(folder) / "proteus.db") as db:
            db.load_files(Path(folder) / "predictions")
            ids = random.choices(db.query_ids(), k=options.reads)
            for rounds, (what, read) in zip((options.rounds, options.rounds // 10), ways.items(), strict=True):
                ratio, micros = cost(db, lambda name, read=read: read(db, name), ids, max(20, rounds))
                print(f"{what:<10} {micros:8.1f} µs a read, {100 * (ratio - 1):+.2f} % with counters")


if __name__ == "__main__":
    main()
