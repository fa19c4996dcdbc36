"""What is stored of one model, by sequence; the only file of the interface that writes.

::

    look(sequence) -> best      the stored prediction, of several samples the best
                      failure   the row that tells why there is none yet
    put(sequence, drafts)       all samples, one transaction
    put_failure(...)            a row without a structure: metadata.failure {reason, kind, attempts, at}

Ids are UUIDv5 of (model id, sequence, sample), so that of two processes that predict the same at once one stores and
the other finds. The row of a failure has the id of the first sample: the prediction that comes later is its next
version, and `history` keeps what went wrong before.

Invariant: a sequence counts as predicted where a row of this model has it and has a structure or an array.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any, NamedTuple

from .._core import Operation, Stored
from ..core.session import Session
from ..errors import ConflictError, ProteusError, StorageError, ValidationError

__all__ = ["Kept", "Shelf", "reason_of"]

_NAMESPACE = uuid.UUID("0e0c1f7e-6d5b-5a58-8f5d-4b5f6f0d9c27")
"""Of ids made for predictions; fixed for ever, as changing it would predict everything again."""

_REASON = 2000
"""Characters of a reason that are stored."""

_WHERE = 4096
"""Residues that a query by `where` is asked for; what is longer is asked for by its pattern."""


class Kept(NamedTuple):
    """What is stored of a sequence."""

    best: Stored | None = None
    failure: Stored | None = None

    @property
    def attempts(self) -> int:
        """How often it failed."""
        told = {} if self.failure is None else self.failure.metadata.get("failure")
        count = told.get("attempts") if isinstance(told, dict) else None
        return count if isinstance(count, int) else 0


class Shelf:
    """The predictions of one model.

    Parameters
    ----------
    session : Session
        Where they are.
    model_id : str or None
        The model; None where a database that is read only does not know it.
    """

    def __init__(self, session: Session, model_id: str | None) -> None:
        self.session = session
        self.model_id = model_id

    def look(self, sequence: str) -> Kept:
        """What is stored of a sequence, upper case."""
        backend = self.session.outside("predict")
        short = len(sequence) <= _WHERE
        asked = {"where": f"sequence == '{sequence}'"} if short else {"sequence_pattern": sequence}
        pins = backend.query(asked, self.session.config.timeout)
        rows = [row for row in backend.get_many(pins) if row is not None and self._mine(row, sequence)]
        made = [row for row in rows if any(kind in ("structure", "array") for kind, _, _ in row.parts)]
        failed = [row for row in rows if row not in made and "failure" in row.metadata]
        return Kept(max(made, key=_rank, default=None), failed[0] if failed else None)

    def _mine(self, row: Stored, sequence: str) -> bool:
        return self._ours(row) and row.sequence == sequence

    def _ours(self, row: Stored) -> bool:
        return self.model_id is not None and row.model_id == self.model_id

    def failures(self, name: str) -> list[Stored]:
        """The rows of failures, by id; `name` is the model's."""
        backend = self.session.outside("failures")
        asked = {"model_name": name, "where": "metadata.failure exists and structure is missing"}
        rows = backend.get_many(backend.query(asked, self.session.config.timeout))
        return [row for row in rows if row is not None and self._ours(row)]

    def put(self, sequence: str, drafts: list[dict[str, Any]], kept: Kept) -> tuple[list[str], int] | None:
        """Stores all samples of a sequence.

        Returns
        -------
        (list of str, int) or None
            Their ids, and how many residues they have; None where another process has stored it meanwhile.

        Raises
        ------
        ValidationError
            A sample is not allowed; nothing is stored.
        """
        own = True
        while True:
            try:
                return self._put(sequence, drafts, kept, own)
            except ConflictError:
                now = self.look(sequence)
                if now.best is not None:
                    return None
                # Someone else's row has the id, and is not of this sequence any more.
                own, kept = _version(now) != _version(kept), now

    def _put(self, sequence: str, drafts: list[dict[str, Any]], kept: Kept, own: bool) -> tuple[list[str], int]:
        ids = [self.id_of(sequence, number) if own else None for number in range(len(drafts))]
        first = kept.failure
        if first is not None:
            ids[0] = first.prediction_id
        job = {"job": self.id_of(sequence, 0)} if len(drafts) > 1 else {}
        named = [{**job, **draft, "on_conflict": "error"} for draft in drafts]
        for draft, prediction_id in zip(named, ids, strict=True):
            draft.pop("prediction_id", None)
            if prediction_id is not None:
                draft["prediction_id"] = prediction_id
        steps: list[Operation] = []
        if first is not None:
            named[0]["on_conflict"] = "replace"
            steps.append(Operation.expect(first.prediction_id, first.version))
        prepared = _good(self.session.prepare(named))
        outcomes = self.session.commit([*steps, *prepared])[len(steps) :]
        residues = sum(each.prediction.length for each in prepared if each.prediction is not None)
        return [prediction_id for _, prediction_id, _ in outcomes], residues

    def put_failure(self, sequence: str, error: BaseException, kept: Kept) -> None:
        """Stores why a sequence has no prediction; a row that another process stored meanwhile stays."""
        told = {
            "reason": reason_of(error)[:_REASON],
            "kind": type(error).__name__,
            "attempts": kept.attempts + 1,
            "at": datetime.now(UTC),
        }
        draft = {"sequence": sequence, "model": self.model_id, "metadata": {"failure": told}, "on_conflict": "error"}
        steps: list[Operation] = []
        if kept.failure is None:
            draft["prediction_id"] = self.id_of(sequence, 0)
        else:
            draft.update(prediction_id=kept.failure.prediction_id, on_conflict="replace")
            steps.append(Operation.expect(kept.failure.prediction_id, kept.failure.version))
        try:
            self.session.commit([*steps, *_good(self.session.prepare([draft]))])
        except (ConflictError, ValidationError):
            return

    def check_writable(self) -> None:
        """Raises a StorageError where nothing can be stored, before anything is predicted."""
        self.session.check_writable()
        if self.model_id is None:
            raise StorageError(f"{self.session.url}: the model is not registered")

    def id_of(self, sequence: str, sample: int) -> str:
        """The id of a sample."""
        return str(uuid.uuid5(_NAMESPACE, repr((self.model_id, sequence, sample))))


def reason_of(error: BaseException) -> str:
    """One text that says what went wrong: our own errors tell it, those of others need their kind."""
    text = str(error).replace("\0", "").strip()
    if isinstance(error, ProteusError):
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _rank(row: Stored) -> tuple[float, float, int]:
    low = float("-inf")
    return (
        low if row.ranking_score is None else row.ranking_score,
        low if row.confidence is None else row.confidence,
        -(row.sample or 0),
    )


def _version(kept: Kept) -> tuple[str, int] | None:
    return None if kept.failure is None else (kept.failure.prediction_id, kept.failure.version)


def _good(prepared: list[Operation | ProteusError]) -> list[Operation]:
    for each in prepared:
        if isinstance(each, ProteusError):
            raise each
    return [each for each in prepared if isinstance(each, Operation)]
