"""Threads that store one record each: how far sharing transactions carries, beside one thread alone.

    python benches/writers.py [--records 800] [--threads 1 2 8 32]

A commit waits for the disk; threads that wait meanwhile are written together by the next of them. Each line is one
round; compare its rate with that of one thread in the same run.
"""

import argparse
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from proteusdb import DatabaseManager


def round_of(threads: int, records: int, durability: str) -> tuple[float, int]:
    """Records a second, and commits."""
    with (
        tempfile.TemporaryDirectory() as folder,
        DatabaseManager(database_path=Path(folder) / "proteus.db", durability=durability) as db,
    ):
        before = db.stats()["last_transaction"]

        def work(thread: int) -> None:
            for number in range(records // threads):
                db.store_prediction("MKTAYIAKQRQISFVKSHFSRQ", None, {"thread": thread, "number": number})

        start = time.perf_counter()
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(work, range(threads)))
        seconds = time.perf_counter() - start
        return records // threads * threads / seconds, db.stats()["last_transaction"] - before


def main() -> None:
    """Print a line for every durability and number of threads."""
    parser = argparse.ArgumentParser(description="Time threads that store one record each.")
    parser.add_argument("--records", type=int, default=800)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2, 8, 32])
    options = parser.parse_args()
    for durability in ("full", "relaxed"):
        alone = 0.0
        for threads in options.threads:
            rate, commits = round_of(threads, options.records, durability)
            alone = alone or rate
            print(
                f"{durability:8} {threads:3} threads {rate:8.0f} records/s {rate / alone:6.1f} times the first line, "
                f"{commits} commits"
            )


if __name__ == "__main__":
    main()
