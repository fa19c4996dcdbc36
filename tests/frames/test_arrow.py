"""Answers as Arrow streams, read by the libraries that speak the interface."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from proteusdb import DatabaseManager, Structure
from proteusdb.core import session
from proteusdb.core.database import QueryResult
from proteusdb.core.tables import COLUMNS
from proteusdb.errors import PredictionNotFoundError
from roads.made import pdb

pa = pytest.importorskip("pyarrow")

ROWS = 600
"""More than two pages of a result."""


@pytest.fixture(params=["lmdb", "sqlite"])
def db(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DatabaseManager]:
    with DatabaseManager(request.param, tmp_path / "frames.db") as manager:
        manager.store_predictions(map(record, range(ROWS)))
        yield manager


def record(number: int) -> dict[str, Any]:
    """One of each kind: with and without model, seed, score; letters of every width; nested metadata."""
    odd = number % 2 == 1
    moment = datetime(2024, 1, 1, 12, 0, 0, 0 if odd else 250_000, UTC)
    metadata = {"note": f'"ö\n蛋\x7f {number}', "nested": {"at": moment, "list": [1, 2.5, None, True, -1e22]}}
    scores = {"ranking_score": -99.5, "confidence": number / ROWS} if odd else {}
    return {
        "prediction_id": f"p{number:04d}",
        "sequence": "MLSK:GG" if odd else "MKV",
        "structure": None,
        "model": f"model {number % 3}" if odd else None,
        "seed": -(2**63) if odd else None,
        "metadata": metadata | scores,
        "created_at": datetime(1969, 12, 31, 23, 59, 59, 999_999, UTC) if odd else None,
    }


def told(result: QueryResult, name: str) -> list[Any]:
    """A column by the attributes of the predictions."""
    return [getattr(prediction, name) for prediction in result]


def test_every_column_holds_what_the_predictions_hold(db: DatabaseManager) -> None:
    result = db.query_predictions(order_by="-confidence")
    table = pa.table(result)
    assert table.column_names == list(COLUMNS)
    assert table.equals(result.to_arrow())
    for name in set(COLUMNS) - {"metadata"}:
        assert table.column(name).to_pylist() == told(result, name), name
    metadata = [json.loads(text) for text in table.column("metadata").to_pylist()]
    assert metadata == [json.loads(json.dumps(each, default=datetime.isoformat)) for each in told(result, "metadata")]


def test_slices_and_empty_answers_have_the_same_columns(db: DatabaseManager) -> None:
    result = db.query_predictions()
    assert result[590:].to_arrow().column("prediction_id").to_pylist() == [
        f"p{number:04d}" for number in range(590, 600)
    ]
    empty = db.query_predictions(job="none")
    assert empty.to_arrow().num_rows == 0
    assert empty.to_arrow().schema == result.to_arrow().schema == pa.schema(result)
    assert {str(field.type) for field in pa.schema(result)} == {"string", "int64", "double", "timestamp[us, tz=UTC]"}


def test_no_structure_is_read_for_a_frame(db: DatabaseManager, monkeypatch: pytest.MonkeyPatch) -> None:
    structure = Structure.from_text(pdb("MLSKK"))
    db.store_prediction("MLSKK", structure, prediction_id="with a structure", arrays={"pae": structure.coords})

    def never(*given: Any, **named: Any) -> Any:
        raise AssertionError("a part was read")

    for name in ("part", "structures", "array"):
        monkeypatch.setattr(session.Session, name, never)
    table = db.query_predictions(order_by="-length").to_arrow()
    assert table.num_rows == ROWS + 1
    with pytest.raises(AssertionError, match="a part was read"):
        _ = db.get_prediction("with a structure").structure


def test_what_goes_wrong_on_the_way_is_raised_as_it_was(db: DatabaseManager) -> None:
    result = db.query_predictions()
    db.delete_prediction("p0400", purge=True)
    for read in (result.to_arrow, result.to_polars, result.to_pandas):
        with pytest.raises(PredictionNotFoundError, match=r"'p0400': version 1 matched and was removed since"):
            read()
    with pytest.raises(pa.ArrowException, match="'p0400': version 1 matched"):
        pa.table(result)


def test_a_stream_may_be_left_early_or_read_after_the_result(db: DatabaseManager) -> None:
    reader = pa.RecordBatchReader.from_stream(db.query_predictions())
    assert reader.read_next_batch().num_rows > 0
    reader.close()
    later = pa.RecordBatchReader.from_stream(db.query_predictions())
    assert later.read_all().num_rows == ROWS
    unread = db.query_predictions().__arrow_c_stream__()
    assert "arrow_array_stream" in repr(unread)


def test_long_answers_come_in_several_batches(tmp_path: Path) -> None:
    with DatabaseManager(database_path=tmp_path / "long.db") as db:
        db.store_predictions({"sequence": "MKV", "structure": None} for _ in range(9_000))
        batches = list(pa.RecordBatchReader.from_stream(db.query_predictions()))
        assert [batch.num_rows for batch in batches] == [8192, 808]
        assert pa.Table.from_batches(batches).equals(db.query_predictions().to_arrow())


def test_polars_reads_it(db: DatabaseManager) -> None:
    pl = pytest.importorskip("polars")
    result = db.query_predictions(model_name="model 0")
    frame = result.to_polars()
    assert frame.schema["created_at"] == pl.Datetime("us", "UTC")
    assert frame.filter(pl.col("length") > 3)["prediction_id"].to_list() == result.ids
    assert frame["confidence"].to_list() == told(result, "confidence")


def test_pandas_reads_it(db: DatabaseManager) -> None:
    pd = pytest.importorskip("pandas")
    result = db.query_predictions()
    frame = result.to_pandas()
    # Integers stay integers beside what is missing.
    assert str(frame["seed"].dtype) == "Int64"
    assert frame["seed"].dropna().unique().tolist() == [-(2**63)]
    assert str(frame["updated_at"].dtype) == "datetime64[us, UTC]"
    assert frame["sequence"].tolist() == told(result, "sequence")
    if hasattr(pd.DataFrame, "from_arrow"):
        assert pd.DataFrame.from_arrow(result)["prediction_id"].tolist() == result.ids


def test_duckdb_asks_it(db: DatabaseManager) -> None:
    duckdb = pytest.importorskip("duckdb")
    result = db.query_predictions()
    with duckdb.connect() as connection:
        connection.register("result", result)
        counted = connection.sql("SELECT model, count(*), max(length) FROM result GROUP BY model ORDER BY model")
        assert counted.fetchall() == [("model 0", 100, 6), ("model 1", 100, 6), ("model 2", 100, 6), (None, 300, 3)]
        # A stream is made anew at each question.
        nested = connection.sql("SELECT metadata->'nested'->'list'->>1 FROM result LIMIT 1")
        assert nested.fetchall() == [("2.5",)]
