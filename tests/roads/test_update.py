"""Updating, deleting, and the versions they leave."""

import threading
from typing import Any

import numpy as np
import pytest

from proteusdb import DatabaseManager
from proteusdb.errors import ConflictError, PredictionNotFoundError, ValidationError
from roads.made import pdb


@pytest.fixture
def stored(db: DatabaseManager) -> str:
    return db.store_prediction(
        "MKV", pdb("MKV"), {"a": 1, "b": 2}, model="esmfold", job="j", arrays={"x": np.arange(3)}
    )


def test_metadata_merge_and_none_removes(db: DatabaseManager, stored: str) -> None:
    assert db.update_prediction(stored, {"metadata": {"b": None, "c": 3}, "rank": 4, "job": None}) == 2
    got = db.get_prediction(stored)
    assert (got.metadata, got.rank, got.job, got.model) == ({"a": 1, "c": 3}, 4, None, "esmfold")
    assert got.structure == db.get_prediction(stored, version=1).structure
    assert np.array_equal(got.arrays["x"], np.arange(3))


def test_arrays_merge_by_name(db: DatabaseManager, stored: str) -> None:
    db.update_prediction(stored, {"arrays": {"x": None, "y": np.eye(2)}})
    assert list(db.get_prediction(stored).arrays) == ["y"]


def test_a_new_structure_brings_its_file_and_must_fit_the_sequence(db: DatabaseManager, stored: str) -> None:
    db.update_prediction(stored, {"structure": pdb("MKV", x=5)})
    structure = db.get_prediction(stored).structure
    assert structure is not None
    assert structure.original == pdb("MKV", x=5).encode()
    with pytest.raises(ValidationError):
        db.update_prediction(stored, {"structure": pdb("AAA")})
    with pytest.raises(ValidationError):
        db.update_prediction(stored, {"sequence": "AAA"})
    db.update_prediction(stored, {"structure": pdb("AAA"), "sequence": "AAA"})
    assert db.get_prediction(stored).sequence == "AAA"
    db.update_prediction(stored, {"structure": None})
    assert db.get_prediction(stored).structure is None


def test_an_expected_version_guards_against_lost_updates(db: DatabaseManager, stored: str) -> None:
    assert db.update_prediction(stored, {"rank": 1}, expected_version=1) == 2
    with pytest.raises(ConflictError):
        db.update_prediction(stored, {"rank": 2}, expected_version=1)
    with pytest.raises(ConflictError):
        db.update_prediction(stored, {"sequence": "MKV"}, expected_version=1)
    assert db.get_prediction(stored).rank == 1


@pytest.mark.parametrize(
    "data", [{}, None, {"confidence": 0.5}, {"prediction_id": "b"}, {"metadata": 3}, {"rank": "x"}]
)
def test_a_wrong_change_changes_nothing(db: DatabaseManager, stored: str, data: Any) -> None:
    with pytest.raises(ValidationError):
        db.update_prediction(stored, data)
    assert db.get_prediction(stored).version == 1


def test_threads_lose_no_update(db: DatabaseManager, stored: str) -> None:
    def update(name: str) -> None:
        for number in range(10):
            db.update_prediction(stored, {"metadata": {f"{name}{number}": number}})

    threads = [threading.Thread(target=update, args=(name,)) for name in "pqr"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(db.get_prediction(stored).metadata) == 32
    assert db.get_prediction(stored).version == 31


def test_a_deleted_prediction_is_gone_and_its_history_stays(db: DatabaseManager, stored: str) -> None:
    db.delete_prediction(stored)
    with pytest.raises(PredictionNotFoundError, match="was deleted"):
        db.get_prediction(stored)
    with pytest.raises(PredictionNotFoundError):
        db.delete_prediction(stored)
    with pytest.raises(PredictionNotFoundError):
        db.update_prediction(stored, {"rank": 1})
    assert db.get_prediction(stored, version=1).sequence == "MKV"
    assert [version.deleted for version in db.history(stored)] == [False, True]


def test_purging_leaves_nothing(db: DatabaseManager, stored: str) -> None:
    db.update_prediction(stored, {"rank": 1})
    db.delete_prediction(stored, purge=True)
    with pytest.raises(PredictionNotFoundError):
        db.history(stored)
    assert db.stats()["versions"] == 0
    assert db.verify_integrity().ok


def test_history_says_what_changed(db: DatabaseManager, stored: str) -> None:
    db.update_prediction(stored, {"metadata": {"a": None, "n": 1}, "model": "other"})
    db.update_prediction(stored, {"structure": pdb("MKV", x=1), "arrays": {"x": np.arange(3) + 1}})
    db.delete_prediction(stored)
    history = db.history(stored)
    assert [version.version for version in history] == [1, 2, 3, 4]
    assert history[0].changed == ("created",)
    assert set(history[1].changed) == {"model", "metadata.a", "metadata.n"}
    assert set(history[2].changed) == {"structure", "arrays.x", "originals.structure.pdb"}
    assert history[3].deleted
    assert history[0].updated_at < history[1].updated_at < history[2].updated_at


def test_reverting_writes_the_old_content_again(db: DatabaseManager, stored: str) -> None:
    first = db.get_prediction(stored).to_dict()
    db.update_prediction(
        stored, {"metadata": {"a": 5}, "sequence": "AAA", "structure": pdb("AAA"), "arrays": {"x": None}}
    )
    db.delete_prediction(stored)
    assert db.revert(stored, 1) == 4
    again = db.get_prediction(stored).to_dict()
    for name in ("version", "updated_at"):
        first.pop(name), again.pop(name)
    assert np.array_equal(first.pop("arrays")["x"], again.pop("arrays")["x"])
    assert again == first
    with pytest.raises(PredictionNotFoundError):
        db.revert(stored, 9)


def test_the_past_can_be_read_by_time(db: DatabaseManager, stored: str) -> None:
    db.update_prediction(stored, {"rank": 1})
    first, second = (version.updated_at for version in db.history(stored))
    assert db.get_prediction(stored, as_of=first).rank is None
    assert db.get_prediction(stored, as_of=second).rank == 1
    with pytest.raises(PredictionNotFoundError, match="did not exist"):
        db.get_prediction(stored, as_of="2001-01-01")
