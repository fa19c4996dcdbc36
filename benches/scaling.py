"""What a row costs as the store grows: loads and questions at several sizes, rows without structures.

::

    python benches/scaling.py [--rows 10000 100000 1000000] [--rounds 20]

    | rows        | load, rows/s | bytes a row | prefix, ms | ...
    | 10,000      |       41,000 |         490 |       0.08 | ...
    | 100,000     |  38,000 (1.08x) | ...                            in brackets: times what the first size takes

Each size is loaded in a process of its own, one after the other; the median of the rounds is told, and a question has
other values in each. Questions whose answer grows with the store are divided by the rows they find. Memory is how far
the process's resident size rose while it loaded, where the system tells (Linux).
"""

import argparse
import multiprocessing
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from queries import rows

from proteusdb import DatabaseManager

Figures = dict[str, float]


def resident(field: str) -> float:
    """MiB in a field of the process's own status; NaN where it cannot be told."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return float("nan")
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(field + ":")), float("nan"))


def milliseconds(work: Callable[[], object]) -> float:
    """Of one call."""
    started = time.perf_counter()
    work()
    return 1_000 * (time.perf_counter() - started)


def questions(db: DatabaseManager, dice: random.Random) -> dict[str, Callable[[], Any]]:
    """Selective ones, with values that are drawn from what is stored."""
    name = f"p{dice.randrange(db.count()):08d}"
    sequence = db.get_prediction(name).sequence
    at = dice.randrange(20, max(21, len(sequence) - 9))
    return {
        "point": lambda: db.get_prediction(name).sequence,
        "prefix": lambda: db.query_ids(sequence_pattern=sequence[:28] + "*"),
        "infix of 9": lambda: db.query_ids(sequence_pattern=f"*{sequence[at : at + 9]}*"),
        "suffix": lambda: db.query_ids(sequence_pattern="*" + sequence[-9:]),
        "top 20": lambda: db.query_ids(model_name="model1", order_by="-confidence", limit=20),
        "M?S*K*, first 100": lambda: db.query_ids(sequence_pattern="M?S*K*", limit=100),
        "count": lambda: db.count(confidence_threshold=0.9),
    }


def figures(count: int, rounds: int) -> Figures:
    """Load a store of so many rows and ask it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "proteus.db"
        before = resident("VmRSS")
        with DatabaseManager(database_path=path, cache_size=0) as db:
            # Made as they are stored: what a row takes to make is measured apart, and taken off.
            making = milliseconds(lambda: sum(1 for _ in rows(count)))
            loading = milliseconds(lambda: db.store_predictions(rows(count)))
            told = {"load, rows/s": 1_000 * count / max(1.0, loading - making)}
            told["memory, MiB"] = resident("VmHWM") - before
            told["bytes a row"] = path.stat().st_blocks * 512 / count
            dice, times = random.Random(5), dict[str, list[float]]()
            for _ in range(rounds):
                for name, ask in questions(db, dice).items():
                    times.setdefault(name, []).append(milliseconds(ask))
        told |= {f"{name}, ms": statistics.median(seen) for name, seen in times.items()}
        told["open, ms"] = statistics.median(milliseconds(lambda: reopened(path)) for _ in range(5))
    return told


def reopened(path: Path) -> int:
    """Open it and count."""
    with DatabaseManager(database_path=path, read_only=True) as db:
        return db.count()


def child(pipe: Connection, count: int, rounds: int) -> None:
    """Send the figures."""
    pipe.send(figures(count, rounds))


def measured(count: int, rounds: int) -> Figures:
    """The figures of one size, from a process of its own."""
    ours, theirs = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("spawn").Process(target=child, args=(theirs, count, rounds))
    process.start()
    theirs.close()
    try:
        told: Figures = ours.recv()
    except EOFError:
        raise SystemExit(f"{count:,} rows: the process ended early") from None
    finally:
        process.join()
    return told


def row(count: int, told: Figures, first: Figures) -> str:
    """A line of the table."""
    cells = []
    for name, value in told.items():
        cost = first[name] / value if name.startswith("load") else value / first[name]
        cells.append(f"{value:,.0f}" if value >= 100 else f"{value:.3f}")
        if told is not first:
            cells[-1] += f" ({cost:.2f}x)"
    return f"| {count:,} | " + " | ".join(cells) + " |"


def main() -> None:
    """Measure each size, print a line each."""
    parser = argparse.ArgumentParser(description="What a row costs as the store grows.")
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--rounds", type=int, default=20, help="times each question is asked")
    options = parser.parse_args()
    first: Figures | None = None
    for count in options.rows:
        told = measured(count, options.rounds)
        if first is None:
            first = told
            print("| rows | " + " | ".join(told) + " |\n|---" + "|---" * len(told) + "|")
        print(row(count, told, first), flush=True)


if __name__ == "__main__":
    main()
