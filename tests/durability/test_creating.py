"""kill -9 while new stores are made: whatever file is left opens, and holds what was acknowledged."""

import random
import time
from pathlib import Path

import pytest

from durability.processes import SOAK, Start
from proteusdb import DatabaseManager

ROUNDS = 200 if SOAK else 8


@pytest.mark.timeout(300 if not SOAK else 0)
def test_a_store_killed_as_it_is_made_opens(tmp_path: Path, start: Start) -> None:
    randomly = random.Random(5)
    opened = acknowledged = 0
    for number in range(ROUNDS):
        folder = tmp_path / str(number)
        folder.mkdir()
        process = start("creating.stores", folder)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n", process.communicate()
        assert process.stdout.readline() == "0\n", process.communicate()
        time.sleep(randomly.random() * 0.2)
        process.kill()
        # A line that the kill cut short acknowledges nothing.
        rest = process.stdout.read().splitlines(keepends=True)
        process.wait()
        said = [0, *(int(line) for line in rest if line.endswith("\n"))]
        for path in {*folder.glob("*.db"), *(folder / f"{one}.db" for one in said)}:
            with DatabaseManager(database_path=path) as db:
                assert db.count() == 1 or (int(path.stem) not in said and db.count() == 0), path
                assert db.verify_integrity().ok, path
            opened += 1
        acknowledged += len(said)
    print(f"{ROUNDS} kills, {opened} stores opened, {acknowledged} records acknowledged, 0 lost")
