"""A write that was not answered is repeated, and stands once."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backends.cassandra_stores import open_cassandra
from proteusdb import DistributedDatabaseManager
from proteusdb.backends.cassandra.client import Client
from proteusdb.errors import ConflictError, TimeoutError
from services.cassandra import shared

CONTENT: dict[str, Any] = {"sequence": "MKTAYI", "structure": None, "metadata": {"confidence": 0.5}}


@pytest.fixture
def db(tmp_path: Path) -> Iterator[DistributedDatabaseManager]:
    with shared().among(), open_cassandra(tmp_path, retry_attempts=0) as manager:
        yield manager


def silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next batches take place, and their answer is lost."""
    answered = Client.batches

    def batches(self: Client, *given: Any, **named: Any) -> Any:
        answered(self, *given, **named)
        raise TimeoutError("the answer was lost")

    monkeypatch.setattr(Client, "batches", batches)


@pytest.mark.parametrize("on_conflict", ["error", "replace"])
def test_the_same_again_is_one_version(
    db: DistributedDatabaseManager, monkeypatch: pytest.MonkeyPatch, on_conflict: str
) -> None:
    with monkeypatch.context() as patched:
        silent(patched)
        with pytest.raises(TimeoutError):
            db.store_prediction(**CONTENT, prediction_id="p", on_conflict=on_conflict)
    assert db.query_ids() == [], "the rows that questions look at did not follow"
    assert not db.verify_integrity().ok
    assert db.store_prediction(**CONTENT, prediction_id="p", on_conflict=on_conflict) == "p"
    assert ([one.version for one in db.history("p")], db.query_ids()) == ([1], ["p"])
    assert db.query_ids(order_by="-confidence", limit=1) == ["p"]
    assert db.verify_integrity().ok


def test_another_content_is_a_conflict(db: DistributedDatabaseManager, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        silent(patched)
        with pytest.raises(TimeoutError):
            db.store_prediction(**CONTENT, prediction_id="p")
    with pytest.raises(ConflictError):
        db.store_prediction("MKV", None, prediction_id="p")
    assert db.get_prediction("p").sequence == "MKTAYI"


def test_what_did_not_follow_is_mended(db: DistributedDatabaseManager, monkeypatch: pytest.MonkeyPatch) -> None:
    db.store_prediction(**CONTENT, prediction_id="older")
    with monkeypatch.context() as patched:
        silent(patched)
        with pytest.raises(TimeoutError):
            db.store_prediction(**CONTENT, prediction_id="p")
        with pytest.raises(TimeoutError):
            db.update_prediction("older", {"metadata": {"confidence": 0.9}})
    assert db.query_ids(where="confidence < 0.8") == ["older"], "the rows that questions look at did not follow"
    report = db.verify_integrity(repair=True)
    assert report.ok
    assert {"older", "p"} <= {name for line in report.repaired for name in line.split("'")}
    assert db.query_ids(order_by="-confidence", limit=2) == ["older", "p"]
    assert db.query_ids(where="confidence < 0.8") == ["p"]
    assert db.verify_integrity(repair=True).repaired == ()
