"""What is predicted, what is read, what fails: one sequence and many."""

import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from interfaces.predictors import Counting, structure
from proteusdb import DatabaseManager
from proteusdb.errors import ConnectionError, QueryError, StorageError, TimeoutError, ValidationError
from proteusdb.interfaces import ModelInterface, PredictReport
from proteusdb.testing import memory_manager


def test_a_sequence_is_predicted_once_for_a_model(db: DatabaseManager) -> None:
    fold = Counting()
    first = ModelInterface("esmfold", db, version="1", configuration={"recycles": 4}, predictor=fold)
    made = first.predict("mktayiak")
    assert (made.sequence, made.model, made.model_version, made.version) == ("MKTAYIAK", "esmfold", "1", 1)
    assert made.structure == structure("MKTAYIAK")
    assert made.confidence == pytest.approx(0.8)
    assert first.predict("MKTAYIAK").prediction_id == made.prediction_id
    same = ModelInterface("esmfold", db, version="1", configuration={"recycles": 4}, predictor=fold)
    assert same.model_id == first.model_id
    assert same.predict("MKTAYIAK").prediction_id == made.prediction_id
    assert fold.asked == ["MKTAYIAK"]
    other = ModelInterface("esmfold", db, version="1", configuration={"recycles": 8}, predictor=fold)
    newer = ModelInterface("esmfold", db, version="2", configuration={"recycles": 4}, predictor=fold)
    assert len({made.prediction_id, *(each.predict("MKTAYIAK").prediction_id for each in (other, newer))}) == 3
    assert len(fold.asked) == 3


def test_what_was_stored_by_other_means_counts(db: DatabaseManager) -> None:
    stored = db.store_prediction("MKT", structure("MKT"), model="esmfold")
    db.store_prediction("MKTA", None, model="esmfold")  # a row without a structure yet
    fold = Counting()
    report = ModelInterface("esmfold", db, predictor=fold).predict_many(["MKT", "MKTA", "MK"])
    assert report.found == [stored]
    assert sorted(fold.asked) == ["MK", "MKTA"]


def test_many_are_predicted_once_each_and_told_in_order(db: DatabaseManager) -> None:
    fold = Counting()
    told: list[tuple[int, int | None]] = []
    interface = ModelInterface("esmfold", db, predictor=fold)
    interface.predict("AAA")
    report = interface.predict_many(
        ["MK", "aaa", "MKTAYIAK", "MK", "GGG:CC"], progress=lambda done, total: told.append((done, total))
    )
    assert list(report.ids) == ["MK", "AAA", "MKTAYIAK", "GGG:CC"]
    assert fold.asked == ["AAA", "MKTAYIAK", "GGG:CC", "MK"]  # the longest first
    assert (len(report.predicted), len(report.found), report.ok, report.residues) == (3, 1, True, 15)
    assert told[-1] == (4, 4)
    assert [db.get_prediction(key).sequence for key in report] == list(report.ids)
    assert repr(report).startswith("<PredictReport: 3 predicted, 1 found, 0 failed")
    fold.asked.clear()
    ModelInterface("other", db, predictor=fold).predict_many(["MK", "MKTAYIAK"], batch_by=None)
    assert fold.asked == ["MK", "MKTAYIAK"]


WRONG: dict[str, tuple[Any, str]] = {
    "GA": (RuntimeError("out of memory"), "RuntimeError: out of memory"),
    "GC": (KeyError(), "KeyError"),
    "GD": (None, "returned None"),
    "GE": (structure("GEE"), "sequence"),
    "GF": ((structure("GF"), {}, {}, {}), "a tuple of 4"),
    "GH": ((structure("GH"), {"x": object()}), "metadata"),
    "GI": ((structure("GI"), {"ptm": float("nan")}), "ptm"),
    "GK": ((structure("GK"), {}, {"pae": np.full((2, 2), np.nan)}), "'pae' holds NaN, first at (0, 0)"),
    "GL": ((structure("GL"), {}, {"pae": np.zeros((3, 2))}), "'pae' has the shape (3, 2)"),
    "GM": ({"structure": structure("GM"), "confidense": 1}, "confidense"),
    "GN": ((None, {"ptm": 0.5}), "neither a structure nor an array"),
    "GP": ([], "an empty list"),
    "GQ": ("no such thing", "structure"),
    "GR": (42, "int"),
    "GS": ({"structure": structure("GS"), "sequence": "GSS"}, "'GSS'"),
    "GT": ([structure("GT"), None], "returned None"),  # of two samples one is wrong: none is stored
}


def test_every_wrong_answer_fails_alone_and_leaves_a_row_that_says_why(db: DatabaseManager) -> None:
    fold = Counting({sequence: answer for sequence, (answer, _) in WRONG.items()})
    interface = ModelInterface("esmfold", db, predictor=fold)
    report = interface.predict_many([*WRONG, "MK1", "MKT", 5])  # type: ignore[list-item]
    assert list(report.ids) == ["MKT"]
    reasons = {entry.name: entry.reason for entry in report.failed}
    assert reasons.keys() == {*WRONG, "MK1", "5"}
    for sequence, (_, part) in WRONG.items():
        assert part in reasons[sequence], (sequence, reasons[sequence])
    failures = interface.failures()
    assert failures.keys() == WRONG.keys()
    assert {name: told["reason"] for name, told in failures.items()} == {name: reasons[name] for name in WRONG}
    assert db.count(where="structure exists") == 1
    assert db.count() == 1 + len(WRONG)


def test_a_failure_is_tried_again_and_the_prediction_is_its_next_version(db: DatabaseManager) -> None:
    fold = Counting({"GA": RuntimeError("out of memory")})
    interface = ModelInterface("esmfold", db, predictor=fold)
    with pytest.raises(RuntimeError, match="out of memory") as raised:
        interface.predict("GA")
    assert "model 'esmfold', sequence GA" in raised.value.__notes__
    assert interface.predict_many(["GA"]).failed[0].reason == "RuntimeError: out of memory"
    assert interface.failures()["GA"]["attempts"] == 2
    later = interface.predict_many(["GA"], retry_failed=False)
    assert later.pending[0].reason.startswith("failed before (2 times): RuntimeError")
    assert len(fold.asked) == 2
    fold.bad.clear()
    made = interface.predict("GA")
    assert (made.version, "failure" in made.metadata) == (3, False)
    assert interface.failures() == {}


def test_failures_need_not_be_recorded(db: DatabaseManager) -> None:
    interface = ModelInterface("esmfold", db, predictor=Counting({"GA": RuntimeError("no")}), record_failures=False)
    assert len(interface.predict_many(["GA"]).failed) == 1
    assert db.count() == 0


def test_a_call_that_hangs_is_left_behind_and_the_rest_goes_on(db: DatabaseManager) -> None:
    gate = threading.Event()
    interface = ModelInterface("m", db, predictor=Counting({"GA": gate.wait}), timeout=0.2)
    report = interface.predict_many(["GA", "MKT", "MK"])
    assert list(report.ids) == ["MKT", "MK"]
    assert report.failed[0].reason == "the predictor did not answer within 0.2 s"
    with pytest.raises(TimeoutError, match=r"within 0\.2 s"):
        interface.predict("GA")
    gate.set()  # what comes late is dropped
    assert db.count(where="structure exists") == 2


def test_where_three_hang_nothing_more_is_begun(db: DatabaseManager) -> None:
    gate = threading.Event()
    fold = Counting(dict.fromkeys(("GA", "GC", "GD", "GE", "GF"), gate.wait))
    interface = ModelInterface("m", db, predictor=fold, timeout=0.1)
    report = interface.predict_many(["MKTA", "GA", "GC", "GD", "GE", "GF"])
    assert [entry.name for entry in report.failed] == ["GA", "GC", "GD"]
    assert [entry.name for entry in report.pending] == ["GE", "GF"]
    assert "3 calls of the predictor hang" in report.pending[0].reason
    with pytest.raises(TimeoutError, match="hang"):
        interface.predict("GF")
    gate.set()
    deadline = time.monotonic() + 30
    while any(thread.name == "proteusdb-predict" for thread in threading.enumerate()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    fold.bad.clear()
    assert interface.predict_many(["GE", "GF"]).ok


def test_ctrl_c_keeps_what_was_stored(db: DatabaseManager) -> None:
    fold = Counting({"GA": KeyboardInterrupt()})
    interface = ModelInterface("m", db, predictor=fold)
    with pytest.raises(KeyboardInterrupt) as raised:
        interface.predict_many(["MKTA", "MKT", "GA", "M"])
    assert "2 predictions were stored before this" in raised.value.__notes__
    assert db.count() == 2
    fold.bad.clear()
    assert len(interface.predict_many(["MKTA", "MKT", "GA", "M"]).predicted) == 2


def test_without_a_predictor_only_what_is_stored_can_be_had(db: DatabaseManager) -> None:
    ModelInterface("m", db, predictor=Counting()).predict("MKT")
    reader = ModelInterface("m", db)
    assert reader.predict("MKT").sequence == "MKT"
    with pytest.raises(ValidationError, match="give predictor= or batch_predictor="):
        reader.predict("MK")


def test_a_read_only_database_is_read_and_nothing_is_predicted_for_it(db: DatabaseManager, path: Path) -> None:
    fold = Counting()
    ModelInterface("m", db, predictor=fold).predict("MKT")
    with DatabaseManager(database_path=path, read_only=True) as readonly:
        interface = ModelInterface("m", readonly, predictor=fold)
        assert interface.predict("MKT").sequence == "MKT"
        with pytest.raises(StorageError, match="read_only"):
            interface.predict("MK")
        with pytest.raises(StorageError, match="read_only"):
            ModelInterface("unknown", readonly, predictor=fold).predict("MKT")
    assert fold.asked == ["MKT"]


def test_a_closed_database_is_told(path: Path) -> None:
    with DatabaseManager(database_path=path) as db:
        interface = ModelInterface("m", db, predictor=Counting({"GA": db.close}))
        with pytest.raises(ConnectionError, match="closed") as raised:
            interface.predict_many(["MKT", "GA", "M"])
        assert raised.value.__notes__ == ["1 predictions were stored before this"]
    for call in (lambda: ModelInterface("m", db), lambda: interface.predict("MKT"), interface.failures):
        with pytest.raises(ConnectionError, match="closed"):
            call()


def test_inside_a_transaction_it_is_refused(db: DatabaseManager) -> None:
    fold = Counting()
    interface = ModelInterface("m", db, predictor=fold)
    with pytest.raises(QueryError, match="inside transaction"), db.transaction():
        interface.predict("MKT")
    assert fold.asked == []


def test_another_writer_that_was_faster_is_believed(db: DatabaseManager) -> None:
    slower = ModelInterface("m", db, predictor=Counting({"MKT": lambda: race("MKT")}))
    faster = ModelInterface("m", db, predictor=Counting())

    def race(sequence: str) -> Any:
        faster.predict(sequence)
        return structure(sequence)

    report = slower.predict_many(["MKT"])
    assert (len(report.found), len(report.predicted), db.count()) == (1, 0, 1)
    assert report.ids["MKT"] == report.found[0]


def test_an_id_that_another_record_took_does_not_matter(db: DatabaseManager) -> None:
    interface = ModelInterface("m", db, predictor=Counting())
    made = interface.predict("MKT")
    db.update_prediction(made.prediction_id, {"sequence": "MKTA", "structure": None})
    again = interface.predict("MKT")
    assert again.prediction_id != made.prediction_id
    assert interface.predict("MKT").prediction_id == again.prediction_id
    db.delete_prediction(again.prediction_id)
    assert interface.predict("MKT").sequence == "MKT"


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ({"database_manager": "proteus.db"}, "a DatabaseManager is needed"),
        ({"predictor": "esmfold"}, "a callable or None"),
        ({"batch_predictor": 1}, "a callable or None"),
        ({"timeout": 0}, "timeout 0"),
        ({"timeout": True}, "timeout True"),
        ({"isolation": "gpu"}, "'thread', 'process'"),
        ({"name": 1}, "name"),
    ],
)
def test_wrong_arguments(db: DatabaseManager, arguments: dict[str, Any], part: str) -> None:
    with pytest.raises(ValidationError, match=part):
        ModelInterface(**{"name": "m", "database_manager": db, **arguments})


def test_wrong_arguments_of_predict_many(db: DatabaseManager) -> None:
    interface = ModelInterface("m", db, predictor=Counting())
    for wrong in ({"batch_by": "size"}, {"max_tokens": 0}, {"batch_size": True}, {"progress": 3}):
        with pytest.raises(ValidationError, match=next(iter(wrong))):
            interface.predict_many(["MKT"], **wrong)  # type: ignore[arg-type]
    for sequences in ("MKT", 3):
        with pytest.raises(ValidationError, match="an iterable of str"):
            interface.predict_many(sequences)  # type: ignore[arg-type]
    assert db.count() == 0
    assert isinstance(interface.predict_many([]), PredictReport)
    with pytest.raises(ValidationError, match="position"):
        interface.predict("MK-T")


def test_a_memory_store_serves_as_well() -> None:
    with memory_manager() as db:
        fold = Counting({"GA": RuntimeError("no")})
        interface = ModelInterface("m", db, predictor=fold)
        assert len(interface.predict_many(["MKT", "GA"]).failed) == 1
        fold.bad.clear()
        assert interface.predict_many(["MKT", "GA"]).ok
        assert (fold.asked, interface.failures()) == (["MKT", "GA", "GA"], {})
