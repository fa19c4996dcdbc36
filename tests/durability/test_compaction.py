"""compact() gives back what nothing uses, under writers of other processes, who notice nothing."""

from pathlib import Path

import pytest

from durability.processes import SOAK, Run, Start, ended
from proteusdb import DatabaseManager

WRITERS = 4
STORED = 400 if SOAK else 25
ROWS = 60_000 if SOAK else 12_000


@pytest.mark.timeout(1800 if not SOAK else 0)
def test_writers_of_four_processes_lose_nothing_and_see_no_error(tmp_path: Path, start: Start) -> None:
    path = tmp_path / "proteus.db"
    with DatabaseManager(database_path=path, timeout=600) as db:
        writers = [start("compacting.write", path, f"w{number}", STORED) for number in range(WRITERS)]
        compactions = 0
        while compactions < 3 or any(writer.poll() is None for writer in writers):
            db.compact()
            compactions += 1
        said = [key for writer in writers for key in ended(writer)]
        assert sorted(said) == db.query_ids()
        assert len(said) == WRITERS * STORED
        assert all(one.version == 2 for one in db.iter_predictions())
        assert db.verify_integrity().ok
    print(f"{len(said)} predictions by {WRITERS} processes through {compactions} compactions, 0 lost")


@pytest.mark.timeout(1800 if not SOAK else 0)
def test_the_file_is_hardly_longer_than_what_lives_in_it(tmp_path: Path, run: Run) -> None:
    path = tmp_path / "proteus.db"
    run("compacting.fill", path, ROWS, seconds=600)
    (before,) = run("compacting.measure", path)
    with DatabaseManager(database_path=path) as db:
        contents = [(one.prediction_id, one.version, one.metadata) for one in db.iter_predictions()]
        answers = [db.query_ids(model_name="model 3", order_by="-confidence"), db.query_ids(job="job 7")]
        db.compact()
        assert [(one.prediction_id, one.version, one.metadata) for one in db.iter_predictions()] == contents
        assert [db.query_ids(model_name="model 3", order_by="-confidence"), db.query_ids(job="job 7")] == answers
        assert db.verify_integrity().ok
    (after,) = run("compacting.measure", path)
    print(f"{before} before, {after} after")
    assert after["file"] < before["file"]
    assert after["file"] <= 1.1 * after["live"]
