"""Backup and restore beside `cp` and `sync` of the same bytes, and writers beside a backup, as ratios of one run.

::

    python benches/backup.py [MEGABYTES]

    backup   0.85 of cp        restore  0.70 of cp        writers  0.66 of their speed beside backups

`cp` is followed by a sync of the copy, since a backup that returned is on the disk. Each number is the best of some
rounds, taken in turn; of the writers' shares it is the median.
"""

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np

from proteusdb import DatabaseManager

ROUNDS = 4


def fill(path: Path, megabytes: int) -> None:
    """A store of about so many bytes, in arrays that do not compress."""
    noise = np.random.default_rng(1)
    with DatabaseManager(database_path=path, durability="relaxed") as db:
        for start in range(0, megabytes, 8):
            records = [
                {
                    "sequence": "MKV",
                    "structure": None,
                    "arrays": {"noise": noise.integers(0, 1 << 62, 16_384)},
                    "prediction_id": f"p{start:05}-{n:03}",
                }
                for n in range(64)
            ]
            db.store_predictions(records)


def timed(work: Callable[[], object]) -> float:
    """Seconds."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def copy(source: Path, target: Path) -> None:
    """`cp`, and a sync of the copy."""
    subprocess.run(["cp", str(source), str(target)], check=True)
    descriptor = os.open(target, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


def writes(db: DatabaseManager, seconds: float, stop: threading.Event | None = None) -> float:
    """Records a second, one by one."""
    count, started = 0, time.perf_counter()
    while time.perf_counter() - started < seconds and not (stop and stop.is_set()):
        db.store_prediction("MKTAYIAKQR", None)
        count += 1
    return count / (time.perf_counter() - started)


def beside(db: DatabaseManager, work: Callable[[], object]) -> float:
    """Records a second while some work goes on, as a share of those before it."""
    alone = writes(db, 1)
    stop, rates = threading.Event(), []
    thread = threading.Thread(target=lambda: rates.append(writes(db, 60, stop)))
    thread.start()
    work()
    stop.set()
    thread.join()
    return rates[0] / alone


def writers(db: DatabaseManager, folder: Path) -> tuple[list[float], list[float]]:
    """Shares of their speed that writers keep: beside backups to new names, and beside those that replace the last.

    The file system frees the blocks of a file that is replaced, and commits of others wait while it does.
    """
    new, replaced = [], []
    for round_ in range(ROUNDS):
        names = [folder / f"new-{round_}-{each}" for each in range(3)]
        new.append(beside(db, lambda names=names: [db.backup(name) for name in names]))
        replaced.append(beside(db, lambda: [db.backup(folder / "same", overwrite=True) for _ in range(3)]))
        for name in names:
            name.unlink()
        os.sync()
    return new, replaced


def main(megabytes: int) -> None:
    """Prints the ratios."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "proteus.db"
        fill(path, megabytes)
        with DatabaseManager(database_path=path) as db:
            db.compact()
            cp, backup, restore = [], [], []
            for _ in range(ROUNDS):
                cp.append(timed(lambda: copy(path, folder / "copy")))
                backup.append(timed(lambda: db.backup(folder / "a.backup", overwrite=True)))
                with DatabaseManager(database_path=folder / "restored.db") as other:
                    restore.append(timed(lambda: other.restore(folder / "a.backup", overwrite=True)))
            size = path.stat().st_size
            new, replaced = writers(db, folder)
        print(f"{size:,} bytes, best of {ROUNDS}, load {os.getloadavg()[0]:.1f}")
        print(f"cp       {size / min(cp) / 1e6:8,.0f} MB/s")
        print(f"backup   {size / min(backup) / 1e6:8,.0f} MB/s   {min(cp) / min(backup):.2f} of cp")
        print(f"restore  {size / min(restore) / 1e6:8,.0f} MB/s   {min(cp) / min(restore):.2f} of cp")
        print(
            f"writers  {median(new):.2f} of their speed beside backups; {median(replaced):.2f} if one replaces the last"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 256)
