"""Many records to the store: batches that are prepared while the one before commits.

::

    items ──gather──> batch n+1 ──work (a thread of its own, GIL released)──> steps
                      batch n   ──commit (the caller's thread)──> report

Invariants: two batches exist at a time, each of at most `batch_size` items and about 64 MiB, so memory is bounded; one
batch is one transaction; an id stands in the report only after its batch is committed. An exception, Ctrl-C included,
leaves every reported batch stored and every other untouched, and returns within the time of one small piece of work.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from .._core import Operation
from ..backends.base import Outcome
from ..errors import ProteusError
from .progress import Meter
from .report import Entry, LoadReport
from .session import Session

__all__ = ["MAX_BATCH_BYTES", "Loader", "Step"]

MAX_BATCH_BYTES = 64 << 20
_PIECE_BYTES = 4 << 20
"""A batch is prepared in pieces of this size, so that a stop is noticed soon."""

Item = TypeVar("Item")
Work = Callable[[Sequence[Item]], "list[Step]"]


@dataclass(slots=True)
class Step:
    """What became of an item before it meets the store.

    Attributes
    ----------
    name : str
        What messages call it.
    size : int
        Bytes of input.
    found : Operation or ProteusError or (str, str)
        What to apply; why it cannot be; or (`"skipped"` | `"pending"`, reason).
    """

    name: str
    size: int
    found: Operation | ProteusError | tuple[Literal["skipped", "pending"], str]


class Loader(Generic[Item]):
    """One load.

    Parameters
    ----------
    session : Session
        Where to.
    work : callable
        Turns items into steps; called on another thread, with small pieces.
    size : callable
        Bytes an item holds or will hold.
    batch_size : int
        Items in a transaction, at most.
    skip_errors : bool
        Whether what fails is reported and the rest stored, rather than raised.
    meter : Meter
        Told of every batch.
    """

    def __init__(
        self,
        session: Session,
        work: Work[Item],
        size: Callable[[Item], int],
        *,
        batch_size: int,
        skip_errors: bool,
        meter: Meter,
    ) -> None:
        self._session = session
        self._work = work
        self._size = size
        self._batch_size = batch_size
        self._skip_errors = skip_errors
        self._meter = meter
        self._stop = threading.Event()
        self.report = LoadReport()

    def run(self, items: Iterable[Item]) -> LoadReport:
        """Loads everything.

        Raises
        ------
        ProteusError
            Without `skip_errors`, the first failure; nothing of its batch is stored, what came before is, and the
            error's notes say how much that is.
        """
        started = time.monotonic()
        thread = ThreadPoolExecutor(1, thread_name_prefix="proteusdb-prepare")
        try:
            with self._meter:
                self._pump(thread, items)
        except BaseException as error:
            error.add_note(f"{self.report.stored} predictions were stored before this")
            raise
        finally:
            self._stop.set()
            thread.shutdown(wait=False, cancel_futures=True)
            self.report.seconds = time.monotonic() - started
        return self.report

    def _pump(self, thread: ThreadPoolExecutor, items: Iterable[Item]) -> None:
        ahead: Future[list[Step]] | None = None
        for batch in self._gather(items, self._batch_size, MAX_BATCH_BYTES):
            following = thread.submit(self._prepare, batch)
            if ahead is not None:
                self._commit(ahead.result())
            ahead = following
        if ahead is not None:
            self._commit(ahead.result())

    def _gather(self, items: Iterable[Item], count: int, room: int) -> Iterator[list[Item]]:
        batch: list[Item] = []
        held = 0
        for item in items:
            size = self._size(item)
            if batch and (len(batch) == count or held + size > room):
                yield batch
                batch, held = [], 0
            batch.append(item)
            held += size
        if batch:
            yield batch

    def _prepare(self, batch: list[Item]) -> list[Step]:
        steps: list[Step] = []
        for piece in self._gather(batch, self._batch_size, _PIECE_BYTES):
            if self._stop.is_set():
                break
            steps += self._work(piece)
        return steps

    # --- committing ---------------------------------------------------------------------------------------------------

    def _commit(self, steps: list[Step]) -> None:
        if not self._skip_errors:
            for step in steps:
                if isinstance(step.found, ProteusError):
                    self._fail(step.name, step.found)
        outcomes = iter(self._apply([step.found for step in steps if isinstance(step.found, Operation)]))
        for step in steps:
            if isinstance(step.found, Operation):
                self._note(step, step.found, next(outcomes))
            elif isinstance(step.found, ProteusError):
                self._fail(step.name, step.found)
            else:
                kind, reason = step.found
                (self.report.skipped if kind == "skipped" else self.report.pending).append(Entry(step.name, reason))
        self._meter.advance(len(steps))

    def _apply(self, operations: list[Operation]) -> Sequence[Outcome | ProteusError]:
        if not operations:
            return []
        return (self._session.commit_each if self._skip_errors else self._session.commit)(operations)

    def _note(self, step: Step, operation: Operation, outcome: Outcome | ProteusError) -> None:
        if isinstance(outcome, ProteusError):
            self._fail(step.name, outcome)
            return
        what, prediction_id, version = outcome
        if what == "skipped":
            reason = f"prediction {prediction_id!r} is stored already, as version {version}"
            self.report.skipped.append(Entry(step.name, reason))
            return
        self.report.ids.append(prediction_id)
        self.report.bytes += step.size
        if operation.prediction is not None:
            self.report.residues += operation.prediction.length

    def _fail(self, name: str, error: ProteusError) -> None:
        text = str(error)
        if self._skip_errors:
            self.report.failed.append(Entry(name, text.removeprefix(f"{name}: ")))
            return
        raise error if text.startswith(name) else type(error)(f"{name}: {text}") from error
