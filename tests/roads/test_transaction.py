"""transaction(): many calls, one atomic unit."""

# What is raised at the exit of a block is raised by all of it.
# ruff: noqa: PT012

import threading

import numpy as np
import pytest

from proteusdb import DatabaseManager
from proteusdb.core import transaction
from proteusdb.errors import ConflictError, PredictionNotFoundError, QueryError, StorageError, ValidationError
from roads.made import pdb


def test_all_of_it_is_stored_at_the_exit(db: DatabaseManager) -> None:
    with db.transaction() as inside:
        assert inside is db
        a = db.store_prediction("MKV", pdb("MKV"), {"n": 1}, model="new model", arrays={"x": np.arange(3)})
        b = db.store_prediction("MKV", None, prediction_id="b")
        assert db.update_prediction(a, {"metadata": {"m": 2}}) == 2
        analysis = db.store_analysis(a, {"energy": -1.5})
        db.delete_prediction(b)
        with DatabaseManager.from_url(db.url) as other:
            assert other.stats()["predictions"] == 0
    got = db.get_prediction(a)
    assert (got.version, got.metadata, got.model) == (2, {"n": 1, "m": 2}, "new model")
    assert db.get_analysis(analysis)["results"] == {"energy": -1.5}
    assert [version.deleted for version in db.history("b")] == [False, True]
    assert db.verify_integrity().ok


def test_reads_by_id_see_what_was_written_inside(db: DatabaseManager) -> None:
    old = db.store_prediction("MKV", None, {"n": 0})
    with db.transaction():
        new = db.store_prediction("MLS", pdb("MLS"), model="esmfold", arrays={"x": np.arange(3)})
        got = db.get_prediction(new)
        assert (got.sequence, got.version, got.model, got.confidence) == ("MLS", 1, "esmfold", pytest.approx(0.9))
        structure = got.structure
        assert structure is not None
        assert structure.original == pdb("MLS").encode()
        assert np.array_equal(db.get_array(new, "x"), np.arange(3))
        db.update_prediction(old, {"metadata": {"n": 1}})
        assert [prediction.version for prediction in db.get_predictions([old, new])] == [2, 1]
        assert [prediction.version for prediction in db.iter_predictions([old, new])] == [2, 1]
        assert db.get_prediction(old, version=1).metadata == {"n": 0}
        assert len(db.history(old)) == 2
        analysis = db.store_analysis(new, {"k": 1})
        assert db.list_analyses(new) == [analysis]
        db.delete_prediction(old)
        with pytest.raises(PredictionNotFoundError):
            db.get_prediction(old)


def test_an_exception_rolls_everything_back(db: DatabaseManager) -> None:
    kept = db.store_prediction("MKV", None)
    with pytest.raises(RuntimeError, match="stop"), db.transaction():
        db.store_prediction("MKV", None)
        db.delete_prediction(kept)
        raise RuntimeError("stop")
    assert [prediction.prediction_id for prediction in db.iter_predictions()] == [kept]
    db.store_prediction("MKV", None)
    assert db.stats()["predictions"] == 2


def test_each_call_is_checked_at_once(db: DatabaseManager) -> None:
    taken = db.store_prediction("MKV", None)
    with db.transaction():
        with pytest.raises(ConflictError):
            db.store_prediction("MKV", None, prediction_id=taken)
        with pytest.raises(PredictionNotFoundError):
            db.delete_prediction("nothing")
        with pytest.raises(ConflictError):
            db.update_prediction(taken, {"rank": 1}, expected_version=7)
        with pytest.raises(ValidationError):
            db.store_analysis("nothing", {})
        with pytest.raises(ValidationError):
            db.store_prediction("M1", None)
        new = db.store_prediction("MKV", None)
        db.store_analysis(new, {"k": 1})
        with pytest.raises(ValidationError, match="cascade"):
            db.delete_prediction(new)
        db.delete_prediction(new, cascade=True)
    assert db.stats()["predictions"] == 1
    assert db.list_analyses() == []


@pytest.mark.parametrize("change", ["update", "delete"])
def test_a_concurrent_change_raises_and_applies_nothing(db: DatabaseManager, change: str) -> None:
    shared = db.store_prediction("MKV", None, {"n": 0})
    with DatabaseManager.from_url(db.url) as other, pytest.raises(ConflictError), db.transaction():
        mine = db.store_prediction("MKV", None)
        if change == "update":
            db.update_prediction(shared, {"metadata": {"n": 1}})
        else:
            db.delete_prediction(shared)
        other.update_prediction(shared, {"metadata": {"n": 2}})
    assert db.get_prediction(shared).metadata == {"n": 2}
    with pytest.raises(PredictionNotFoundError):
        db.get_prediction(mine)


def test_an_id_taken_meanwhile_raises_and_applies_nothing(db: DatabaseManager) -> None:
    with DatabaseManager.from_url(db.url) as other, pytest.raises(ConflictError, match='"a"'), db.transaction():
        db.store_prediction("MKV", None, prediction_id="a")
        db.store_prediction("MKV", None, prediction_id="b")
        other.store_prediction("AAA", None, prediction_id="a")
    assert db.get_prediction("a").sequence == "AAA"
    assert db.stats()["predictions"] == 1


def test_queries_nesting_and_new_models_are_refused_inside(db: DatabaseManager) -> None:
    with db.transaction():
        for refused in (
            lambda: db.query_predictions(limit=1),
            lambda: db.count(),
            lambda: db.explain(),
            lambda: db.best(),
            lambda: db.query_ids(),
            lambda: db.iter_predictions(),
            lambda: db.load_files("."),
            lambda: db.store_model("m"),
        ):
            with pytest.raises(QueryError, match=r"inside transaction\(\) is refused"):
                refused()
        with pytest.raises(QueryError, match="outer"), db.transaction():
            pass
        db.store_prediction("MKV", None)
    assert db.stats()["predictions"] == 1


def test_batches_go_into_the_transaction_too(db: DatabaseManager) -> None:
    with pytest.raises(RuntimeError), db.transaction():
        report = db.store_predictions([{"sequence": "MKV", "prediction_id": f"r{n}"} for n in range(5)], batch_size=2)
        assert report.ids == ["r0", "r1", "r2", "r3", "r4"]
        raise RuntimeError
    assert db.stats()["predictions"] == 0


def test_another_thread_is_not_inside(db: DatabaseManager) -> None:
    with pytest.raises(RuntimeError), db.transaction():
        db.store_prediction("MKV", None, prediction_id="mine")
        thread = threading.Thread(target=db.store_prediction, args=("AAA", None), kwargs={"prediction_id": "theirs"})
        thread.start()
        thread.join()
        raise RuntimeError
    assert [prediction.prediction_id for prediction in db.iter_predictions()] == ["theirs"]


def test_what_may_be_buffered_is_bounded(db: DatabaseManager, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transaction, "MAX_BYTES", 10_000)
    with db.transaction():
        small = db.store_prediction("MKV", None)
        with pytest.raises(StorageError, match="store_predictions"):
            db.store_prediction("MKV", None, arrays={"x": np.random.default_rng(0).random(5000)})
    assert [prediction.prediction_id for prediction in db.iter_predictions()] == [small]


def test_purging_and_storing_again_begins_anew(db: DatabaseManager) -> None:
    db.store_prediction("MKV", None, prediction_id="a")
    with db.transaction():
        db.delete_prediction("a", purge=True)
        db.store_prediction("AAA", None, prediction_id="a")
        assert db.get_prediction("a").version == 1
    assert (db.get_prediction("a").version, db.get_prediction("a").sequence) == (1, "AAA")


def test_of_two_racing_writers_none_overwrites_what_it_did_not_see(db: DatabaseManager) -> None:
    """
    The check that nobody else had changed a prediction ran before the write transaction began.
    Another writer could come between the two, and its version was replaced or deleted unseen.
    Now the write transaction itself begins by expecting the versions that were seen.
    Here each writer adds one to a number, by replacing the record: no addition may be lost.
    """
    db.store_prediction("MKV", None, {"n": 0}, prediction_id="counter")
    done: list[int] = []

    def add(times: int) -> None:
        while times > 0:
            try:
                with db.transaction():
                    n = db.get_prediction("counter").metadata["n"]
                    db.store_prediction("MKV", None, {"n": n + 1}, prediction_id="counter", on_conflict="replace")
                times -= 1
                done.append(n)
            except ConflictError:
                pass

    threads = [threading.Thread(target=add, args=(40,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == list(range(160))
    assert db.get_prediction("counter").metadata["n"] == 160


def test_a_change_in_the_last_moment_is_a_conflict(db: DatabaseManager) -> None:
    """The other writer comes when the exit has begun, which is as late as it can."""
    for key in ("replaced", "deleted", "new"):
        if key != "new":
            db.store_prediction("MKV", None, prediction_id=key)
        other = DatabaseManager.from_url(db.url)
        backend = db._session.backend
        apply, late = backend.apply, []

        def interfere(operations, *, each_alone, key=key, other=other, apply=apply, late=late):  # type: ignore[no-untyped-def]
            if not late:
                late.append(other.store_prediction("MLS", None, prediction_id=key, on_conflict="replace"))
            return apply(operations, each_alone=each_alone)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(backend, "apply", interfere)
            with pytest.raises(ConflictError, match="run the transaction again"), db.transaction():
                if key == "deleted":
                    db.delete_prediction(key)
                else:
                    db.store_prediction("MKV", None, prediction_id=key, on_conflict="replace")
        assert late == [key]
        assert db.get_prediction(key).sequence == "MLS"
        other.close()
