"""Whether what a task asks for is stored already.

::

    Wanted("MKTAYIAK", "boltz-2", 7)   ->   a current prediction of that sequence, of that model, with that seed

A model is meant by its name, in any version and configuration, or by its id; `None` is any model, and any seed.

Invariant: a row that has neither structure nor array is no prediction yet.
"""

from __future__ import annotations

from typing import Any

from ..._core import Stored
from ..session import Session
from .task import Wanted

__all__ = ["Shelves"]

_WHERE = 4096
"""Residues that a query by `where` is asked for; what is longer is asked for by its pattern."""


class Shelves:
    """What is stored, as one call on a ledger asks for it.

    Parameters
    ----------
    session : Session
        Where it is.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._backend = session.outside("ledger")
        self._models: dict[str, frozenset[str]] = {}
        self._empty: bool | None = None

    def find(self, wanted: Wanted) -> str | None:
        """The id of such a prediction, the first by id."""
        if self._nothing(wanted.model):
            return None
        short = len(wanted.sequence) <= _WHERE
        asked: dict[str, Any] = {"where": f"sequence == '{wanted.sequence}'"} if short else {}
        if not short:
            asked["sequence_pattern"] = wanted.sequence
        if wanted.seed is not None:
            asked["seed"] = wanted.seed
        pins = self._backend.query(asked, self._session.config.timeout)
        rows = self._backend.get_many(pins) if pins else []
        return next((row.prediction_id for row in rows if row is not None and self.fits(row, wanted)), None)

    def fits(self, row: Stored, wanted: Wanted) -> bool:
        """Whether a row is what was asked for."""
        made = any(kind in ("structure", "array") for kind, _, _ in row.parts)
        return made and self.differs(row, wanted) is None

    def differs(self, row: Stored, wanted: Wanted) -> str | None:
        """What of a row is not as it was asked for, if something is not."""
        if row.sequence != wanted.sequence:
            return "its sequence is another"
        if wanted.model is not None and row.model_id not in self._ids(wanted.model):
            return f"its model is not {wanted.model!r}"
        if wanted.seed is not None and row.seed != wanted.seed:
            return f"its seed is {row.seed}, not {wanted.seed}"
        return None

    def _nothing(self, model: str | None) -> bool:
        """Whether nothing at all can be there, which spares a query for each task."""
        if model is not None:
            return not self._ids(model)
        if self._empty is None:
            self._empty = not self._backend.ids(None, 1)
        return self._empty

    def _ids(self, model: str) -> frozenset[str]:
        """Ids of the models that a name or an id means."""
        if model not in self._models:
            known = self._backend.list_models()
            self._models[model] = frozenset(m["model_id"] for m in known if model in (m["model_id"], m["name"]))
        return self._models[model]
