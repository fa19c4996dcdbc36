"""What one open manager holds, and the one gate through which its verbs reach the back end.

::

    manager ── Session ─┬ backend            refused once closed
                        ├ settings           how records are encoded
                        ├ metrics, plans     every call of the back end is counted
                        ├ reader             this thread's transaction where it is inside one, else the back end
                        └ model(model_id)    records of models, remembered for a moment

Invariants: a transaction belongs to the thread that began it; whatever is written goes through `write` or `commit`.
"""

from __future__ import annotations

import threading
import time
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, cast

from .. import _core
from .._core import Operation, Stored
from ..backends.base import Backend, Crowd, Decoder, Historian, Outcome, Reader
from ..backends.keeping import Keeping
from ..errors import (
    ConnectionError,
    PredictionNotFoundError,
    ProteusError,
    QueryError,
    QuotaWarning,
    StorageError,
)
from ..metrics.counters import Metrics
from ..metrics.metered import metered
from ..metrics.plans import Plans
from .config import Config, open_backend
from .known import Known, reference_of
from .long_readers import LongReaders

if TYPE_CHECKING:
    from .transaction import Overlay

__all__ = ["Session"]

Capability = Literal["past", "quota", "schema"]

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
            compression=config.core_compression(),
            precision=precision,
            pae_precision=pae_precision,
            keep_original=config.keep_original,
        )
        self.metrics = Metrics()
        self.plans = Plans()
        self._take = self.metrics.reads.take
        self._take_structures = self.metrics.structures.take
        opened = open_backend(config) if backend is None else backend
        if config.keep_versions is not None and not opened.capabilities.past:
            opened.close()
            raise QueryError(
                f"keep_versions {config.keep_versions}: the {opened.capabilities.name} back end keeps every version; "
                "allowed is None"
            )
        self._backend: Backend | None = metered(opened, self.metrics, self.plans)
        self.url = self._backend.url
        self._known = Known(opened, self.settings)
        self._models: dict[str, tuple[float, dict[str, Any]]] = {}
        self._warned = False
        crowd = cast(Crowd, opened) if opened.capabilities.readers else None
        self._long_readers = None if crowd is None else LongReaders(self.url, crowd.oldest_reader)
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
        StorageError
            The back end does not have this call.
        """
        if what in self.backend.capabilities.missing:
            raise StorageError(f"{what}: the back end {self.backend.capabilities.name!r} does not have it")
        if self.overlay is not None:
            raise QueryError(
                f"{what} inside transaction() is refused: what the transaction has buffered is not indexed yet; "
                "read by id inside it, or ask before or after it"
            )
        return self.backend

    def with_history(self, what: str) -> Historian:
        """The back end, for what needs its whole history.

        Raises
        ------
        StorageError
            It cannot tell it.
        QueryError
            This thread is inside a transaction.
        """
        backend = self.outside(what)
        if not backend.capabilities.histories:
            raise StorageError(f"{self.url}: {what} is not there for the back end {backend.capabilities.name!r}")
        return cast(Historian, backend)

    def kept(self, capability: Capability) -> Keeping | None:
        """The back end, where it has a capability."""
        backend = self.backend
        return cast(Keeping, backend) if getattr(backend.capabilities, capability) else None

    def keeping(self, what: str, capability: Capability) -> Keeping:
        """The back end, for what needs a capability and no transaction does.

        Raises
        ------
        QueryError
            It has not; or this thread is inside a transaction.
        """
        self.outside(what)
        keeping = self.kept(capability)
        if keeping is None:
            raise QueryError(f"{what}: the {self.backend.capabilities.name} back end cannot; use 'lmdb'")
        return keeping

    # --- writing ------------------------------------------------------------------------------------------------------

    def check_writable(self) -> None:
        """Raises a StorageError where the database was opened to be read only."""
        if self.config.read_only:
            raise StorageError(f"{self.url} is open with read_only=True; open it without to write")

    def prepare(self, drafts: Sequence[Mapping[str, Any]], workers: int = 1) -> list[Operation | ProteusError]:
        """Validates and encodes drafts; one operation or its error for each."""
        self._known.meet(drafts)
        return _core.prepare(drafts, self.settings, workers)

    def write(self, operation: Operation) -> Outcome:
        """Applies one operation, or adds it to this thread's transaction."""
        return self.commit([operation])[0]

    def commit(self, operations: Sequence[Operation]) -> list[Outcome]:
        """Applies operations as one unit, or adds them to this thread's transaction."""
        self.check_writable()
        overlay = self.overlay
        operations = self._bounded(operations)
        if overlay is not None:
            return overlay.add_all(operations)
        outcomes = [_raised(outcome) for outcome in self.backend.apply(operations, each_alone=False)]
        self.look_at_size()
        return outcomes

    def commit_each(self, operations: Sequence[Operation]) -> list[Outcome | ProteusError]:
        """Applies operations in one transaction that leaves out those which fail."""
        self.check_writable()
        overlay = self.overlay
        operations = self._bounded(operations)
        outcomes: list[Outcome | ProteusError] = []
        if overlay is None:
            outcomes = self.backend.apply(operations, each_alone=True)
            self.look_at_size()
            return outcomes
        for operation in operations:
            try:
                outcomes.append(overlay.add(operation))
            except ProteusError as error:
                outcomes.append(error)
        return outcomes

    def _bounded(self, operations: Sequence[Operation]) -> Sequence[Operation]:
        """With `keep_versions`, operations that trim what they wrote."""
        keep = self.config.keep_versions
        return operations if keep is None else [operation.bounded(keep) for operation in operations]

    def look_at_size(self) -> None:
        """Warns, once until there is room again, where the store has come near its quota; and of who lets it grow."""
        keeping = self.kept("quota")
        used = None if keeping is None else keeping.pressure()
        if keeping is not None and used is not None and not self._warned:
            most = keeping.quota()[0]
            limit = "" if most is None else f" of the {most:,} its quota allows"
            text = f"{self.url} uses {used:,} bytes{limit}; cleanup() and compact() make room, set_quota() allows more"
            warnings.warn(text, QuotaWarning, stacklevel=5)
        self._warned = used is not None
        if self._long_readers is not None:
            self._long_readers.look()

    # --- reading ------------------------------------------------------------------------------------------------------

    def require(self, prediction_id: str, *, version: int | None = None, as_of: int | None = None) -> Stored:
        """The prediction, or a PredictionNotFoundError that says what is there instead."""
        if not isinstance(prediction_id, str):
            raise QueryError(f"prediction_id {prediction_id!r}: a str is needed")
        reader = self.reader
        get = reader.get
        try:
            self._take()
        except IndexError:
            get = self.metrics.reads.timing(get)
        try:
            stored = get(prediction_id, version=version, as_of=as_of)
        except BaseException:
            self.metrics.reads.fail()
            raise
        if stored is None or stored.deleted:
            raise PredictionNotFoundError(_absence(reader.history(prediction_id), prediction_id, version, as_of))
        return stored

    def part(self, stored: Stored, kind: str, name: str) -> bytes:
        """Encoded bytes of a part, from memory where they were not written yet."""
        fresh = stored.fresh(kind, name)
        return self.backend.part(stored, kind, name) if fresh is None else fresh

    def structures(self, stored: Sequence[Stored], *, keep: bool) -> list[_core.Structure | None]:
        """Decoded structures; with `keep`, the back end may remember them for a second look."""
        backend = self.backend
        if not backend.capabilities.decodes:
            blobs = backend.parts(stored, "structure", "")
            return [None if blob is None else _core.decode_structure(blob) for blob in blobs]
        decode = cast(Decoder, backend).structures
        try:
            self._take_structures()
        except IndexError:
            decode = self.metrics.structures.timing(decode)
        try:
            return decode(stored, keep)
        except BaseException:
            self.metrics.structures.fail()
            raise

    def array(self, stored: Stored, kind: str, name: str) -> tuple[bytes, bytes | None]:
        """Encoded bytes of an array or a source, and of the array it was coded beside, if it was."""
        beside = reference_of(stored, kind, name)
        return self.part(stored, kind, name), None if beside is None else self.part(stored, "reference", beside)

    def model(self, model_id: str) -> dict[str, Any] | None:
        """A model's record; remembered for a second, since a page of results names few models many times."""
        if self.overlay is not None:
            return self.overlay.get_model(model_id)
        known = self._models.get(model_id)
        fresh = known is not None and time.monotonic() - known[0] < _MODEL_SECONDS
        self.metrics.cache("models", fresh)
        if known is not None and fresh:
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
        if any(stored.version == version for stored in history):
            return (
                f"prediction {prediction_id!r}: version {version} says that it was deleted; history() lists the others"
            )
        if 1 <= version <= last.version:
            left = ", ".join(str(stored.version) for stored in history)
            return f"prediction {prediction_id!r}: version {version} was cleaned up; versions {left} are left"
        return f"prediction {prediction_id!r} has no version {version}; its last is {last.version}"
    if as_of is not None:
        return (
            f"prediction {prediction_id!r} did not exist at that time, or its version of then was cleaned up; "
            "history() lists the versions that are left"
        )
    return f"prediction {prediction_id!r} was deleted; history() lists its versions, revert() brings one back"
