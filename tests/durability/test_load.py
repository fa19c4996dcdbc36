"""A long load: Ctrl-C stops it, memory is bounded, and who waits to write can be stopped."""

import fcntl
import json
import random
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from durability.processes import SOAK, Run, Start
from proteusdb import DatabaseManager

ROUNDS = 40 if SOAK else 4
#: Records of two megabytes: in all far more than a load may hold.
RECORDS = 4000 if SOAK else 400
ALLOWED = 512 << 20
#: What a person calls at once; a busy machine is given more.
SOON = 20


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "proteus.db"


def stopped(process: "subprocess.Popen[str]", after: float) -> tuple[list[Any], float]:
    """What a program said, and how long it went on after SIGINT."""
    time.sleep(after)
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=SOON)
    assert process.returncode == 0, errors
    return [json.loads(line) for line in output.splitlines()], time.monotonic() - began


@pytest.mark.parametrize(("kilobytes", "batch"), [(1, 64), (1000, 16)])
def test_ctrl_c_stops_a_load_and_loses_nothing_it_acknowledged(
    path: Path, start: Start, kilobytes: int, batch: int
) -> None:
    for seed in range(ROUNDS // 2):
        process = start("crowd.load", path.with_name(f"{seed}.db"), kilobytes)
        assert process.stdout is not None
        assert json.loads(process.stdout.readline()) == "ready"
        said, seconds = stopped(process, random.Random(seed).uniform(0.05, 1.5))
        *committed, last = said
        print(f"{committed[-1:]} committed, ended {seconds:.2f} s after the signal")
        with DatabaseManager(database_path=path.with_name(f"{seed}.db")) as db:
            count = db.count()
            assert count % batch == 0, "a batch was stored in part"
            (note,) = last["notes"]
            least = int(note.removeprefix("at least ").removesuffix(" predictions were stored before this"))
            # The interruption may fall between a commit and what is said of it.
            assert count - batch <= least <= count
            assert count >= (committed[-1] if committed else 0)
            assert db.verify_integrity().ok


def test_ctrl_c_stops_who_waits_to_write(path: Path, start: Start) -> None:
    DatabaseManager(database_path=path).close()
    with path.open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        process = start("crowd.wait", path, 600)
        assert process.stdout is not None
        assert json.loads(process.stdout.readline()) == "ready"
        said, _ = stopped(process, 0.5)
    assert said == ["interrupted"]


def test_who_waits_too_long_is_told_who_writes(path: Path, start: Start, run: Run) -> None:
    DatabaseManager(database_path=path).close()
    writer = start("crowd.load", path, 0)
    # Stopped in the middle of a transaction: it holds the lock and does not go on.
    assert writer.stdout is not None
    for attempt in range(200):
        writer.stdout.readline()
        # Where in its round it is then differs from machine to machine, so each millisecond of one is tried.
        time.sleep(attempt % 25 / 1000)
        writer.send_signal(signal.SIGSTOP)
        _, said = run("crowd.wait", path, 0.2)
        if said != "stored":
            break
        writer.send_signal(signal.SIGCONT)
    writer.send_signal(signal.SIGCONT)
    assert said.startswith(f"TimeoutError: {path}: process {writer.pid} (python"), said
    assert "crowd.py) is still writing" in said


@pytest.mark.timeout(1800)
def test_a_load_takes_no_more_memory_than_its_batches(path: Path, run: Run) -> None:
    (said,) = run("crowd.measure", path, 2000, RECORDS, seconds=1500)
    print(said)
    assert said["stored"] == RECORDS
    assert RECORDS * 2000 * 1024 > ALLOWED, "the load is no test of memory"
    assert said["grown"] <= ALLOWED
