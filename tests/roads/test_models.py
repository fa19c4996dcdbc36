"""Models and analyses."""

from datetime import UTC

import numpy as np
import pytest

from proteusdb import DatabaseManager
from proteusdb.errors import QueryError, ValidationError


def test_the_same_model_is_registered_once(db: DatabaseManager) -> None:
    first = db.store_model("esmfold", "1", {"chunk": 64})
    assert db.store_model("esmfold", "1", {"chunk": 64}) == first
    assert db.store_model("esmfold", "2", {"chunk": 64}) != first
    record = db.get_model(first)
    assert (record["name"], record["version"], record["configuration"]) == ("esmfold", "1", {"chunk": 64})
    assert record["created_at"].tzinfo is UTC
    assert len(db.list_models()) == 2


def test_predictions_follow_a_renamed_model(db: DatabaseManager) -> None:
    model = db.store_model("esmfold")
    prediction = db.store_prediction("MKV", None, model=model)
    assert db.get_prediction(prediction).model == "esmfold"
    db.update_model(model, {"name": "ESMFold", "version": "1", "configuration": {"a": 1}})
    assert (db.get_prediction(prediction).model, db.get_prediction(prediction).model_version) == ("ESMFold", "1")


def test_a_model_in_use_is_not_deleted(db: DatabaseManager) -> None:
    model = db.store_model("esmfold")
    prediction = db.store_prediction("MKV", None, model="esmfold")
    with pytest.raises(ValidationError):
        db.delete_model(model)
    db.delete_prediction(prediction)
    db.delete_model(model)
    with pytest.raises(QueryError):
        db.get_model(model)


def test_an_analysis_keeps_arrays_and_belongs_to_a_prediction(db: DatabaseManager) -> None:
    prediction = db.store_prediction("MKV", None)
    results = {"sasa": np.array([1.5, 2.5]), "note": "x", "nested": {"contacts": np.eye(2, dtype=np.int8)}}
    analysis = db.store_analysis(prediction, results, {"probe": 1.4})
    got = db.get_analysis(analysis)
    assert np.array_equal(got["results"]["sasa"], results["sasa"])
    assert got["results"]["nested"]["contacts"].dtype == np.int8
    assert (got["prediction_id"], got["parameters"]) == (prediction, {"probe": 1.4})
    assert db.list_analyses(prediction) == db.list_analyses() == [analysis]
    with pytest.raises(ValidationError):
        db.delete_prediction(prediction)
    with pytest.raises(ValidationError):
        db.store_analysis("nothing", {})
    db.delete_analysis(analysis)
    with pytest.raises(QueryError):
        db.get_analysis(analysis)
    db.delete_prediction(prediction)


def test_wrong_arguments_say_what_is_needed(db: DatabaseManager) -> None:
    model = db.store_model("esmfold")
    for wrong in ({}, {"nam": "x"}, {"name": 3}, None):
        with pytest.raises(ValidationError):
            db.update_model(model, wrong)  # type: ignore[arg-type]
    with pytest.raises(ValidationError, match="name"):
        db.store_model(3)  # type: ignore[arg-type]
    with pytest.raises(ValidationError, match="configuration"):
        db.store_model("m", configuration=[1])  # type: ignore[arg-type]
