"""Statements that fill any SQL database: tables `predictions`, `models` and `analysis`.

::

    CREATE TABLE predictions (prediction_id VARCHAR(255) PRIMARY KEY, sequence TEXT NOT NULL, structure_data ...);
    INSERT INTO predictions VALUES ('a', 'MKT', X'0102...', '{"organism": "yeast"}', '2024-03-01T12:00:00Z', ...);

Times are ISO 8601 text in UTC, metadata and the like JSON text. `structure_data` is the library's encoded structure as
a hexadecimal text, since engines write bytes in ways of their own. Arrays and files are not in it; an archive holds
all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ... import _core
from ..prediction import Prediction
from ..session import Session
from ..times import from_micros

__all__ = ["write_sql"]

_TABLES = """\
CREATE TABLE models (
    model_id VARCHAR(64) PRIMARY KEY, name TEXT NOT NULL, version TEXT, configuration TEXT NOT NULL,
    created_at VARCHAR(32) NOT NULL
);
CREATE TABLE predictions (
    prediction_id VARCHAR(255) PRIMARY KEY, sequence TEXT NOT NULL, structure_data TEXT, metadata TEXT NOT NULL,
    created_at VARCHAR(32) NOT NULL, updated_at VARCHAR(32) NOT NULL, version INTEGER NOT NULL, model_id VARCHAR(64),
    job TEXT, seed BIGINT, sample BIGINT, rank_number BIGINT, ranking_score DOUBLE PRECISION,
    confidence DOUBLE PRECISION
);
CREATE TABLE analysis (
    analysis_id VARCHAR(64) PRIMARY KEY, prediction_id VARCHAR(255) NOT NULL, results TEXT NOT NULL,
    parameters TEXT NOT NULL, created_at VARCHAR(32) NOT NULL
);
"""


def write_sql(session: Session, predictions: Iterator[Prediction], path: str) -> int:
    """See the head of this file."""
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        file.write(_TABLES)
        file.write("BEGIN;\n")
        for model in session.backend.list_models():
            configuration = _core.to_document(model["configuration"])
            file.write(
                _insert(
                    "models",
                    [model["model_id"], model["name"], model["version"], configuration, _time(model["created_at"])],
                )
            )
        for prediction in predictions:
            file.write(_insert("predictions", _row(prediction)))
            for key in session.backend.list_analyses(prediction.prediction_id):
                file.write(_analysis(session, key))
        file.write("COMMIT;\n")
    return 1


def _row(prediction: Prediction) -> list[Any]:
    data = prediction.structure_data
    times = [prediction.created_at, prediction.updated_at]
    return [
        prediction.prediction_id,
        prediction.sequence,
        None if data is None else data.hex(),
        _core.to_document(prediction.metadata),
        *(time.isoformat().replace("+00:00", "Z") for time in times),
        prediction.version,
        prediction.model_id,
        prediction.job,
        prediction.seed,
        prediction.sample,
        prediction.rank,
        prediction.ranking_score,
        prediction.confidence,
    ]


def _analysis(session: Session, key: str) -> str:
    record = session.backend.get_analysis(key)
    if record is None:
        return ""
    documents = [_core.to_document(record[name]) for name in ("results", "parameters")]
    return _insert("analysis", [key, record["prediction_id"], *documents, _time(record["created_at"])])


def _time(micros: int) -> str:
    return from_micros(micros).isoformat().replace("+00:00", "Z")


def _insert(table: str, values: Sequence[Any]) -> str:
    return f"INSERT INTO {table} VALUES ({', '.join(map(_literal, values))});\n"


def _literal(value: Any) -> str:
    """A value in SQL.

    In standard strings only the quote has a meaning. A NUL, which no engine's text holds, cannot come: ids and names
    have none, and JSON writes it in six letters.
    """
    if value is None:
        return "NULL"
    if isinstance(value, int | float):
        return repr(value)
    return "'" + str(value).replace("'", "''") + "'"
