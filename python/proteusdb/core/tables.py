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
from .arrow import Rows
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


def to_arrow(rows: Rows) -> pyarrow.Table:
    """See `QueryResult.to_arrow`."""
    pa = need("pyarrow", extra="arrow", purpose="to_arrow()")
    table: pyarrow.Table = rows.taken(pa.table)
    return table


def to_polars(rows: Rows) -> polars.DataFrame:
    """See `QueryResult.to_polars`."""
    pl = need("polars", extra="polars", purpose="to_polars()")
    frame: polars.DataFrame = rows.taken(pl.DataFrame)
    return frame


def to_pandas(rows: Rows) -> pandas.DataFrame:
    """See `QueryResult.to_pandas`."""
    pd = need("pandas", extra="pandas", purpose="to_pandas()")
    pa = need("pyarrow", extra="pandas", purpose="to_pandas()")
    frame: pandas.DataFrame = rows.taken(pa.table).to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)
    return frame


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
