"""Disks that are full, fail or write half: clean errors, handles that go on, and everything acknowledged is there."""

from pathlib import Path

import pytest

from durability.processes import SOAK, Run
from durability.shims import built, under
from proteusdb import DatabaseManager

#: Every call of each operation in turn, or every so manyth.
STRIDE = 1 if SOAK else 5


@pytest.mark.timeout(1800 if not SOAK else 0)
@pytest.mark.parametrize("fault", ["full", "write", "short", "sync", "truncate", "map"])
def test_a_failing_call_is_a_clean_error_and_loses_nothing(tmp_path: Path, run: Run, fault: str) -> None:
    library, folder = built(tmp_path), tmp_path / "stores"
    folder.mkdir()
    # A small map, so that it has to grow.
    environment = under(library, folder, PROTEUSDB_MAP_SIZE=str(1 << 20))
    (said,) = run("faults.go_on", folder / "proteus.db", fault, STRIDE, seconds=7200 if SOAK else 1500, env=environment)
    print(f"{fault}: {said['tried']}")
    with DatabaseManager(database_path=folder / "proteus.db") as db:
        assert {found.prediction_id: found.metadata["n"] for found in db.iter_predictions()} == said["state"]
        assert db.verify_integrity().ok
    assert any(not what.endswith("untouched") for what in said["tried"]), "no call failed"
