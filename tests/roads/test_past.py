"""The past of a file: what it costs, what cleanup gives back, quota, growth, and other processes' rules."""

import time
import warnings
from pathlib import Path

import numpy as np
import pytest

from proteusdb import DatabaseManager
from proteusdb.errors import QuotaWarning, StorageError, ValidationError
from proteusdb.testing.synthetic import synthetic_prediction

BLOBS = ("blobs", "segment_bytes", "loose_blobs", "dead_bytes")


def heavy(db: DatabaseManager, count: int, kilobytes: int = 100, first: int = 0) -> None:
    """Predictions that take room, each its own."""
    for number in range(first, first + count):
        noise = np.random.default_rng(number).integers(0, 256, kilobytes << 10, dtype=np.uint8)
        db.store_prediction("MKT", None, prediction_id=f"{number:04d}", arrays={"noise": noise})


def test_a_change_of_metadata_writes_no_structure(db: DatabaseManager) -> None:
    record = synthetic_prediction(80, 1, pae=True)
    db.store_prediction(**record, prediction_id="p")
    before = db.stats()
    for number in range(20):
        db.update_prediction("p", {"metadata": {"n": number}, "rank": number})
    after = db.stats()
    assert [after[name] for name in BLOBS] == [before[name] for name in BLOBS]
    assert after["versions"] == before["versions"] + 20
    assert db.get_prediction("p", version=1).structure == db.get_prediction("p").structure


def test_a_revert_stores_a_shared_array_no_second_time(db: DatabaseManager) -> None:
    noise = np.random.default_rng(1).random(4000)
    db.store_prediction("MKT", None, prediction_id="p", arrays={"x": noise})
    db.update_prediction("p", {"arrays": {"x": None}})
    blobs = db.stats()["blobs"]
    db.revert("p", 1)
    assert db.stats()["blobs"] == blobs
    np.testing.assert_array_equal(db.get_prediction("p").arrays["x"], noise)


def test_a_rehearsal_tells_the_bytes_that_then_go(db: DatabaseManager) -> None:
    heavy(db, 8)
    shared = np.random.default_rng(99).random(5_000)
    for number in range(8):
        db.update_prediction(f"{number:04d}", {"arrays": {"shared": shared, "noise": np.full(900, number)}})
    rules = {"keep_versions": 1, "where": "id < '0006'"}
    told = db.cleanup(**rules, dry_run=True)
    done = db.cleanup(**rules)
    assert (told.bytes, told.versions, told.ids) == (done.bytes, done.versions, done.ids)
    assert done.bytes > 8 * 100_000
    last = db.cleanup(where="length > 0", force=True, dry_run=True)
    assert db.cleanup(where="length > 0", force=True).bytes == last.bytes
    assert db.verify_integrity().ok


def test_a_database_is_brought_down_to_a_size(db: DatabaseManager) -> None:
    heavy(db, 30)
    report = db.cleanup(max_bytes=1_500_000)
    assert report.ids == [f"{number:04d}" for number in range(report.predictions)]
    db.compact()
    stats = db.stats()
    assert 900_000 < stats["file_bytes"] <= 1_500_000
    assert db.cleanup(max_bytes=1_500_000).predictions == 0


def test_a_quota_is_obeyed_by_all_and_nothing_is_lost(db: DatabaseManager, path: Path) -> None:
    heavy(db, 5)
    db.set_quota(2_000_000)
    assert db.quota() == {"max_bytes": 2_000_000, "warn_at": 1_800_000, "used_bytes": db.quota()["used_bytes"]}
    with DatabaseManager(database_path=path) as other:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            with pytest.raises(StorageError, match=r"quota.*2000000.*set_quota"):
                heavy(other, 40, first=5)
        assert [warning.category for warning in told] == [QuotaWarning]
        stored = other.count()
        assert 10 < stored < 20
        with pytest.raises(StorageError, match="quota"), other.transaction():
            other.update_prediction("0000", {"arrays": {"more": np.random.default_rng(0).random(50_000)}})
    assert (db.count(), db.get_prediction("0000").version) == (stored, 1)
    db.delete_prediction("0001")
    db.cleanup(older_than="now", where="id < '0005'")
    heavy(db, 3, first=100)
    db.set_quota(None)
    heavy(db, 20, first=200)
    assert db.quota()["max_bytes"] is None
    assert db.verify_integrity().ok


@pytest.mark.parametrize("wrong", [0, -1, 1.5, "many", True])
def test_a_wrong_quota_is_named(db: DatabaseManager, wrong: object) -> None:
    with pytest.raises(ValidationError, match="max_bytes"):
        db.set_quota(wrong)  # type: ignore[arg-type]
    with pytest.raises(ValidationError, match="warn_at"):
        db.set_quota(100, warn_at=200)


def test_growth_is_told_since_an_earlier_write(db: DatabaseManager, path: Path) -> None:
    assert db.stats()["growth"] == {}
    heavy(db, 3)
    db.close()
    with DatabaseManager(database_path=path, read_only=True) as again:
        growth = again.stats()["growth"]
    assert (growth["predictions"], growth["versions"], len(growth["samples"])) == (3, 3, 1)
    assert growth["bytes"] > 300_000
    assert growth["bytes_per_day"] > growth["bytes"]
    assert growth["since"] == growth["samples"][0]["time"]


def test_a_schema_binds_who_was_open_already(db: DatabaseManager, path: Path) -> None:
    with DatabaseManager(database_path=path) as other:
        db.define_schema({"metadata.organism": str}, ["metadata.organism"])
        with pytest.raises(ValidationError, match=r"metadata\.organism"):
            other.store_prediction("MKT", None)
        assert other.schema() == {"fields": {"metadata.organism": str}, "required": ["metadata.organism"]}


def test_a_loader_is_trimmed_as_it_goes(path: Path) -> None:
    with DatabaseManager(database_path=path, keep_versions=1) as db:
        record = {"sequence": "MKT", "structure": None, "on_conflict": "replace"}
        db.store_predictions({**record, "prediction_id": f"p{n % 10}", "metadata": {"n": n}} for n in range(500))
        assert (db.stats()["versions"], db.count()) == (10, 10)
        assert db.get_prediction("p3").version == 50
        assert db.verify_integrity().ok


def test_versions_written_within_a_microsecond_are_told_apart(db: DatabaseManager) -> None:
    with db.transaction():
        db.store_prediction("MKT", None, {"n": 1}, prediction_id="p")
        db.update_prediction("p", {"metadata": {"n": 2}})
    moment = db.get_prediction("p").updated_at
    assert [entry.updated_at for entry in db.history("p")] == [moment, moment]
    assert db.get_prediction("p", as_of=moment).version == 2
    assert db.cleanup(older_than=moment).versions == 1
    assert db.get_prediction("p", as_of=moment).metadata == {"n": 2}
    time.sleep(0.001)
    assert db.cleanup(keep_versions=1).versions == 0
