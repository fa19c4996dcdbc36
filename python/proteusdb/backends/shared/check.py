"""Whether all that is stored fits together: versions, models, analyses and blobs, whatever engine keeps them.

Each fault is one line that names the record. Nothing is changed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ..._core import Stored
from ...errors import ProteusError
from .rows import Row, blob_key, keys_of, stored
from .tables import Tables

__all__ = ["faults"]


def faults(tables: Tables) -> Iterator[str]:
    """What does not fit together."""
    uses: Counter[str] = Counter()
    current: set[str] = set()
    yield from _versions(tables, current, uses)
    for analysis_id in tables.analyses_of(None):
        record = tables.analysis(analysis_id)
        if record is None or record["prediction_id"] not in current:
            yield f"analysis {analysis_id!r}: its prediction is absent"
    yield from _blobs(tables, uses)


def _versions(tables: Tables, current: set[str], uses: Counter[str]) -> Iterator[str]:
    """Looks at every version; notes which predictions are there and which blobs are named."""
    models = {model["model_id"] for model in tables.models()}
    before: tuple[str, int] = ("", 0)
    for batch in tables.every_version():
        for row in batch:
            try:
                version = stored(row)
            except ProteusError as error:
                yield str(error)
                continue
            key = version.prediction_id
            yield from _version(version, row, models)
            if key == before[0] and version.version <= before[1]:
                yield f"prediction {key!r}: version {version.version} stands twice or out of order"
            before = (key, version.version)
            current.discard(key)
            if not version.deleted:
                current.add(key)
            uses.update(keys_of(version))


def _version(version: Stored, row: Row, models: set[str]) -> Iterator[str]:
    name = f"prediction {version.prediction_id!r}, version {version.version}"
    if version.model_id is not None and version.model_id not in models:
        yield f"{name}: no model has the id {version.model_id!r}"
    # Columns that are made of others, such as length and confidence, must say the same.
    if version.row([]) != tuple(row):
        yield f"{name}: its columns do not fit one another"


def _blobs(tables: Tables, uses: Counter[str]) -> Iterator[str]:
    counted = tables.blob_uses()
    for key in counted.keys() - uses.keys():
        yield f"blob {key}: no version names it"
    for key, number in uses.items():
        if counted.get(key) != number:
            yield f"blob {key}: {number} versions name it, {counted.get(key, 0)} are counted"
        data = tables.blobs([key]).get(key)
        if data is None:
            yield f"blob {key}: it is missing"
        elif blob_key(data) != key:
            yield f"blob {key}: its bytes are not those that were stored"
