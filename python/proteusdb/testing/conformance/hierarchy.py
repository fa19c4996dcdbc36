"""Models above predictions, analyses below them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from proteusdb import DatabaseManager
from proteusdb.errors import ProteusError, ValidationError

from .base import Base

__all__ = ["Hierarchy"]


class Hierarchy(Base):
    """`store_model` and its kin, `store_analysis` and its kin."""

    def test_the_same_model_has_the_same_id(self, db: DatabaseManager) -> None:
        one = db.store_model("esm2", "1.0", {"recycles": 3, "layers": [1, 2]})
        assert db.store_model("esm2", "1.0", {"layers": [1, 2], "recycles": 3}) == one
        others = {db.store_model("esm2"), db.store_model("esm2", "1.0"), db.store_model("esm2", "1.0", {"recycles": 4})}
        assert len(others | {one}) == 4

    def test_a_model_record_comes_back(self, db: DatabaseManager) -> None:
        key = db.store_model("esm2", "1.0", {"recycles": 3})
        model = db.get_model(key)
        assert {name: model[name] for name in ("model_id", "name", "version", "configuration")} == {
            "model_id": key, "name": "esm2", "version": "1.0", "configuration": {"recycles": 3},
        }  # fmt: skip
        assert model["created_at"].utcoffset() is not None
        assert [found["model_id"] for found in db.list_models()] == [key]

    def test_a_model_may_be_given_by_name_or_id(self, db: DatabaseManager) -> None:
        key = db.store_model("esm2", "1.0")
        for model in (key, "esm2"):
            found = db.get_prediction(db.store_prediction("MKT", None, model=model))
            assert (found.model_id, found.model, found.model_version) == (key, "esm2", "1.0")
        db.store_prediction("MKT", None, model="never seen")
        assert sorted(model["name"] for model in db.list_models()) == ["esm2", "never seen"]

    def test_a_name_of_several_models_is_the_plain_one_or_refused(self, db: DatabaseManager) -> None:
        one, two = db.store_model("esm2", "1.0"), db.store_model("esm2", "2.0")
        with pytest.raises(ValidationError, match=one) as caught:
            db.store_prediction("MKT", None, model="esm2")
        assert two in str(caught.value)
        plain = db.store_model("esm2")
        assert db.get_prediction(db.store_prediction("MKT", None, model="esm2")).model_id == plain

    def test_predictions_follow_a_renamed_model(self, db: DatabaseManager) -> None:
        key = db.store_model("esm", configuration={"a": 1, "b": 2})
        stored = db.store_prediction("MKT", None, model=key)
        db.update_model(key, {"name": "esm2", "version": "3", "configuration": {"a": None, "c": 3}})
        found = db.get_prediction(stored)
        assert (found.model, found.model_version) == ("esm2", "3")
        assert db.get_model(key)["configuration"] == {"b": 2, "c": 3}
        assert db.query_ids(model_name="esm2") == [stored]
        assert db.query_ids(model_name="esm") == []

    def test_a_model_in_use_cannot_be_deleted(self, db: DatabaseManager) -> None:
        key = db.store_model("esm2")
        stored = db.store_prediction("MKT", None, model=key)
        with pytest.raises(ProteusError):
            db.delete_model(key)
        db.delete_prediction(stored)
        db.delete_model(key)
        assert list(db.list_models()) == []

    def test_an_absent_model_is_named(self, db: DatabaseManager) -> None:
        calls: list[Any] = [
            lambda: db.get_model("nothing"),
            lambda: db.delete_model("nothing"),
            lambda: db.update_model("nothing", {"name": "x"}),
        ]
        for call in calls:
            with pytest.raises(ProteusError, match="nothing"):
                call()

    def test_an_analysis_comes_back_with_its_arrays(self, db: DatabaseManager) -> None:
        stored = db.store_prediction("MKT", None)
        matrix = np.arange(6, dtype=np.float32).reshape(2, 3)
        key = db.store_analysis(stored, {"rmsd": 1.5, "per": {"residue": matrix}}, {"method": "kabsch"})
        found = db.get_analysis(key)
        assert (found["analysis_id"], found["prediction_id"]) == (key, stored)
        assert (found["results"]["rmsd"], found["parameters"]) == (1.5, {"method": "kabsch"})
        assert found["results"]["per"]["residue"].dtype == np.float32
        np.testing.assert_array_equal(found["results"]["per"]["residue"], matrix)

    def test_analyses_are_listed_by_prediction(self, db: DatabaseManager) -> None:
        a, b = db.store_prediction("MKT", None), db.store_prediction("ACD", None)
        first, second, third = db.store_analysis(a, {}), db.store_analysis(b, {}), db.store_analysis(a, {})
        assert _ids(db.list_analyses(a)) == {first, third}
        assert _ids(db.list_analyses()) == {first, second, third}
        db.delete_analysis(first)
        assert _ids(db.list_analyses(a)) == {third}

    def test_an_analysis_needs_its_prediction(self, db: DatabaseManager) -> None:
        with pytest.raises(ValidationError, match="nothing"):
            db.store_analysis("nothing", {"rmsd": 1.0})
        stored = db.store_prediction("MKT", None)
        db.delete_prediction(stored)
        with pytest.raises(ValidationError):
            db.store_analysis(stored, {"rmsd": 1.0})

    def test_an_absent_analysis_is_named(self, db: DatabaseManager) -> None:
        for call in (db.get_analysis, db.delete_analysis):
            with pytest.raises(ProteusError, match="nothing"):
                call("nothing")


def _ids(listed: Any) -> set[str]:
    """Ids, whether a list holds records or the ids themselves."""
    return {item if isinstance(item, str) else item["analysis_id"] for item in listed}
