"""A predictor in a process of its own: what hangs or crashes is killed, and the next one begins anew."""

import pytest

from interfaces.predictors import by_name
from proteusdb import DatabaseManager
from proteusdb.errors import ValidationError
from proteusdb.interfaces import ModelInterface


def test_a_process_that_hangs_or_crashes_takes_nothing_with_it(db: DatabaseManager) -> None:
    with ModelInterface("m", db, predictor=by_name, isolation="process", timeout=3) as interface:
        report = interface.predict_many(["MKT", "HHH", "CCC", "VVV", "MK"], batch_by=None)
    assert list(report.ids) == ["MKT", "MK"]
    assert [entry.reason for entry in report.failed] == [
        "the predictor did not answer within 3 s",
        "RuntimeError: the predictor's process ended with 7",
        "RuntimeError: Unportable: VVV",
    ]


def test_a_predictor_that_cannot_be_pickled_is_told(db: DatabaseManager) -> None:
    with (
        ModelInterface("m", db, predictor=lambda s: None, isolation="process") as interface,
        pytest.raises(ValidationError, match="can be pickled"),
    ):
        interface.predict_many(["MKT", "MK"])
    assert db.count() == 0
