"""Predictors of many sequences at a time."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.predictors import Counting, esmfold, structure
from proteusdb import DatabaseManager
from proteusdb.interfaces import ModelInterface
from proteusdb.interfaces.batches import batches


@given(
    st.lists(st.integers(1, 50), max_size=40),
    st.booleans(),
    st.none() | st.integers(1, 200),
    st.none() | st.integers(1, 10),
)
def test_batches_hold_every_sequence_and_no_more_than_they_may(
    lengths: list[int], by_length: bool, tokens: int | None, size: int | None
) -> None:
    sequences = ["M" * length for length in lengths]
    groups = list(batches(sequences, by_length=by_length, max_tokens=tokens, batch_size=size))
    flat = [sequence for group in groups for sequence in group]
    assert flat == (sorted(sequences, key=len, reverse=True) if by_length else sequences)
    for group in groups:
        assert group
        assert size is None or len(group) <= size
        assert tokens is None or len(group) == 1 or max(map(len, group)) * len(group) <= tokens


class Batches:
    """Folds lists, and remembers them; a list with a sequence of `bad` raises."""

    def __init__(self, bad: tuple[str, ...] = ()) -> None:
        self.asked: list[list[str]] = []
        self.bad = bad

    def __call__(self, sequences: list[str]) -> Any:
        self.asked.append(sequences)
        if set(self.bad) & set(sequences):
            raise RuntimeError("out of memory")
        return [structure(sequence) for sequence in sequences]


def test_like_lengths_go_together(db: DatabaseManager) -> None:
    fold = Batches()
    interface = ModelInterface("m", db, batch_predictor=fold)
    report = interface.predict_many(["MK", "MKTAYIAK", "MKT", "AK", "MKTAYIAQ"], max_tokens=9)
    assert fold.asked == [["MKTAYIAK"], ["MKTAYIAQ"], ["MKT", "MK", "AK"]]
    assert report.ok
    assert interface.predict_many(["MK", "AK"]).found == [report.ids["MK"], report.ids["AK"]]
    assert interface.predict("MKV").sequence == "MKV"
    assert fold.asked[-1] == ["MKV"]


def test_a_batch_that_raises_is_tried_one_by_one(db: DatabaseManager) -> None:
    fold = Batches(("GA",))
    report = ModelInterface("m", db, batch_predictor=fold).predict_many(["MK", "GA", "AK"])
    assert fold.asked == [["MK", "GA", "AK"], ["MK"], ["GA"], ["AK"]]
    assert [entry.name for entry in report.failed] == ["GA"]
    assert list(report.ids) == ["MK", "AK"]


def test_the_predictor_of_one_serves_where_a_batch_failed(db: DatabaseManager) -> None:
    alone = Counting()
    report = ModelInterface("m", db, predictor=alone, batch_predictor=Batches(("GA",))).predict_many(["MK", "GA"])
    assert (report.ok, alone.asked) == (True, ["MK", "GA"])


def test_one_of_a_batch_may_fail(db: DatabaseManager) -> None:
    interface = ModelInterface("m", db, batch_predictor=lambda s: [structure(s[0]), ValueError("too long"), None])
    report = interface.predict_many(["MK", "GA", "AK"])
    assert [entry.reason.partition(";")[0][:40] for entry in report.failed] == [
        "ValueError: too long",
        "the predictor returned None",
    ]
    assert list(report.ids) == ["MK"]


@pytest.mark.parametrize("answer", [None, [], {"MK": 1}, "MK"])
def test_answers_that_are_no_list_of_all_fail(db: DatabaseManager, answer: Any) -> None:
    report = ModelInterface("m", db, batch_predictor=lambda s: answer).predict_many(["MK", "AK"])
    assert len(report.failed) == 2
    assert "a list of 1 is needed" in report.failed[0].reason


def test_one_output_with_a_batch_dimension(db: DatabaseManager) -> None:
    report = ModelInterface("esmfold", db, batch_predictor=esmfold).predict_many(["MKTAYIAK", "MKT", "GG:AAA"])
    assert report.ok
    for sequence, key in report.ids.items():
        stored = db.get_prediction(key)
        assert stored.structure == structure(sequence, 70.0)
        assert stored.arrays["pae"].shape == (len(sequence.replace(":", "")),) * 2
    wrong = ModelInterface("other", db, batch_predictor=lambda s: esmfold(["MKT"])).predict_many(["MKT", "MK"])
    assert [entry.name for entry in wrong.failed] == ["MK"]
