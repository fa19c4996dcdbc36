"""A process that reads for ever: the file grows no more than it must, and whoever writes is told who it is."""

import json
import os
import signal
import time
import warnings
from pathlib import Path
from typing import Any

import pytest

from durability.processes import SOAK, Start
from proteusdb import DatabaseManager
from proteusdb.core import long_readers
from proteusdb.errors import LongReaderWarning

ROWS = 1_000_000 if SOAK else 20_000
#: Rows of one commit.
BATCH = 32_768 if SOAK else 5_000


def rows(count: int) -> Any:
    return (
        {"sequence": f"MK{'ACDEFGHIKL'[n % 10]}{'V' * (n % 50)}", "structure": None, "metadata": {"n": n}}
        for n in range(count)
    )


def stopped_as_it_reads(start: Start, path: Path, db: DatabaseManager) -> int:
    """A process that is stopped within a read transaction."""
    process = start("compacting.read", path)
    assert process.stdout is not None
    assert json.loads(process.stdout.readline()) == "ready", process.communicate()
    while True:
        os.kill(process.pid, signal.SIGSTOP)
        time.sleep(0.01)
        oldest = db.stats()["oldest_reader"]
        if oldest is not None and oldest["pid"] == process.pid:
            return process.pid
        os.kill(process.pid, signal.SIGCONT)
        time.sleep(0.005)


@pytest.mark.timeout(1800 if not SOAK else 0)
def test_the_file_grows_at_most_by_twice_what_is_written(
    tmp_path: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone, path = tmp_path / "alone.db", tmp_path / "proteus.db"
    with DatabaseManager(database_path=alone) as db:
        db.store_predictions(rows(ROWS), batch_size=BATCH)
    written = alone.stat().st_size
    monkeypatch.setattr(long_readers, "READER_SECONDS", 0.0)
    monkeypatch.setattr(long_readers, "LOOK_SECONDS", 0.0)
    with DatabaseManager(database_path=path) as db:
        db.store_predictions(rows(2_000))
        reader = stopped_as_it_reads(start, path, db)
        before = path.stat().st_size
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            db.store_predictions(rows(ROWS), batch_size=BATCH)
        grown = path.stat().st_size - before
        assert db.verify_integrity().ok
    print(f"{ROWS} rows: {written} bytes alone, {grown} beside a reader")
    assert grown <= 2 * written
    texts = [str(one.message) for one in told if issubclass(one.category, LongReaderWarning)]
    assert len(texts) == 1, texts
    assert f"process {reader} (python" in texts[0]


def test_who_reads_for_a_moment_is_not_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long_readers, "LOOK_SECONDS", 0.0)
    with DatabaseManager(database_path=tmp_path / "proteus.db") as db, warnings.catch_warnings():
        warnings.simplefilter("error")
        for n in range(20):
            db.store_prediction("MKV", None, prediction_id=f"p{n}")
            assert sum(1 for _ in db.iter_predictions()) == n + 1
