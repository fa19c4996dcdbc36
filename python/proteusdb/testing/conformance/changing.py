"""Updates, versions, deletes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from proteusdb import DatabaseManager
from proteusdb.errors import ConflictError, PredictionNotFoundError, ProteusError, ValidationError

from .base import Base, folded

__all__ = ["Changing"]


class Changing(Base):
    """`update_prediction`, `delete_prediction`, `history`, `revert`, `version=` and `as_of=`."""

    def test_an_update_is_a_new_version_and_says_which(self, db: DatabaseManager) -> None:
        db.store_prediction("MKT", None, {"a": 1, "b": 2}, prediction_id="p")
        assert db.update_prediction("p", {"metadata": {"b": 3, "c": 4}}) == 2
        found = db.get_prediction("p")
        assert (found.version, found.metadata) == (2, {"a": 1, "b": 3, "c": 4})

    def test_none_removes_a_metadata_key(self, db: DatabaseManager) -> None:
        db.store_prediction("MKT", None, {"a": 1, "b": {"c": 1, "d": 2}}, prediction_id="p")
        db.update_prediction("p", {"metadata": {"a": None, "absent": None, "b": {"c": 5}}})
        assert db.get_prediction("p").metadata == {"b": {"c": 5}}

    def test_every_field_can_change_and_the_rest_stays(self, db: DatabaseManager) -> None:
        db.store_prediction(**folded(), prediction_id="p", job="one", seed=1, arrays={"x": np.arange(3)})
        changes: dict[str, Any] = {"job": "two", "seed": None, "sample": 4, "rank": 2, "model": "esm2"}
        db.update_prediction("p", changes)
        found = db.get_prediction("p")
        assert {name: getattr(found, name) for name in changes} == changes
        assert found.structure == folded()["structure"]
        np.testing.assert_array_equal(found.arrays["x"], np.arange(3))

    def test_arrays_are_added_replaced_and_removed_by_name(self, db: DatabaseManager) -> None:
        db.store_prediction("MKT", None, prediction_id="p", arrays={"x": np.zeros(2), "y": np.ones(2)})
        db.update_prediction("p", {"arrays": {"x": np.full(3, 7.0), "y": None, "z": np.ones(1)}})
        found = db.get_prediction("p").arrays
        assert {name: array.tolist() for name, array in found.items()} == {"x": [7.0, 7.0, 7.0], "z": [1.0]}

    def test_a_structure_can_come_later(self, db: DatabaseManager) -> None:
        db.store_prediction(folded()["sequence"], None, prediction_id="p")
        db.update_prediction("p", {"structure": folded()["structure"]})
        found = db.get_prediction("p")
        assert found.structure == folded()["structure"]
        assert found.confidence is not None
        assert db.get_prediction("p", version=1).structure is None

    def test_a_structure_that_contradicts_the_sequence_is_refused(self, db: DatabaseManager) -> None:
        db.store_prediction("W" * 12, None, prediction_id="p")
        with pytest.raises(ValidationError, match="contradicts"):
            db.update_prediction("p", {"structure": folded()["structure"]})
        assert db.get_prediction("p").version == 1

    def test_created_at_stays_and_updated_at_moves(self, db: DatabaseManager) -> None:
        db.store_prediction("MKT", None, prediction_id="p")
        first = db.get_prediction("p")
        db.update_prediction("p", {"job": "x"})
        second = db.get_prediction("p")
        assert second.created_at == first.created_at
        assert second.updated_at > first.updated_at

    def test_expected_version_guards_against_a_lost_update(self, db: DatabaseManager) -> None:
        db.store_prediction("MKT", None, prediction_id="p")
        assert db.update_prediction("p", {"seed": 1}, expected_version=1) == 2
        with pytest.raises(ConflictError, match="2"):
            db.update_prediction("p", {"seed": 2}, expected_version=1)
        assert db.get_prediction("p").seed == 1

    @pytest.mark.parametrize(
        "wrong",
        [
            {"sequence": "M-T"},
            {"metadata": {"confidence": 80}},
            {"metadata": {"x": float("inf")}},
            {"job": ""},
            {"colour": "red"},
            {"seed": "one"},
        ],
    )
    def test_a_wrong_update_is_named_and_changes_nothing(self, db: DatabaseManager, wrong: dict[str, Any]) -> None:
        db.store_prediction("MKT", None, prediction_id="p")
        with pytest.raises(ValidationError, match=str(next(iter(wrong)))):
            db.update_prediction("p", wrong)
        assert db.get_prediction("p").version == 1

    def test_an_absent_prediction_can_be_neither_updated_nor_deleted(self, db: DatabaseManager) -> None:
        with pytest.raises(PredictionNotFoundError, match="nothing"):
            db.update_prediction("nothing", {"seed": 1})
        with pytest.raises(PredictionNotFoundError, match="nothing"):
            db.delete_prediction("nothing")

    def test_earlier_versions_can_be_read(self, db: DatabaseManager) -> None:
        db.store_prediction("MKT", None, {"n": 1}, prediction_id="p")
        moments = [db.get_prediction("p").updated_at]
        for number in (2, 3):
            db.update_prediction("p", {"metadata": {"n": number}})
            moments.append(db.get_prediction("p").updated_at)
        assert [db.get_prediction("p", version=n).metadata["n"] for n in (1, 2, 3)] == [1, 2, 3]
        assert [db.get_prediction("p", as_of=moment).metadata["n"] for moment in moments] == [1, 2, 3]
        with pytest.raises(PredictionNotFoundError):
            db.get_prediction("p", version=4)

    def test_queries_see_the_past_with_as_of(self, db: DatabaseManager) -> None:
        db.store_prediction("MKT", None, {"n": 1}, prediction_id="p")
        before = db.get_prediction("p").updated_at
        db.update_prediction("p", {"metadata": {"n": 2}})
        db.store_prediction("MKT", None, {"n": 1}, prediction_id="q")
        assert db.query_ids(metadata={"n": 1}) == ["q"]
        assert db.query_ids(metadata={"n": 1}, as_of=before) == ["p"]
        assert db.count(as_of=before) == 1

    def test_history_lists_every_version_with_its_time(self, db: DatabaseManager) -> None:
        db.store_prediction("MKT", None, prediction_id="p")
        db.update_prediction("p", {"seed": 1})
        history = db.history("p")
        assert [entry.version for entry in history] == [1, 2]
        assert history[0].updated_at < history[1].updated_at

    def test_a_revert_is_a_new_version_with_the_old_content(self, db: DatabaseManager) -> None:
        db.store_prediction("MKT", None, {"n": 1, "gone": True}, prediction_id="p", arrays={"x": np.arange(2)})
        db.update_prediction("p", {"metadata": {"n": 2, "gone": None, "new": 1}, "arrays": {"x": None}, "seed": 3})
        db.revert("p", 1)
        found = db.get_prediction("p")
        assert (found.version, found.metadata, found.seed) == (3, {"n": 1, "gone": True}, None)
        np.testing.assert_array_equal(found.arrays["x"], np.arange(2))

    def test_a_deleted_prediction_is_gone_and_its_past_is_not(self, db: DatabaseManager) -> None:
        db.store_prediction("MKT", None, prediction_id="p")
        before = db.get_prediction("p").updated_at
        db.delete_prediction("p")
        with pytest.raises(PredictionNotFoundError):
            db.get_prediction("p")
        assert (db.count(), db.query_ids(), list(db.iter_predictions())) == (0, [], [])
        assert db.get_prediction("p", version=1).sequence == "MKT"
        assert db.get_prediction("p", as_of=before).sequence == "MKT"
        assert db.query_ids(as_of=before) == ["p"]

    def test_storing_a_deleted_id_again_makes_its_next_version(self, db: DatabaseManager) -> None:
        db.store_prediction("MKT", None, prediction_id="p")
        db.delete_prediction("p")
        db.store_prediction("ACD", None, prediction_id="p")
        found = db.get_prediction("p")
        assert (found.sequence, found.version) == ("ACD", 3)

    def test_purge_removes_every_version(self, db: DatabaseManager) -> None:
        db.store_prediction(**folded(), prediction_id="p")
        db.update_prediction("p", {"seed": 1})
        db.delete_prediction("p", purge=True)
        with pytest.raises(PredictionNotFoundError):
            db.get_prediction("p", version=1)
        db.store_prediction("MKT", None, prediction_id="p")
        assert db.get_prediction("p").version == 1

    def test_analyses_hold_a_prediction_unless_cascade(self, db: DatabaseManager) -> None:
        db.store_prediction("MKT", None, prediction_id="p")
        db.store_analysis("p", {"rmsd": 1.0})
        with pytest.raises(ProteusError, match="cascade"):
            db.delete_prediction("p")
        assert db.get_prediction("p").sequence == "MKT"
        db.delete_prediction("p", cascade=True)
        assert (db.count(), list(db.list_analyses())) == (0, [])
