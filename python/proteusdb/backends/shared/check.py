"""Whether all that is stored fits together: versions, models, analyses and blobs, whatever engine keeps them.

Each fault is one line that names the record. Nothing is changed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from ..._core import Stored
from ...errors import ProteusError
from .rows import Row, blob_key, keys_of, stored
from .tables import Tables

__all__ = ["AT_ONCE", "Told", "analysis_of", "faults"]

AT_ONCE = 64
"""Blobs that are read at once."""


def faults(tables: Tables, watch: Callable[[int, int], Any] | None = None) -> Iterator[str]:
    """What does not fit together; `watch` is told how much of how much was looked at."""
    uses: Counter[str] = Counter()
    current: set[str] = set()
    told = Told(tables, watch)
    yield from _versions(tables, current, uses, told)
    for analysis_id in tables.analyses_of(None):
        record, why = analysis_of(tables, analysis_id)
        if record is not None and record["prediction_id"] not in current:
            why = "its prediction is absent"
        if why is not None:
            yield f"analysis {analysis_id!r}: {why}"
    yield from _blobs(tables, uses, told)


def analysis_of(tables: Tables, analysis_id: str) -> tuple[dict[str, Any] | None, str | None]:
    """An analysis, or why it does not read."""
    try:
        return tables.analysis(analysis_id), None
    except ProteusError as error:
        return None, str(error)


class Told:
    """Tells how far it is."""

    def __init__(self, tables: Tables, watch: Callable[[int, int], Any] | None) -> None:
        self._watch = watch
        self._done = self._total = 0
        if watch is not None:
            figures = tables.figures()
            self._total = int(figures["versions"] + figures["blobs"])
            watch(0, self._total)

    def more(self, number: int) -> None:
        """So many more were looked at."""
        self._done += number
        if self._watch is not None:
            self._watch(self._done, max(self._done, self._total))


def _versions(tables: Tables, current: set[str], uses: Counter[str], told: Told) -> Iterator[str]:
    """Looks at every version; notes which predictions are there and which blobs are named."""
    models = {model["model_id"] for model in tables.models()}
    before: tuple[str, int] = ("", 0)
    for batch in tables.every_version():
        told.more(len(batch))
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


def _blobs(tables: Tables, uses: Counter[str], told: Told) -> Iterator[str]:
    counted = tables.blob_uses()
    for key in counted.keys() - uses.keys():
        yield f"blob {key}: no version names it"
    rest = iter(uses.items())
    while portion := dict(islice(rest, AT_ONCE)):
        told.more(len(portion))
        found = tables.blobs(portion)
        for key, number in portion.items():
            data = found.get(key)
            if counted.get(key) != number:
                yield f"blob {key}: {number} versions name it, {counted.get(key, 0)} are counted"
            if data is None:
                yield f"blob {key}: it is missing"
            elif blob_key(data) != key:
                yield f"blob {key}: its bytes are not those that were stored"
