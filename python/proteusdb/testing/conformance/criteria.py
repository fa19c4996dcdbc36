"""What the other criteria mean, one by one and together."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from proteusdb import DatabaseManager
from proteusdb.errors import QueryError

from .base import Base

__all__ = ["Criteria"]

_DAY = "2024-01-02"


def _at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


class Criteria(Base):
    """`confidence_threshold`, names, dates, numbers, metadata, and how they combine."""

    def test_a_threshold_is_inclusive_and_none_matches_none(self, db: DatabaseManager) -> None:
        for key, confidence in {"low": 0.2, "edge": 0.8, "high": 0.9, "none": None}.items():
            db.store_prediction("MKT", None, {"confidence": confidence}, prediction_id=key)
        assert db.query_ids(confidence_threshold=0.8) == ["edge", "high"]
        assert db.query_ids(confidence_threshold=0) == ["edge", "high", "low"]
        assert db.count(confidence_threshold=1) == 0

    def test_models_are_found_by_name_and_version(self, db: DatabaseManager) -> None:
        one, two = db.store_model("esm2", "1.0"), db.store_model("esm2", "2.0")
        for key, model in {"a": one, "b": two, "c": "boltz2", "d": None}.items():
            db.store_prediction("MKT", None, model=model, prediction_id=key)
        assert db.query_ids(model_name="esm2") == ["a", "b"]
        assert db.query_ids(model_name="esm2", model_version="2.0") == ["b"]
        assert db.query_ids(model_version="1.0") == ["a"]
        assert db.query_ids(model_name="esm") == []

    @pytest.mark.parametrize(
        ("given", "expected"),
        [
            ((_DAY, _DAY), ["first", "last", "noon"]),
            ((dt.date(2024, 1, 2), dt.date(2024, 1, 2)), ["first", "last", "noon"]),
            ((_DAY, None), ["after", "first", "last", "noon"]),
            ((None, _DAY), ["before", "first", "last", "noon"]),
            ((None, None), ["after", "before", "first", "last", "noon"]),
            (("2024-01-02T12:00:00", "2024-01-02T12:00:00"), ["noon"]),
            (("2024-01-02T14:00:00+02:00", "2024-01-02T23:59:59.999998"), ["noon"]),
            ((dt.datetime(2024, 1, 2, 12), dt.datetime(2024, 1, 3, tzinfo=dt.UTC)), ["after", "last", "noon"]),
            (("2024-01-01", "2024-01-01"), ["before"]),
        ],
    )
    def test_dates_are_whole_utc_days_and_both_ends_count(
        self, db: DatabaseManager, given: tuple[Any, Any], expected: list[str]
    ) -> None:
        moments = {
            "before": "2024-01-01T23:59:59.999999", "first": "2024-01-02T00:00:00", "noon": "2024-01-02T12:00:00",
            "last": "2024-01-02T23:59:59.999999", "after": "2024-01-03T00:00:00",
        }  # fmt: skip
        for key, moment in moments.items():
            db.store_prediction("MKT", None, prediction_id=key, created_at=_at(moment))
        assert db.query_ids(date_range=given) == expected

    def test_times_before_1970_are_in_order(self, db: DatabaseManager) -> None:
        for key, year in {"old": 1953, "new": 2024, "epoch": 1970}.items():
            db.store_prediction("MKT", None, prediction_id=key, created_at=dt.datetime(year, 1, 1, tzinfo=dt.UTC))
        assert db.query_ids(date_range=("1950-01-01", "1969-12-31")) == ["old"]
        assert db.query_ids(order_by="created_at") == ["old", "epoch", "new"]

    def test_job_seed_and_sample_are_equalities(self, db: DatabaseManager) -> None:
        for seed in (-1, 0, 1):
            for sample in (0, 1):
                db.store_prediction("MKT", None, job=f"j{abs(seed)}", seed=seed, sample=sample)
        assert db.count(job="j1") == 4
        assert db.count(job="j1", seed=-1) == 2
        assert db.count(seed=0, sample=0) == 1
        assert db.count(job="J1") == 0

    def test_a_length_range_is_inclusive_and_counts_residues_only(self, db: DatabaseManager) -> None:
        for sequence in ("MK", "MKT", "MK:TG", "MKTGA"):
            db.store_prediction(sequence, None, prediction_id=sequence)
        assert db.query_ids(length_range=(3, 4)) == ["MK:TG", "MKT"]
        assert db.query_ids(length_range=(5, None)) == ["MKTGA"]
        assert db.query_ids(length_range=(None, 2)) == ["MK"]

    @pytest.mark.parametrize(
        ("wanted", "expected"),
        [
            ({"n": 1}, ["float", "int"]),
            ({"n": 1.0}, ["float", "int"]),
            ({"n": True}, ["bool"]),
            ({"n": "1"}, ["text"]),
            ({"n": None}, ["none"]),
            ({"n": (0, 1)}, ["float", "int"]),
            ({"n": (0.5, None)}, ["big", "float", "int"]),
            ({"n": 2**53 + 1}, ["big"]),
            ({"n": float(2**53)}, []),
            ({"deep.er.value": 7}, ["deep"]),
            ({"deep.er": {"value": 7.0}}, ["deep"]),
            ({"deep.er.value": (7, 7)}, ["deep"]),
            ({"deep.er.value.more": 7}, []),
            ({"list": [1, "a"]}, ["list"]),
            ({"list": ["a", 1]}, []),
            ({"a.b": 5}, ["dotted"]),
            ({"name": ("A", "Az")}, ["named"]),
            ({"n": 1, "m": 2}, ["int"]),
            ({}, None),
        ],
    )
    def test_metadata_equality_ranges_and_paths(
        self, db: DatabaseManager, wanted: dict[str, Any], expected: list[str] | None
    ) -> None:
        trees: dict[str, dict[str, Any]] = {
            "int": {"n": 1, "m": 2}, "float": {"n": 1.0}, "bool": {"n": True}, "text": {"n": "1"}, "none": {"n": None},
            "missing": {}, "big": {"n": 2**53 + 1}, "deep": {"deep": {"er": {"value": 7}}}, "list": {"list": [1, "a"]},
            "dotted": {"a.b": 5}, "named": {"name": "Anna"},
        }  # fmt: skip
        for key, tree in trees.items():
            db.store_prediction("MKT", None, tree, prediction_id=key)
        assert db.query_ids(metadata=wanted) == (sorted(trees) if expected is None else expected)

    def test_all_criteria_must_hold(self, db: DatabaseManager) -> None:
        for number in range(12):
            metadata = {"confidence": number / 11, "organism": "E. coli" if number % 2 else "yeast"}
            db.store_prediction("M" * (number + 1), None, metadata, prediction_id=f"{number:02d}", seed=number % 3)
        found = db.query_ids(
            sequence_pattern="MMM*", confidence_threshold=0.4, metadata={"organism": "E. coli"}, length_range=(None, 11)
        )
        assert found == ["05", "07", "09"]
        assert db.query_ids(metadata={"organism": "E. coli"}, seed=0) == ["03", "09"]

    def test_criteria_may_come_as_a_dict_but_not_both_ways(self, db: DatabaseManager) -> None:
        db.store_prediction("MKT", None, prediction_id="a", seed=1)
        assert db.query_ids({"seed": 1, "length_range": (1, 5)}) == ["a"]
        assert db.query_ids({"seed": 1}, job=None) == ["a"]
        with pytest.raises(QueryError, match="seed"):
            db.query_predictions({"seed": 1}, seed=1)

    @pytest.mark.parametrize(
        ("wrong", "message"),
        [
            ({"confidence_threshold": 80}, "0.8"),
            ({"confidence_threshold": float("nan")}, "confidence_threshold"),
            ({"confidence_threshold": "high"}, "confidence_threshold"),
            ({"limit": -1}, "limit"),
            ({"offset": -1}, "offset"),
            ({"limit": 1.5}, "limit"),
            ({"date_range": ("2024-02-01", "2024-01-01")}, "date_range"),
            ({"date_range": ("tomorrow", None)}, "tomorrow"),
            ({"date_range": "2024-01-01"}, "date_range"),
            ({"length_range": (5, 3)}, "length_range"),
            ({"length_range": 5}, "length_range"),
            ({"seed": "one"}, "seed"),
            ({"model_name": 7}, "model_name"),
            ({"metadata": 7}, "metadata"),
            ({"metadata": {"n": (2, 1)}}, "n"),
            ({"order_by": "colour"}, "colour"),
            ({"order_by": 7}, "order_by"),
            ({"lenght_range": (1, 2)}, "length_range"),
        ],
    )
    def test_a_wrong_criterion_is_named(self, db: DatabaseManager, wrong: dict[str, Any], message: str) -> None:
        db.store_prediction("MKT", None)
        asks: list[Callable[[dict[str, Any]], Any]] = [db.query_predictions, db.count, db.query_ids, db.explain]
        for ask in asks:
            with pytest.raises(QueryError, match=message):
                ask(dict(wrong))

    def test_explain_counts_what_it_found(self, db: DatabaseManager) -> None:
        for number in range(5):
            db.store_prediction("MKT", None, seed=number)
        assert db.explain(seed=3)["matched"] == 1
