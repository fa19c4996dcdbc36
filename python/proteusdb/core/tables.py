"""Predictions as rows: Arrow, polars and pandas tables, and the short table people see.

One list of columns says what is in all of them. Optional libraries are imported when they are first needed.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ..formats.extras import need
from .prediction import Prediction

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

__all__ = ["COLUMNS", "SHOWN", "metadata_json", "shown", "to_arrow", "to_html", "to_pandas", "to_polars"]

COLUMNS = {
    "prediction_id": "text",
    "version": "int",
    "sequence": "text",
    "length": "int",
    "model": "text",
    "model_version": "text",
    "model_id": "text",
    "job": "text",
    "seed": "int",
    "sample": "int",
    "rank": "int",
    "ranking_score": "float",
    "confidence": "float",
    "created_at": "time",
    "updated_at": "time",
    "metadata": "text",
}
"""Every column, and what it holds."""

SHOWN = ("prediction_id", "model", "length", "confidence", "created_at", "sequence")
"""The columns people see first."""

_SEQUENCE_SHOWN = 24


def to_arrow(predictions: Iterable[Prediction]) -> pyarrow.Table:
    """See `QueryResult.to_arrow`."""
    pa = need("pyarrow", extra="arrow", purpose="to_arrow()")
    types = {"text": pa.string(), "int": pa.int64(), "float": pa.float64(), "time": pa.timestamp("us", tz="UTC")}
    columns = _columns(predictions)
    return pa.table({name: pa.array(columns[name], types[kind]) for name, kind in COLUMNS.items()})


def to_polars(predictions: Iterable[Prediction]) -> polars.DataFrame:
    """See `QueryResult.to_polars`."""
    pl = need("polars", extra="polars", purpose="to_polars()")
    types = {"text": pl.String, "int": pl.Int64, "float": pl.Float64, "time": pl.Datetime("us", "UTC")}
    frame: polars.DataFrame = pl.DataFrame(
        _columns(predictions), schema={name: types[kind] for name, kind in COLUMNS.items()}
    )
    return frame


def to_pandas(predictions: Iterable[Prediction]) -> pandas.DataFrame:
    """See `QueryResult.to_pandas`."""
    pd = need("pandas", extra="pandas", purpose="to_pandas()")
    types = {"text": "object", "int": "Int64", "float": "float64", "time": "datetime64[us, UTC]"}
    columns = _columns(predictions)
    frame: pandas.DataFrame = pd.DataFrame(
        {name: pd.Series(columns[name], dtype=types[kind]) for name, kind in COLUMNS.items()}
    )
    return frame


def _columns(predictions: Iterable[Prediction]) -> dict[str, list[Any]]:
    columns: dict[str, list[Any]] = {name: [] for name in COLUMNS}
    for prediction in predictions:
        for name, values in columns.items():
            value = getattr(prediction, name)
            values.append(metadata_json(value) if name == "metadata" else value)
    return columns


def metadata_json(metadata: Mapping[str, Any]) -> str:
    """Metadata as JSON text; moments as ISO text."""
    return json.dumps(metadata, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} in metadata")


def shown(prediction: Prediction) -> tuple[str, ...]:
    """The row people see."""
    sequence = prediction.sequence
    short = sequence if len(sequence) <= _SEQUENCE_SHOWN else sequence[: _SEQUENCE_SHOWN - 1] + "…"
    return (
        prediction.prediction_id,
        prediction.model or "",
        f"{prediction.length:,}",
        "" if prediction.confidence is None else f"{prediction.confidence:.3f}",
        f"{prediction.created_at:%Y-%m-%d %H:%M}",
        short,
    )


def to_html(title: str, rows: Sequence[tuple[str, ...]]) -> str:
    """A small HTML table; every text escaped."""

    def line(tag: str, cells: Iterable[str]) -> str:
        return "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells) + "</tr>"

    body = "".join(line("td", row) for row in rows)
    return (
        f"<table><caption>{html.escape(title)}</caption><thead>{line('th', SHOWN)}</thead><tbody>{body}</tbody></table>"
    )
