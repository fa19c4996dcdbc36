"""Asking by criteria, and what the answer can do."""

import io
import json
import sys
from datetime import date
from typing import Any

import pytest

from proteusdb import DatabaseManager
from proteusdb.errors import PredictionNotFoundError, QueryError, ValidationError
from roads.made import pdb


@pytest.fixture
def filled(db: DatabaseManager) -> DatabaseManager:
    for number in range(30):
        db.store_prediction(
            "MLS" + "A" * number,
            pdb("MLS" + "A" * number) if number % 2 else None,
            {"confidence": number / 30, "group": number % 3, "nested": {"name": f"n{number}"}},
            prediction_id=f"p{number:02d}",
            model="esmfold" if number % 2 else "boltz",
            job=f"job{number % 5}",
            created_at=f"2024-01-{number + 1:02d}T12:00:00",
        )
    return db


def test_the_examples_of_the_contract_run(db: DatabaseManager) -> None:
    stored = db.store_prediction(
        sequence="MLSKK", structure=pdb("MLSKK"), metadata={"model": "esm2_t33_650M_UR50D", "confidence": 0.95}
    )
    other = db.store_prediction("AAA", pdb("AAA"))
    assert db.get_prediction(stored).confidence == 0.95
    assert db.query_predictions(sequence_pattern="MLS*", confidence_threshold=0.8).ids == [stored]
    today = date.today().isoformat()
    criteria = {"model_name": "esm2_t33_650M_UR50D", "date_range": ("2024-01-01", "2099-12-31")}
    assert db.query_predictions(criteria).ids == [stored]
    assert db.query_predictions(model_name="esm2_t33_650M_UR50D", date_range=("2024-01-01", "2024-03-25")).ids == []
    assert db.update_prediction(stored, {"metadata": {"confidence": 0.97}, "created_at": today}) == 2
    db.delete_prediction(other)
    assert db.query_ids() == [stored]


def test_all_criteria_must_hold(filled: DatabaseManager) -> None:
    result = filled.query_predictions(
        {"model_name": "esmfold", "metadata": {"group": 1}}, length_range=(5, 20), order_by="-confidence", limit=2
    )
    assert result.ids == ["p13", "p07"]
    assert filled.count(model_name="esmfold") == 15
    assert filled.query_ids(metadata={"nested.name": "n4"}) == ["p04"]
    assert filled.query_ids(date_range=(None, date(2024, 1, 2))) == ["p00", "p01"]
    assert filled.query_ids(where="length > 30 and metadata.group == 2") == ["p29"]
    assert filled.explain(model_name="esmfold")


def test_a_result_is_a_lazy_sequence(filled: DatabaseManager) -> None:
    result = filled.query_predictions(order_by="-confidence", limit=10, offset=5)
    assert len(result) == 10
    assert result.total == 30
    assert result[0].prediction_id == "p24"
    assert result[-1].prediction_id == "p15"
    assert [prediction.prediction_id for prediction in result] == result.ids
    part = result[2:8:2]
    assert part.ids == ["p22", "p20", "p18"]
    assert part.total == 30
    assert result[3].prediction_id == "p21"
    with pytest.raises(IndexError):
        result[10]
    assert list(reversed(part.ids)) == [prediction.prediction_id for prediction in reversed(part)]


def test_a_result_shows_what_matched_whatever_is_written_later(filled: DatabaseManager) -> None:
    result = filled.query_predictions(metadata={"group": 0})
    filled.update_prediction("p00", {"metadata": {"group": 9}})
    filled.delete_prediction("p03")
    assert [(prediction.prediction_id, prediction.metadata["group"]) for prediction in result[:2]] == [
        ("p00", 0),
        ("p03", 0),
    ]
    filled.delete_prediction("p06", purge=True)
    with pytest.raises(PredictionNotFoundError, match="p06"):
        list(result)


def test_the_best_of_each_job(filled: DatabaseManager) -> None:
    best = filled.best(by="confidence", per="job")
    assert sorted(best.ids) == ["p25", "p26", "p27", "p28", "p29"]
    assert best.total == 5
    assert sorted(filled.best("confidence", "job", model_name="boltz").ids) == ["p20", "p22", "p24", "p26", "p28"]
    with pytest.raises(QueryError):
        filled.best(per="colour")


def test_streams_take_criteria(filled: DatabaseManager) -> None:
    seen = [
        prediction.prediction_id for prediction in filled.iter_predictions(model_name="esmfold", order_by="-length")
    ]
    assert seen == [f"p{number:02d}" for number in range(29, 0, -2)]


def test_answers_become_tables(filled: DatabaseManager) -> None:
    pytest.importorskip("pyarrow")
    result = filled.query_predictions(limit=3)
    arrow = result.to_arrow()
    assert arrow.column("prediction_id").to_pylist() == result.ids
    assert json.loads(arrow.column("metadata")[1].as_py())["nested"] == {"name": "n1"}
    assert arrow.column("created_at")[0].as_py() == result[0].created_at
    assert arrow.column("seed").to_pylist() == [None] * 3
    pytest.importorskip("pandas")
    pandas = result.to_pandas()
    assert list(pandas["model"]) == ["boltz", "esmfold", "boltz"]
    assert str(pandas["seed"].dtype) == "Int64"
    pytest.importorskip("polars")
    polars = result.to_polars()
    assert polars["length"].to_list() == [3, 4, 5]
    assert filled.query_predictions(job="none").to_arrow().schema == arrow.schema


def test_answers_can_be_looked_at(filled: DatabaseManager) -> None:
    rich_console = pytest.importorskip("rich.console")
    filled.store_prediction("MKV", None, prediction_id="<b>[red]", job="odd")
    result = filled.query_predictions(limit=20)
    assert repr(result) == "<QueryResult: 20 predictions: <b>[red], p00, p01, ...>"
    assert "&lt;b&gt;" in result._repr_html_()
    assert "<b>" not in result._repr_html_()
    out = io.StringIO()
    rich_console.Console(file=out, width=200).print(result)
    assert "p08" in out.getvalue()
    assert "<b>[red]" in out.getvalue()
    assert repr(filled.query_predictions(job="none")) == "<QueryResult: no predictions>"
    assert repr(filled.get_prediction("p03")) == "<Prediction 'p03' v1: 6 residues, esmfold, confidence 0.10>"


@pytest.mark.parametrize("library", ["pyarrow", "polars", "pandas"])
def test_a_missing_library_is_named_with_its_extra(
    filled: DatabaseManager, monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    result: Any = filled.query_predictions(limit=1)
    method = {"pyarrow": "to_arrow", "polars": "to_polars", "pandas": "to_pandas"}[library]
    with pytest.raises(ValidationError, match=r"proteusdb\["):
        getattr(result, method)()
