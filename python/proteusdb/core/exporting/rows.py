"""A row a prediction: Parquet, CSV, JSON Lines; and sequences as FASTA.

The columns are those of `QueryResult.to_arrow`; structures and arrays are not in them.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from ...formats.extras import need
from ..arrow import Rows
from ..prediction import Prediction, stored_of
from ..session import Session
from ..tables import COLUMNS, metadata_json, to_arrow

if TYPE_CHECKING:
    import pyarrow

__all__ = ["write_csv", "write_fasta", "write_jsonl", "write_parquet"]

_GROUP = 10_000
"""Rows of a row group."""
_WIDTH = 80


def write_parquet(session: Session, predictions: Iterator[Prediction], path: str) -> int:
    """Parquet, in groups of 10,000 rows; metadata is JSON text. Needs pyarrow."""
    need("pyarrow", extra="arrow", purpose="export(format='parquet')")
    import pyarrow.parquet as parquet

    first = _table(session, predictions)
    with parquet.ParquetWriter(path, first.schema, compression="zstd") as writer:
        writer.write_table(first)
        while (table := _table(session, predictions)).num_rows:
            writer.write_table(table)
    return 1


def _table(session: Session, predictions: Iterator[Prediction]) -> pyarrow.Table:
    group = [stored_of(prediction) for prediction in islice(predictions, _GROUP)]
    return to_arrow(Rows(session, lambda: [group]))


def write_csv(session: Session, predictions: Iterator[Prediction], path: str) -> int:
    """CSV with a line of names (RFC 4180); metadata is JSON text, what is missing is empty."""
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(COLUMNS)
        for prediction in predictions:
            writer.writerow([_cell(prediction, name) for name in COLUMNS])
    return 1


def write_jsonl(session: Session, predictions: Iterator[Prediction], path: str) -> int:
    """A JSON object a line; metadata is an object in it, times are ISO 8601 in UTC."""
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        for prediction in predictions:
            row = {name: _plain(getattr(prediction, name)) for name in COLUMNS if name != "metadata"}
            row["metadata"] = json.loads(metadata_json(prediction.metadata))
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    return 1


def write_fasta(session: Session, predictions: Iterator[Prediction], path: str) -> int:
    """FASTA: an entry a chain, named by the id and, where there are several, `_1`, `_2` and so on."""
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        for prediction in predictions:
            chains = prediction.sequence.split(":")
            # A name ends at the first blank, so an id that holds one loses it.
            name = "_".join(prediction.prediction_id.split())
            for number, chain in enumerate(chains, 1):
                file.write(f">{name}{f'_{number}' if len(chains) > 1 else ''}{_described(prediction)}\n")
                file.writelines(chain[at : at + _WIDTH] + "\n" for at in range(0, len(chain), _WIDTH))
    return 1


def _described(prediction: Prediction) -> str:
    confidence = "" if prediction.confidence is None else f" confidence={prediction.confidence:.4f}"
    model = "" if prediction.model is None else f" model={'_'.join(prediction.model.split())}"
    return model + confidence


def _cell(prediction: Prediction, name: str) -> Any:
    return metadata_json(prediction.metadata) if name == "metadata" else _plain(getattr(prediction, name))


def _plain(value: Any) -> Any:
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value
