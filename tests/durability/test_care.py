"""kill -9 in a backup, restore or repair: the store is the one before or the one after, and no half file has a name."""

import random
import time
from pathlib import Path

import pytest

from durability.processes import SOAK, Start
from proteusdb import DatabaseManager
from proteusdb.core.keeping.container import Container
from proteusdb.testing.synthetic import synthetic_prediction

ROUNDS = 100 if SOAK else 10


def fill(path: Path) -> None:
    record = synthetic_prediction(60, 1)
    with DatabaseManager(database_path=path) as db:
        db.store_predictions([{**record, "prediction_id": f"p{n:03}"} for n in range(200)])


def killed(start: Start, name: str, *arguments: object, seconds: float) -> None:
    process = start(f"care.{name}", *arguments)
    assert process.stdout is not None
    assert process.stdout.readline(), process.communicate()
    time.sleep(seconds)
    process.kill()
    process.communicate()


@pytest.mark.timeout(300 if not SOAK else 0)
def test_a_killed_backup_has_no_name(tmp_path: Path, start: Start) -> None:
    path = tmp_path / "proteus.db"
    fill(path)
    randomly = random.Random(3)
    for number in range(ROUNDS):
        killed(start, "backups", path, tmp_path, number, seconds=randomly.random() * 0.1)
        for backup in tmp_path.glob("*.backup"):
            Container(backup).verify()
    assert list(tmp_path.glob("*.backup"))
    with DatabaseManager(database_path=path) as db:
        assert db.count() >= 200
        assert db.verify_integrity().ok


@pytest.mark.timeout(300 if not SOAK else 0)
@pytest.mark.parametrize("what", ["restores", "repairs"])
def test_a_killed_restore_or_repair_leaves_the_old_store_or_the_new(tmp_path: Path, start: Start, what: str) -> None:
    path = tmp_path / "proteus.db"
    fill(path)
    with DatabaseManager(database_path=path) as db:
        db.backup(tmp_path / "a.backup")
    randomly = random.Random(4)
    for _ in range(ROUNDS):
        killed(start, what, path, tmp_path / "a.backup", seconds=randomly.random() * 0.15)
        with DatabaseManager(database_path=path) as db:
            assert db.count() in (200, 201)
            assert db.verify_integrity().ok
            assert db.get_prediction("p007").structure is not None
    with DatabaseManager(database_path=path) as db:
        # What a killed one left beside it is in nobody's way.
        db.restore(tmp_path / "a.backup", overwrite=True)
        assert db.count() == 200
    names = {each.name for each in tmp_path.iterdir()} - {"proteus.db", "proteus.db-lock", "a.backup"}
    assert not {name for name in names if name.startswith("proteus.db-restoring")}, names
