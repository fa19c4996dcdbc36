"""The tables of a Cassandra store.

::

    predictions   prediction_id | version     every version; head, head_at, indexed once a prediction
    current       bucket | prediction_id      what a question looks at: the newest versions that are no deletions
    ordered       kind, bucket | value, id    the same by confidence, time and length, greatest first
    blobs         prediction_id, key | chunk  structures, arrays, files in chunks of at most 1 MiB
    analyses      analysis_id                 and analyses_of, prediction_id | analysis_id
    small         kind | key                  models, notes, declared indexes, what the store is

Before the bar is the partition, which a hash places in the ring; after it the order within. `head` names the last
commit of a prediction: each commit is one lightweight transaction that expects the head it has seen. What is derived,
`current` and `ordered`, follows in one logged batch that also sets `indexed` to the head.

Invariants: everything but `predictions` is written with the commit's time as its timestamp, so a statement may arrive
late, or twice, and changes nothing; a blob is there before a version names it; a table's id follows from its name, so
two processes that make it at once make the same.
"""

from __future__ import annotations

import struct
import uuid
from hashlib import blake2b
from zlib import crc32

from ..._core import Stored
from ..shared.rows import COLUMNS
from .grams import terms_of

__all__ = [
    "BUCKETS", "CHUNK", "COLUMN_LIST", "KINDS", "SCHEMA_VERSION", "TABLES", "bucket_of", "creation", "job_term",
    "key_term", "model_term", "place_of", "terms",
]  # fmt: skip

SCHEMA_VERSION = 1
CHUNK = 1 << 20
"""The most bytes of a blob's row."""
BUCKETS = 64
"""Partitions that `current` and each order are spread over, unless the store was made with another number."""
KINDS = ("confidence", "created_at", "length")
"""What there is an order by."""

COLUMN_LIST = ", ".join(COLUMNS)

_TYPES = {
    "prediction_id": "text", "version": "bigint", "deleted": "int", "updated_at": "bigint", "created_at": "bigint",
    "sequence": "text", "chain_types": "text", "length": "bigint", "model_id": "text", "job": "text",
    "seed": "bigint", "sample": "bigint", "rank": "bigint", "ranking_score": "double", "confidence": "double",
    "mean_plddt": "double", "metadata": "text", "parts": "text",
}  # fmt: skip
_ROW = ", ".join(f"{name} {_TYPES[name]}" for name in COLUMNS)

TABLES = {
    "predictions": (
        f"{_ROW}, replaced_at bigint, head text static, head_at bigint static, indexed text static, "
        "PRIMARY KEY (prediction_id, version)",
        "",
    ),
    "current": (f"bucket int, {_ROW}, terms set<text>, PRIMARY KEY (bucket, prediction_id)", ""),
    "ordered": (
        "kind text, bucket int, value bigint, prediction_id text, version bigint, "
        "PRIMARY KEY ((kind, bucket), value, prediction_id)",
        "AND CLUSTERING ORDER BY (value DESC, prediction_id ASC)",
    ),
    # What is compressed already only costs time to compress again.
    "blobs": (
        "prediction_id text, key text, chunk int, data blob, PRIMARY KEY ((prediction_id, key), chunk)",
        "AND compression = {'enabled': false}",
    ),
    "analyses": (
        "analysis_id text PRIMARY KEY, prediction_id text, results text, parameters text, created_at bigint",
        "",
    ),
    "analyses_of": ("prediction_id text, analysis_id text, PRIMARY KEY (prediction_id, analysis_id)", ""),
    "small": ("kind text, key text, value text, number bigint, PRIMARY KEY (kind, key)", ""),
}
"""Columns and options of each table."""

_INDEXED = ("confidence", "created_at", "length", "values(terms)")


def creation(keyspace: str) -> list[str]:
    """The statements that make the tables; each does nothing where its table is there."""
    made = []
    for name, (columns, options) in TABLES.items():
        number = uuid.uuid5(uuid.NAMESPACE_URL, f"proteusdb:{keyspace}.{name}:{SCHEMA_VERSION}")
        made.append(f"CREATE TABLE IF NOT EXISTS {keyspace}.{name} ({columns}) WITH id = {number} {options}")
    for column in _INDEXED:
        name = column.removeprefix("values(").removesuffix(")")
        made.append(f"CREATE INDEX IF NOT EXISTS current_{name} ON {keyspace}.current ({column}) USING 'sai'")
    return made


def bucket_of(prediction_id: str, buckets: int) -> int:
    """The bucket of a prediction."""
    return crc32(prediction_id.encode()) % buckets


def place_of(kind: str, value: float | int | None) -> tuple[str, int]:
    """The kind and the value a prediction stands under in an order; what has none is of a kind of its own."""
    if value is None:
        return f"no {kind}", 0
    # Of numbers that are not negative the bits have the order of the numbers.
    return kind, struct.unpack(">q", struct.pack(">d", value + 0.0))[0] if kind == "confidence" else int(value)


def terms(version: Stored, names: dict[str, str]) -> set[str]:
    """Words that a version is found by.

    Parameters
    ----------
    version : Stored
        The version.
    names : dict of str to str
        Field of each declared index to the name its words bear.
    """
    found = terms_of(version.sequence)
    if version.model_id is not None:
        found.add(model_term(version.model_id))
    if version.job is not None:
        found.add(job_term(version.job))
    for field, name in names.items():
        key = version.index_key(field)
        if key is not None:
            found.add(key_term(name, key))
    return found


def model_term(model_id: str) -> str:
    """The word of a model."""
    return f"m:{_short(model_id)}"


def job_term(job: str) -> str:
    """The word of a job; long ones by their hash, so it may be that of another job too."""
    return f"j:{_short(job)}"


def key_term(name: str, key: bytes) -> str:
    """The word of a key in a declared index."""
    return f"x{name}:{_short(key.hex())}"


def _short(text: str) -> str:
    data = text.encode()
    return text if len(data) <= 128 else f"#{blake2b(data, digest_size=20).hexdigest()}"
