"""Order, ties, pages, and the best of a group."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from proteusdb import DatabaseManager
from proteusdb.errors import QueryError

from .base import Base

__all__ = ["Ordering"]


class Ordering(Base):
    """`order_by`, `limit`, `offset`, `best`."""

    def test_without_an_order_ids_ascend(self, db: DatabaseManager) -> None:
        for key in ("b", "a", "C", "ä"):
            db.store_prediction("MKT", None, prediction_id=key)
        assert db.query_ids() == ["C", "a", "b", "ä"]

    def test_ties_break_by_id_in_both_directions(self, db: DatabaseManager) -> None:
        for key in ("d", "b", "c", "a"):
            db.store_prediction("MKT", None, {"confidence": 0.5 if key != "b" else 0.7}, prediction_id=key)
        assert db.query_ids(order_by="confidence") == ["a", "c", "d", "b"]
        assert db.query_ids(order_by="-confidence") == ["b", "a", "c", "d"]

    @pytest.mark.parametrize("field", ["confidence", "ranking_score", "model", "job", "seed", "rank", "metadata.n"])
    def test_none_sorts_last_in_both_directions(self, db: DatabaseManager, field: str) -> None:
        values: dict[str, Any] = {
            "confidence": 0.5, "ranking_score": -3.0, "model": "m", "job": "j", "seed": -1, "rank": 2, "metadata.n": 1,
        }  # fmt: skip
        value = values[field]
        inside = field.removeprefix("metadata.")
        in_metadata = field in ("confidence", "ranking_score", "metadata.n")
        db.store_prediction("MKT", None, {inside: None} if in_metadata else None, prediction_id="a")
        given: dict[str, Any] = {"metadata": {inside: value}} if in_metadata else {field: value}
        db.store_prediction("MKT", None, **given, prediction_id="b")
        db.store_prediction("MKT", None, prediction_id="c")
        assert db.query_ids(order_by=field) == ["b", "a", "c"]
        assert db.query_ids(order_by=f"-{field}") == ["b", "a", "c"]

    def test_several_keys_sort_by_the_first_first(self, db: DatabaseManager) -> None:
        for key, (length, seed) in {"a": (2, 1), "b": (1, 1), "c": (2, 2), "d": (1, 2)}.items():
            db.store_prediction("M" * length, None, seed=seed, prediction_id=key)
        assert db.query_ids(order_by=["length", "-seed"]) == ["d", "b", "c", "a"]
        assert db.query_ids(order_by=["-seed", "length"]) == ["d", "c", "b", "a"]

    @pytest.mark.parametrize(
        "field", ["created_at", "updated_at", "length", "sequence", "version", "sample", "prediction_id"]
    )
    def test_every_field_can_be_sorted_by(self, db: DatabaseManager, field: str) -> None:
        for number, key in enumerate("abc"):
            moment = dt.datetime(2024, 1, number + 1, tzinfo=dt.UTC)
            db.store_prediction("M" * (number + 1), None, sample=number, created_at=moment, prediction_id=key)
        for _ in range(2):
            db.update_prediction("c", {"seed": 1})
        db.update_prediction("b", {"seed": 1}) if field == "version" else None
        assert db.query_ids(order_by=field) == ["a", "b", "c"]
        assert db.query_ids(order_by="-" + field) == ["c", "b", "a"]

    def test_numbers_of_both_types_sort_by_value(self, db: DatabaseManager) -> None:
        for key, number in {"a": 2, "b": 1.5, "c": -1, "d": 2.5, "e": 10}.items():
            db.store_prediction("MKT", None, {"n": number}, prediction_id=key)
        assert db.query_ids(order_by="metadata.n") == ["c", "b", "a", "d", "e"]

    @pytest.mark.parametrize("order", [None, "-confidence", "length", ["-seed", "confidence"]])
    def test_pages_cover_everything_once(self, db: DatabaseManager, order: Any) -> None:
        for number in range(17):
            db.store_prediction("M" * (number % 4 + 1), None, {"confidence": (number % 5) / 4}, seed=number % 2)
        whole = db.query_ids(order_by=order)
        pages = [db.query_ids(order_by=order, limit=5, offset=start) for start in range(0, 20, 5)]
        assert [key for page in pages for key in page] == whole
        assert db.query_ids(order_by=order, limit=0) == []
        assert db.query_ids(order_by=order, offset=99) == []

    def test_the_best_of_each_job(self, db: DatabaseManager) -> None:
        rows = {
            "a": ("x", 0.5),
            "b": ("x", 0.9),
            "c": ("y", -3.0),
            "d": ("y", None),
            "e": (None, 1.0),
            "f": ("z", None),
        }
        for key, (job, score) in rows.items():
            db.store_prediction("MKT", None, {"ranking_score": score}, job=job, prediction_id=key)
        assert sorted(p.prediction_id for p in db.best(by="ranking_score", per="job")) == ["b", "c"]
        assert [p.prediction_id for p in db.best(by="ranking_score", per="job", job="x")] == ["b"]

    def test_the_best_of_each_sequence_by_confidence_or_metadata(self, db: DatabaseManager) -> None:
        for key, sequence, confidence, ptm in (("a", "MK", 0.5, 9), ("b", "MK", 0.6, 1), ("c", "AC", 0.1, 1)):
            db.store_prediction(sequence, None, {"confidence": confidence, "s": {"ptm": ptm}}, prediction_id=key)
        by_confidence = db.best(by="confidence", per="sequence")
        assert sorted(p.prediction_id for p in by_confidence) == ["b", "c"]
        by_path = db.best(by="metadata.s.ptm", per="sequence")
        assert sorted(p.prediction_id for p in by_path) == ["a", "c"]

    def test_a_tie_for_the_best_goes_to_the_first_id(self, db: DatabaseManager) -> None:
        for key in "cab":
            db.store_prediction("MK", None, {"confidence": 0.5}, prediction_id=key)
        assert [p.prediction_id for p in db.best(by="confidence", per="sequence")] == ["a"]

    def test_a_page_of_the_best_is_of_what_was_chosen(self, db: DatabaseManager) -> None:
        for number in range(6):
            db.store_prediction(
                "MKT", None, {"confidence": number / 10}, prediction_id=str(number), job=f"job {number % 3}"
            )
        page = db.best("confidence", "job", order_by="-confidence", limit=1, offset=1)
        assert (page.ids, page.total) == (["4"], 3)
        assert db.best("confidence", "job", where="confidence < 0.3").ids == ["0", "1", "2"]

    @pytest.mark.parametrize(
        ("by", "per", "message"),
        [
            ("ranking_scor", "job", 'did you mean "ranking_score"'),
            ("confidence", "chain", "allowed are job, sequence"),
            ("confidence", "jobs", 'did you mean "job"'),
            ("metadata.", "job", "a path into the metadata"),
        ],
    )
    def test_what_best_cannot_be_asked_is_told(self, db: DatabaseManager, by: str, per: str, message: str) -> None:
        with pytest.raises(QueryError, match=message):
            db.best(by=by, per=per)
