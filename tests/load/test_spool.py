"""A spool says and keeps what the database does, and merging it again changes nothing."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from proteusdb import DatabaseManager, Spool
from proteusdb.errors import ConflictError, CorruptionError, ValidationError
from proteusdb.testing import memory_manager
from proteusdb.testing.synthetic import synthetic_prediction


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "spool"


def test_a_record_comes_back_as_the_database_itself_would_have_kept_it(db: DatabaseManager, folder: Path) -> None:
    made = synthetic_prediction(40, 1, pae=True)
    record = {
        **made,
        "job": "j",
        "seed": 3,
        "sample": 1,
        "rank": 2,
        "model": "boltz",
        "metadata": {"a": {"b": [1, 2.5]}},
    }
    at = datetime(2025, 1, 2, 3, 4, 5, 6, tzinfo=UTC)
    key = Spool(folder).store_prediction(**record, created_at=at)
    assert db.load_files(folder).ids == [key]
    with memory_manager() as plain:
        plain.store_prediction(**record, created_at=at, prediction_id=key)
        here, there = db.get_prediction(key), plain.get_prediction(key)
        for name in "sequence chain_types metadata model job seed sample rank confidence created_at version".split():
            assert getattr(here, name) == getattr(there, name), name
        assert here.structure == there.structure
        assert {name: array.tobytes() for name, array in here.arrays.items()} == {
            name: array.tobytes() for name, array in there.arrays.items()
        }


def test_files_and_samples_of_a_job_keep_every_byte(db: DatabaseManager, folder: Path, tmp_path: Path) -> None:
    matrix = np.round(np.random.default_rng(1).uniform(0, 30, (50, 50)), 1).astype(np.float32)
    record = synthetic_prediction(50, 2)
    text = record["structure"].to_pdb()
    file = tmp_path / "model.pdb"
    file.write_text(text)
    spool = Spool(folder)
    keys = [
        spool.store_prediction(None, file, job="one job", sample=n, arrays={"pae": matrix + np.float32(n)})
        for n in range(4)
    ]
    assert sorted(db.load_files(folder).ids) == sorted(keys)
    for n, key in enumerate(keys):
        found = db.get_prediction(key)
        assert found.originals == {"model.pdb": text.encode()}
        assert np.array_equal(found.arrays["pae"], matrix + np.float32(n))
    db.compact(compression="small")
    assert db.load_files(folder).ids == []
    assert db.verify_integrity().ok


def test_merging_again_stores_nothing_whatever_happened_since(db: DatabaseManager, folder: Path) -> None:
    spool = Spool(folder)
    spool.store_predictions({"sequence": "MKV", "structure": None, "prediction_id": f"p{n}"} for n in range(5))
    assert sorted(db.load_files(folder).ids) == [f"p{n}" for n in range(5)]
    db.update_prediction("p0", {"metadata": {"seen": True}})
    db.update_prediction("p2", {"metadata": {"seen": True}})
    db.cleanup(keep_versions=1)
    db.delete_prediction("p1")
    report = db.load_files([folder, *sorted(folder.glob("*.spool"))])
    assert report.ok
    assert report.ids == []
    assert len(report.skipped) == 10
    assert db.get_prediction("p2").metadata == {"seen": True}
    assert db.count() == 4


def test_the_last_that_was_written_replaces_the_others(db: DatabaseManager, folder: Path) -> None:
    for number in range(3):
        Spool(folder).store_prediction("MKV", None, {"n": number}, prediction_id="a", on_conflict="replace")
    assert db.load_files(folder).ids == ["a", "a", "a"]
    assert db.get_prediction("a").metadata == {"n": 2}
    assert [db.get_prediction("a", version=n + 1).metadata["n"] for n in range(3)] == [0, 1, 2]
    for keep in (None, 1):
        db.cleanup(keep_versions=keep, dry_run=keep is None, min_confidence=None if keep else 0.0)
        assert db.load_files(folder).ids == []
    assert db.get_prediction("a").metadata == {"n": 2}


@pytest.mark.parametrize(("on_conflict", "kept"), [("error", 0), ("skip", 0), ("replace", 1)])
def test_a_taken_id_is_what_the_record_says(db: DatabaseManager, folder: Path, on_conflict: str, kept: int) -> None:
    spool = Spool(folder)
    spool.store_prediction("MKV", None, {"n": 0}, prediction_id="a")
    spool.store_prediction("MKV", None, {"n": 1}, prediction_id="a", on_conflict=on_conflict)  # type: ignore[arg-type]
    report = db.load_files(folder, on_error="skip")
    assert [len(report.failed), len(report.skipped)] == {"error": [1, 0], "skip": [0, 1], "replace": [0, 0]}[
        on_conflict
    ]
    assert db.get_prediction("a").metadata == {"n": kept}
    if on_conflict == "error":
        with pytest.raises(ConflictError, match='"a" is taken'):
            db.load_files(folder)


def test_what_is_wrong_is_told_before_anything_is_written(folder: Path) -> None:
    spool = Spool(folder)
    with pytest.raises(ValidationError, match="sequence"):
        spool.store_prediction("MK1", None)
    with pytest.raises(ValidationError, match="colour"):
        spool.store_predictions([{"sequence": "MK", "structure": None, "colour": "red"}])
    with pytest.raises(ValidationError, match="compression"):
        Spool(folder, compression="tiny")  # type: ignore[arg-type]
    assert list(folder.iterdir()) == []


def _cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _flipped(data: bytes) -> bytes:
    return data[:3000] + bytes([data[3000] ^ 4]) + data[3001:]


@pytest.mark.parametrize("harm", [_cut, _flipped])
def test_a_damaged_archive_is_named_and_the_rest_is_merged(
    db: DatabaseManager, folder: Path, harm: Callable[[bytes], bytes]
) -> None:
    for number in range(3):
        Spool(folder).store_prediction("MKV", None, prediction_id=f"p{number}")
    archive = sorted(folder.glob("*.spool"))[1]
    archive.write_bytes(harm(archive.read_bytes()))
    report = db.load_files(folder, on_error="skip")
    assert [entry.name for entry in report.failed] == [str(archive)]
    assert report.ids == ["p0", "p2"]
    with pytest.raises(CorruptionError, match=archive.name):
        db.load_files(folder)


def test_other_files_of_that_name_and_half_written_ones_are_let_be(db: DatabaseManager, folder: Path) -> None:
    Spool(folder).store_prediction("MKV", None, prediction_id="a")
    (folder / "wool.spool").write_text("on a spool")
    (folder / ".x.spool.partial").write_text("half")
    report = db.load_files(folder)
    assert report.ids == ["a"]
    assert [entry.reason for entry in report.skipped] == ["no archive of a spool, though its name says so"]
    (archive,) = [path for path in folder.glob("*.spool") if path.name != "wool.spool"]
    for call in (db.load_archive, db.restore):
        with pytest.raises(ValidationError, match="load_files"):
            call(archive)
