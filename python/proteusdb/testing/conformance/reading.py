"""Reading by id, in order, in chunks, and the past."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from proteusdb import DatabaseManager
from proteusdb.errors import PredictionNotFoundError

from .base import Base, folded

__all__ = ["Reading"]

#: In byte order of UTF-8.
_IDS = ["A", "B", "a", "aa", "ä", "中", "\U0001f9ec"]


class Reading(Base):
    """`get_prediction`, `get_predictions`, `iter_predictions`, `Prediction`, `QueryResult`."""

    def test_an_absent_id_is_a_lookup_error_of_every_kind(self, db: DatabaseManager) -> None:
        with pytest.raises(PredictionNotFoundError, match="nothing") as caught:
            db.get_prediction("nothing")
        assert isinstance(caught.value, KeyError)
        assert isinstance(caught.value, ValueError)
        assert not str(caught.value).startswith("'")

    def test_several_come_in_the_order_asked(self, db: DatabaseManager) -> None:
        for key in _IDS:
            db.store_prediction("MKT", None, prediction_id=key)
        asked = ["ä", "A", "ä", "a"]
        assert [found.prediction_id for found in db.get_predictions(asked)] == asked
        with pytest.raises(PredictionNotFoundError, match="nowhere"):
            db.get_predictions(["A", "nowhere"])

    def test_iteration_is_in_byte_order_of_ids(self, db: DatabaseManager) -> None:
        for key in reversed(_IDS):
            db.store_prediction("MKT", None, prediction_id=key)
        assert [found.prediction_id for found in db.iter_predictions()] == _IDS
        assert db.query_ids() == _IDS

    def test_iteration_follows_given_ids_and_criteria(self, db: DatabaseManager) -> None:
        for number, key in enumerate(_IDS):
            db.store_prediction("M" * (number + 1), None, prediction_id=key)
        assert [p.prediction_id for p in db.iter_predictions(["B", "A"])] == ["B", "A"]
        assert [p.prediction_id for p in db.iter_predictions(length_range=(2, 3))] == ["B", "a"]

    def test_iteration_may_leave_structures_alone(self, db: DatabaseManager) -> None:
        db.store_prediction(**folded(), metadata={"n": 1}, prediction_id="a")
        (found,) = db.iter_predictions(fields=("sequence", "metadata"))
        assert (found.sequence, found.metadata) == (folded()["sequence"], {"n": 1})

    def test_writing_during_iteration_disturbs_nothing(self, db: DatabaseManager) -> None:
        for number in range(20):
            db.store_prediction("MKT", None, prediction_id=f"{number:02d}")
        seen = []
        for found in db.iter_predictions():
            seen.append(found.prediction_id)
            if found.prediction_id < "20":
                db.store_prediction("ACD", None, prediction_id="z" + found.prediction_id)
        assert seen[:20] == [f"{number:02d}" for number in range(20)]
        assert db.count() == 40

    def test_to_dict_holds_every_attribute(self, db: DatabaseManager) -> None:
        key = db.store_prediction("MKT", None, {"n": 1}, job="run")
        found = db.get_prediction(key).to_dict()
        expected: dict[str, Any] = {"prediction_id": key, "sequence": "MKT", "metadata": {"n": 1}, "job": "run"}
        assert {name: found[name] for name in expected} == expected

    def test_metadata_of_a_prediction_belong_to_the_caller(self, db: DatabaseManager) -> None:
        key = db.store_prediction("MKT", None, {"tags": ["x"]})
        db.get_prediction(key).metadata["tags"].append("y")
        assert db.get_prediction(key).metadata == {"tags": ["x"]}

    def test_a_result_is_a_sequence_of_predictions(self, db: DatabaseManager) -> None:
        for number in range(7):
            db.store_prediction("M" * (number + 1), None, prediction_id=f"p{number}")
        result = db.query_predictions(order_by="-length")
        assert len(result) == 7
        assert result.ids == [f"p{number}" for number in reversed(range(7))]
        assert (result[0].length if hasattr(result[0], "length") else len(result[0].sequence)) == 7
        assert result[-1].prediction_id == "p0"
        assert [p.prediction_id for p in result[1:3]] == ["p5", "p4"]
        with pytest.raises(IndexError):
            result[7]

    def test_a_result_keeps_the_versions_it_found(self, db: DatabaseManager) -> None:
        db.store_prediction("MKT", None, {"n": 1}, prediction_id="a")
        result = db.query_predictions()
        db.update_prediction("a", {"metadata": {"n": 2}})
        assert result[0].metadata == {"n": 1}

    def test_total_counts_without_the_limit(self, db: DatabaseManager) -> None:
        for _ in range(5):
            db.store_prediction("MKT", None)
        result = db.query_predictions(limit=2, offset=1)
        assert (len(result), result.total) == (2, 5)

    def test_reprs_are_short_and_say_what_they_are(self, db: DatabaseManager) -> None:
        db.store_prediction(**folded(40, 3, 2), prediction_id="a")
        assert len(repr(db.get_prediction("a"))) < 300
        assert "a" in repr(db.get_prediction("a"))
        assert len(repr(db.query_predictions())) < 2_000

    def test_a_data_set_and_arrays_of_the_caller_hold_what_is_stored(self, db: DatabaseManager) -> None:
        for number, length in enumerate((12, 9, 15)):
            db.store_prediction(**folded(length), prediction_id=f"p{number}")
        db.store_prediction("MKT", None, prediction_id="none")
        data = db.dataset(where="length < 14")
        assert data.ids == ["p0", "p1"]
        [batch] = data.batches(4, threads=1)
        mask = np.zeros((3, 15, 37), np.bool_)
        assert db.get_many_into(["p1", "none", "p0"], out={"mask": mask}).tolist() == [9, 0, 12]
        for row, name in enumerate(batch["id"]):
            coords, present = folded(int(batch["length"][row]))["structure"].atom37()
            assert np.array_equal(batch["coords"][row, : len(coords)], coords)
            assert np.array_equal(mask[2 - 2 * row, : len(coords)], present), name
