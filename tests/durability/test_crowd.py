"""Many processes at one store: no error, no wrong answer, nothing left behind, and a map that grows under them all."""

import os
from pathlib import Path

import pytest

from durability.processes import SOAK, Run, Start, ended

SECONDS = 60 if SOAK else 2
CHILDREN = 16
LONG_FILE = 1 << 30 if SOAK else 24 << 20


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "proteus.db"


@pytest.mark.timeout(600)
def test_sixteen_processes_read_while_one_writes(path: Path, run: Run) -> None:
    (said,) = run("crowd.family", path, CHILDREN, SECONDS, seconds=540)
    print(said)
    assert said["codes"] == [0] * CHILDREN
    assert said["count"] == said["written"] > 40
    assert (said["readers"], said["oldest"]) == (0, None), "a reader's place in the lock file was left behind"
    assert said["ok"]


def test_a_fork_in_the_middle_of_everything_leaves_both_sides_working(path: Path, run: Run) -> None:
    forks = 100 if SOAK else 8
    (said,) = run("crowd.fork_in_the_middle", path, forks, seconds=540)
    assert said == {"codes": [0] * forks, "ok": True}


@pytest.mark.timeout(1800)
def test_a_map_of_one_megabyte_grows_unseen(path: Path, start: Start) -> None:
    small = {**os.environ, "PROTEUSDB_MAP_SIZE": str(1 << 20)}
    writer = start("crowd.grow", path, LONG_FILE, env=small)
    while not path.exists() or path.stat().st_size < 1 << 20:
        assert writer.poll() is None, writer.communicate()
    readers = [start("crowd.follow", path, env=small) for _ in range(2)]
    (said,) = ended(writer, seconds=1500)
    print(said)
    assert said["first"] == 1 << 20
    assert said["last"] >= path.stat().st_size >= LONG_FILE
    assert said["ok"]
    assert [ended(reader, seconds=300) for reader in readers] == [[said["stored"]]] * 2
