"""What one open manager holds, and the one gate through which its verbs reach the back end.

::

    manager ── Session ─┬ backend            refused once closed
                        ├ settings           how records are encoded
                        ├ reader             this thread's transaction where it is inside one, else the back end
                        └ model(model_id)    records of models, remembered for a moment

Invariants: a transaction belongs to the thread that began it; whatever is written goes through `write` or `commit`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .. import _core
from .._core import Operation, Stored
from ..backends.base import Backend, Outcome, Reader
from ..errors import ConnectionError, PredictionNotFoundError, ProteusError, QueryError, StorageError
from .config import Config, open_backend

if TYPE_CHECKING:
    from .transaction import Overlay

__all__ = ["Session"]

_MODEL_SECONDS = 1.0
"""How long a model's record is believed: another process may rename it."""


class Session:
    """One open database, as the verbs see it.

    Parameters
    ----------
    config : Config
        How it was opened.
    backend : Backend, optional
        An open back end; else the one `config` describes is opened.
    """

    def __init__(self, config: Config, backend: Backend | None = None) -> None:
        precision, pae_precision = config.core_precision()
        self.config = config
        self.settings = _core.Settings(
            compression=config.core_compression(), precision=precision, pae_precision=pae_precision
        )
        self._backend: Backend | None = open_backend(config) if backend is None else backend
        self.url = self._backend.url
        self._models: dict[str, tuple[float, dict[str, Any]]] = {}
        self._thread = threading.local()

    @property
    def backend(self) -> Backend:
        """The back end, while the database is open."""
        if self._backend is None:
            raise ConnectionError(f"{self.url} was closed by this manager; make a new DatabaseManager to go on")
        return self._backend

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._backend is None

    def close(self) -> None:
        """Lets go of the back end; a second call does nothing."""
        backend, self._backend = self._backend, None
        if backend is not None:
            backend.close()

    # --- the transaction of this thread -------------------------------------------------------------------------------

    @property
    def overlay(self) -> Overlay | None:
        """The transaction this thread is inside, if any."""
        return getattr(self._thread, "overlay", None)

    @overlay.setter
    def overlay(self, overlay: Overlay | None) -> None:
        self._thread.overlay = overlay

    @property
    def reader(self) -> Reader:
        """What answers by id: the transaction's view, else the back end."""
        backend = self.backend
        overlay = self.overlay
        return backend if overlay is None else overlay

    def outside(self, what: str) -> Backend:
        """The back end, for what a transaction cannot do.

        Raises
        ------
        QueryError
            This thread is inside a transaction.
        """
        if self.overlay is not None:
            raise QueryError(
                f"{what} inside transaction() is refused: what the transaction has buffered is not indexed yet; "
                "read by id inside it, or ask before or after it"
            )
        return self.backend

    # --- writing ------------------------------------------------------------------------------------------------------

    def check_writable(self) -> None:
        """Raises a StorageError where the database was opened to be read only."""
        if self.config.read_only:
            raise StorageError(f"{self.url} is open with read_only=True; open it without to write")

    def prepare(self, drafts: Sequence[Mapping[str, Any]], workers: int = 1) -> list[Operation | ProteusError]:
        """Validates and encodes drafts; one operation or its error for each."""
        return _core.prepare(drafts, self.settings, workers)

    def write(self, operation: Operation) -> Outcome:
        """Applies one operation, or adds it to this thread's transaction."""
        return self.commit([operation])[0]

    def commit(self, operations: Sequence[Operation]) -> list[Outcome]:
        """Applies operations as one unit, or adds them to this thread's transaction."""
        self.check_writable()
        overlay = self.overlay
        if overlay is not None:
            return overlay.add_all(operations)
        return [_raised(outcome) for outcome in self.backend.apply(operations, each_alone=False)]

    def commit_each(self, operations: Sequence[Operation]) -> list[Outcome | ProteusError]:
        """Applies operations in one transaction that leaves out those which fail."""
        self.check_writable()
        overlay = self.overlay
        if overlay is None:
            return self.backend.apply(operations, each_alone=True)
        outcomes: list[Outcome | ProteusError] = []
        for operation in operations:
            try:
                outcomes.append(overlay.add(operation))
            except ProteusError as error:
                outcomes.append(error)
        return outcomes

    # --- reading ------------------------------------------------------------------------------------------------------

    def require(self, prediction_id: str, *, version: int | None = None, as_of: int | None = None) -> Stored:
        """The prediction, or a PredictionNotFoundError that says what is there instead."""
        if not isinstance(prediction_id, str):
            raise QueryError(f"prediction_id {prediction_id!r}: a str is needed")
        reader = self.reader
        stored = reader.get(prediction_id, version=version, as_of=as_of)
        if stored is None:
            raise PredictionNotFoundError(_absence(reader.history(prediction_id), prediction_id, version, as_of))
        return stored

    def part(self, stored: Stored, kind: str, name: str) -> bytes:
        """Encoded bytes of a part, from memory where they were not written yet."""
        fresh = stored.fresh(kind, name)
        return self.backend.part(stored, kind, name) if fresh is None else fresh

    def model(self, model_id: str) -> dict[str, Any] | None:
        """A model's record; remembered for a second, since a page of results names few models many times."""
        if self.overlay is not None:
            return self.overlay.get_model(model_id)
        known = self._models.get(model_id)
        if known is not None and time.monotonic() - known[0] < _MODEL_SECONDS:
            return known[1]
        record = self.backend.get_model(model_id)
        if record is not None:
            self._models[model_id] = (time.monotonic(), record)
        return record

    def forget_models(self) -> None:
        """After a model was changed here."""
        self._models.clear()


def _raised(outcome: Outcome | ProteusError) -> Outcome:
    if isinstance(outcome, ProteusError):
        raise outcome
    return outcome


def _absence(history: list[Stored], prediction_id: str, version: int | None, as_of: int | None) -> str:
    if not history:
        return f"no prediction has the id {prediction_id!r}"
    last = history[-1]
    if version is not None:
        if 1 <= version <= last.version:
            return f"prediction {prediction_id!r}: version {version} is a deletion, or was cleaned up"
        return f"prediction {prediction_id!r} has no version {version}; its last is {last.version}"
    if as_of is not None:
        return f"prediction {prediction_id!r} did not exist at that time; history() lists its versions"
    return f"prediction {prediction_id!r} was deleted; history() lists its versions, revert() brings one back"
