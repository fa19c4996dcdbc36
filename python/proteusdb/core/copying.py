"""Predictions from one database into another, whatever back end either has.

::

    pins of what matches ──32 at a time──> columns and encoded parts ──one transaction──> target ──read again──>
    compared

The blobs go over as they are; nothing is decoded. What the target has already, with the same content, is passed over,
so a copy that was stopped is repeated.

Invariants: a portion is one transaction in the target; it is counted only after it was read back and its content was
the same; memory is that of one portion.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import islice
from typing import Any

from .. import _core
from .._core import Operation, Stored
from ..backends.base import Backend
from ..backends.shared.rows import COLUMNS, blob_key
from ..errors import CorruptionError, ProteusError, QueryError, ValidationError
from .progress import Callback, Meter
from .session import Session

__all__ = ["CopyReport", "copy_to", "criteria_of"]

_PORTION = 32
_OWN = frozenset(["version", "updated_at", "model_id"])
"""Columns that are the target's own: its numbers, its clock, its id of the model."""


@dataclass(slots=True)
class CopyReport:
    """What a copy did.

    Attributes
    ----------
    url : str
        The target, without a password.
    copied, skipped : int
        Predictions that were written, and those that were there already with the same content.
    analyses : int
        Analyses that were written.
    bytes : int
        Encoded bytes of what was written.
    digest : str
        Of the content of all of them in order, as it was read back from the target.
    seconds : float
        Wall time.
    """

    url: str
    copied: int = 0
    skipped: int = 0
    analyses: int = 0
    bytes: int = 0
    digest: str = ""
    seconds: float = 0.0


def criteria_of(where: str | Mapping[str, Any] | None) -> dict[str, Any]:
    """What `where=` of a call means: an expression, or the criteria of `query_predictions`."""
    if where is None:
        return {}
    if isinstance(where, str):
        return {"where": where}
    if isinstance(where, Mapping):
        return dict(where)
    raise QueryError(f"where {where!r}: an expression or a dict of the criteria of query_predictions is needed")


def copy_to(session: Session, target: Session, where: Any, progress: bool | Callback | None) -> CopyReport:
    """See `DatabaseManager.copy_to`; both stay open."""
    source = session.outside("copy_to")
    target.check_writable()
    if session.url == target.url and not session.url.startswith("memory:"):
        raise ValidationError(f"url: {target.url} is this database itself; name another one")
    pins = source.query(criteria_of(where), session.config.timeout)
    copy = _Copy(source, target.backend, CopyReport(target.url))
    started = time.monotonic()
    with Meter(progress, len(pins), "copying") as meter:
        for portion in _portions(pins):
            copy.portion(portion)
            meter.advance(len(portion))
    copy.report.digest = copy.whole.hexdigest()
    copy.report.seconds = time.monotonic() - started
    return copy.report


class _Copy:
    """One copy on its way."""

    def __init__(self, source: Backend, target: Backend, report: CopyReport) -> None:
        self._source = source
        self._target = target
        self._models: dict[str, str] = {}
        self.report = report
        self.whole = blake2b(digest_size=16)

    def portion(self, pins: Sequence[tuple[str, int]]) -> None:
        """Copies some predictions and reads them back."""
        found = [stored for stored in self._source.get_many(pins) if stored is not None]
        wanted = {stored.prediction_id: _Content(self._source, stored) for stored in found}
        there = self._read(wanted)
        lacking = [content for key, content in wanted.items() if there.get(key) != content.digest]
        operations = [content.operation(self._model(content.stored.model_id)) for content in lacking]
        for outcome in self._target.apply(operations, each_alone=False) if operations else ():
            if isinstance(outcome, ProteusError):
                raise outcome
        written = self._read({content.stored.prediction_id: content for content in lacking})
        for content in lacking:
            if written.get(content.stored.prediction_id) != content.digest:
                raise CorruptionError(
                    f"prediction {content.stored.prediction_id!r} reads otherwise in {self.report.url} than it was "
                    "written; another writer changed it meanwhile, or the store is damaged"
                )
        for key, content in wanted.items():
            self.whole.update(content.digest.encode())
            self._copy_analyses(key)
        self.report.copied += len(lacking)
        self.report.skipped += len(wanted) - len(lacking)
        self.report.bytes += sum(content.size for content in lacking)

    def _read(self, ids: Iterable[str]) -> dict[str, str]:
        """Digests of what the target has of these."""
        found = self._target.get_many([(key, None) for key in ids])
        return {stored.prediction_id: _Content(self._target, stored).digest for stored in found if stored is not None}

    def _model(self, model_id: str | None) -> str | None:
        """The target's id of a model, which is registered there if need be."""
        record = None if model_id is None else self._source.get_model(model_id)
        if model_id is None or record is None:
            return None
        if model_id not in self._models:
            operation = Operation.store_model(record["name"], record["version"], record["configuration"])
            outcome = self._target.apply([operation], each_alone=False)[0]
            if isinstance(outcome, ProteusError):
                raise outcome
            self._models[model_id] = outcome[1]
        return self._models[model_id]

    def _copy_analyses(self, prediction_id: str) -> None:
        mine = [self._source.get_analysis(key) for key in self._source.list_analyses(prediction_id)]
        if not mine:
            return
        theirs = [self._target.get_analysis(key) for key in self._target.list_analyses(prediction_id)]
        known = {_told(record) for record in theirs if record is not None}
        new = [record for record in mine if record is not None and _told(record) not in known]
        operations = [Operation.store_analysis(prediction_id, one["results"], one["parameters"]) for one in new]
        if operations:
            self._target.apply(operations, each_alone=False)
        self.report.analyses += len(operations)


class _Content:
    """What a prediction holds, its number and times of commit aside."""

    def __init__(self, backend: Backend, stored: Stored) -> None:
        parts = [backend.part(stored, kind, name) for kind, name, _ in stored.parts]
        self.stored = stored.with_bytes(parts)
        self.size = sum(map(len, parts))
        row = zip(COLUMNS, self.stored.row([blob_key(part) for part in parts]), strict=True)
        model = None if stored.model_id is None else backend.get_model(stored.model_id)
        named = None if model is None else _core.model_id(model["name"], model["version"], model["configuration"])
        content = [value for name, value in row if name not in _OWN]
        self.digest = blake2b(repr([named, *content]).encode("utf-8"), digest_size=16).hexdigest()

    def operation(self, model_id: str | None) -> Operation:
        """Stores it."""
        return Operation.store(self.stored, model=model_id, on_conflict="replace")


def _told(analysis: Mapping[str, Any]) -> tuple[str, str]:
    return _core.to_document(analysis["results"]), _core.to_document(analysis["parameters"])


def _portions(pins: Iterable[tuple[str, int]]) -> Iterable[list[tuple[str, int]]]:
    rest = iter(pins)
    while portion := list(islice(rest, _PORTION)):
        yield portion
