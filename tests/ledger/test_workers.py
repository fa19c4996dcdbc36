"""Worker processes that are killed at random drain a ledger: each task is done once, none is lost, none stays claimed.

`make test` has few tasks on three back ends; `PROTEUSDB_SOAK=1` 2,000 with eight workers, on all of them.
"""

import contextlib
import itertools
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from backends.cassandra_stores import open_cassandra
from backends.engines import ENGINES, open_engine
from proteusdb import DatabaseManager
from services.cassandra import shared

SOAK = os.environ.get("PROTEUSDB_SOAK") == "1"
TASKS, WORKERS, KILLS = (2000, 8, 40) if SOAK else (60, 3, 4)
LEASE = "3s" if SOAK else "1s"
SMALL = ("lmdb", "sqlite", "postgresql")


@contextlib.contextmanager
def opened(engine: str, folder: Path) -> Iterator[DatabaseManager]:
    """An empty database of this engine."""
    if not SOAK and engine not in SMALL:
        pytest.skip(f"workers on {engine}: with PROTEUSDB_SOAK=1")
    if engine != "cassandra":
        with open_engine(engine, folder) as db:
            yield db
        return
    with shared().among(), open_cassandra(folder) as db:
        yield db


class Workers:
    """Some that run, of whom one is killed now and then and replaced."""

    def __init__(self, url: str, folder: Path, count: int) -> None:
        self._command = [sys.executable, str(Path(__file__).with_name("worker.py")), url, LEASE]
        self._folder = folder
        self._names = itertools.count()
        self._running = [self._start() for _ in range(count)]

    def _start(self) -> "subprocess.Popen[bytes]":
        name = self._folder / f"worker {next(self._names)}"
        with open(f"{name}.out", "wb") as out, open(f"{name}.err", "wb") as err:
            return subprocess.Popen(self._command, stdout=out, stderr=err)

    def kill(self, place: int) -> None:
        """Kills one and starts another in its place."""
        self._running[place].kill()
        self._running[place].wait()
        self._running[place] = self._start()

    def join(self) -> list[int]:
        """Their exit codes."""
        return [worker.wait(timeout=500) for worker in self._running]

    def end(self) -> None:
        """Kills all that still run."""
        for worker in self._running:
            worker.kill()
            worker.wait()

    def said(self, kind: str) -> list[str]:
        """What all of them ever said."""
        return [line for file in self._folder.glob(f"*.{kind}") for line in file.read_text().splitlines()]


@pytest.mark.timeout(1800 if SOAK else 600)
@pytest.mark.parametrize("engine", [*ENGINES, "cassandra"])
def test_workers_that_are_killed_drain_a_ledger(engine: str, tmp_path: Path) -> None:
    wanted = ["".join(letters) for letters in itertools.islice(itertools.product("ACDEFGHIKL", repeat=6), TASKS)]
    randomly = random.Random(7)
    with opened(engine, tmp_path) as db:
        assert db.ledger().add(wanted, model="folder").added == TASKS
        workers = Workers(db._session.url, tmp_path, WORKERS)
        try:
            for _ in range(KILLS):
                before = db.count()
                while db.count() < min(TASKS, before + TASKS // (2 * KILLS)):
                    time.sleep(randomly.uniform(0, 0.05))
                workers.kill(randomly.randrange(WORKERS))
            assert workers.join() == [0] * WORKERS, workers.said("err")
        finally:
            workers.end()
        assert workers.said("err") == []
        status = db.ledger().status()
        assert (status.done, status.open, status.claimed, status.failed) == (TASKS, 0, 0, 0)
        found = db.query_predictions()
        assert sorted(row.sequence for row in found) == sorted(wanted)
        assert {row.version for row in found} == {1}
        completed = workers.said("out")
        assert len(set(completed)) == len(completed)
        assert set(completed) <= set(found.ids)
        assert db.ledger().missing() == []
        assert db.verify_integrity().ok
