"""A damaged store of rows is made sound: what is derived is written anew, the rest is set aside and named."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from backends.engines import ENGINES, open_engine
from care.contents import fill, seen
from proteusdb import DatabaseManager

ROWS = [name for name in ENGINES if name != "lmdb"]


def damage(db: DatabaseManager, statements: list[str], change: Callable[[Any], None]) -> None:
    """Changes what is stored behind the program's back: by SQL, or in MongoDB's collections."""
    backend: Any = db._session.backend._backend  # type: ignore[attr-defined]
    with backend._connections.use(20.0) as connection:
        if backend.capabilities.name == "mongodb":
            change(connection)
        else:
            for statement in statements:
                connection.execute(statement)


def bytes_of(db: DatabaseManager) -> str:
    """Some bytes, in the words of the engine."""
    return "X'00'" if db._session.backend.capabilities.name == "sqlite" else "'x'::bytea"


def structure_of(db: DatabaseManager, key: str) -> str:
    stored = db._session.backend.get(key)
    assert stored is not None
    blob = stored.key("structure", "")
    assert blob is not None
    return blob


@pytest.fixture(params=ROWS)
def db(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    with open_engine(request.param, tmp_path) as db:
        fill(db)
        yield db


def test_a_sound_store_is_left_as_it_is(db: DatabaseManager) -> None:
    before = db._session.backend.stats()
    report = db.verify_integrity(repair=True)
    assert (report.ok, report.repaired, report.quarantined, report.kept) == (True, (), (), None)
    assert db._session.backend.stats() == before


def test_what_is_derived_is_written_again_and_nothing_else_changes(db: DatabaseManager) -> None:
    before = seen(db)

    def lose(store: Any) -> None:
        store.predictions.update_many({"prediction_id": "b1"}, {"$set": {"length": 999}})

    damage(
        db,
        [
            "UPDATE versions SET length = 999 WHERE prediction_id = 'b1'",
            f"UPDATE blobs SET uses = uses + 3 WHERE key = '{structure_of(db, 'b2')}'",
            f"UPDATE blobs SET uses = 0 WHERE key = '{structure_of(db, 'b3')}'",
            f"INSERT INTO blobs (key, uses, data) VALUES ('nobody', 0, {bytes_of(db)})",
            "DELETE FROM chains",
        ],
        lose,
    )
    assert not db.verify_integrity().ok
    report = db.verify_integrity(repair=True)
    assert report.ok, report.faults
    assert any("'b1'" in fault for fault in report.repaired)
    assert (report.quarantined, report.kept) == ((), None)
    after = seen(db)
    assert after == before
    start = db.get_prediction("b5").sequence[:8]
    assert "b5" in db.query_ids(sequence_pattern=f"{start}*")
    db.delete_prediction("b2", purge=True)
    db.store_prediction("MKV", None)
    assert db.verify_integrity().ok


def test_what_is_damaged_is_set_aside_and_named(db: DatabaseManager) -> None:
    blob = structure_of(db, "b4")
    ids = db.query_ids()
    (model,) = (model["model_id"] for model in db.list_models() if model["name"] == "m1")

    def harm(store: Any) -> None:
        store.predictions.update_many({"prediction_id": "full", "version": 2}, {"$set": {"metadata": "[1]"}})
        store.blobs.delete_many({"_id": blob})
        store.models.delete_many({"model_id": model})
        store.analyses.update_many({"prediction_id": "file"}, {"$set": {"prediction_id": "nobody"}})

    damage(
        db,
        [
            "UPDATE versions SET metadata = '[1]' WHERE prediction_id = 'full' AND version = 2",
            f"UPDATE blobs SET data = {bytes_of(db)} WHERE key = '{blob}'",
            f"DELETE FROM models WHERE model_id = '{model}'",
            "UPDATE analysis SET prediction_id = 'nobody' WHERE prediction_id = 'file'",
        ],
        harm,
    )
    report = db.verify_integrity(repair=True)
    assert report.ok, report.faults
    named = [entry.name for entry in report.quarantined]
    assert {"prediction 'full', version 2", "prediction 'b4', version 1"} <= {*named}
    assert sum(name.startswith("analysis") for name in named) == 1
    assert report.counts["quarantined"] == len(named) == db.verify_integrity().counts["quarantined"]
    assert db.query_ids() == [key for key in ids if key != "b4"]
    assert db.get_prediction("full").version == 1, "what came before is the newest now"
    assert db.get_prediction("b1").model_id == model, "a stand-in keeps a model's predictions together"
    assert db.update_prediction("full", {"seed": 5}) == 2
    record = db.get_prediction("b5").structure
    db.store_prediction(None, record, prediction_id="b4")
    assert db.verify_integrity().ok
