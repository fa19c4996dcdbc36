"""Many records to the store: batches that are prepared while the one before commits.

::

    items ──gather──> batch n+1 ──work (a thread of its own, GIL released)──> steps
                      batch n   ──commit (the caller's thread)──> report

Invariants: two batches exist at a time, each of at most `batch_size` items and about 64 MiB, so memory is bounded; one
batch is one transaction; an id stands in the report only after its batch is committed. An exception, Ctrl-C included,
leaves every reported batch stored and every other untouched, and returns within the time of one small piece of work.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from .._core import Operation
from ..backends.base import Outcome
from ..errors import ProteusError
from .progress import Meter
from .report import Entry, LoadReport
from .session import Session
from .workers import Job, Workers

__all__ = ["MAX_BATCH_BYTES", "PIECE_BYTES", "Loader", "Step"]

MAX_BATCH_BYTES = 64 << 20
PIECE_BYTES = 4 << 20
"""A batch is prepared in pieces of this size a thread, so that a stop is noticed soon."""

Item = TypeVar("Item")
Work = Callable[[Sequence[Item]], "list[Step]"]


Found = Operation | ProteusError | tuple[Literal["skipped", "pending"], str]
"""What became of an item before it meets the store."""


@dataclass(slots=True)
class Step:
    """What became of an item before it meets the store.

    Attributes
    ----------
    name : object
        What messages call it, as `str` has it: made only where it is needed.
    size : int
        Bytes of input.
    found : Operation or ProteusError or (str, str)
        What to apply; why it cannot be; or (`"skipped"` | `"pending"`, reason).
    prediction_id : str
        The id, where it is known before.
    aliases : sequence of str
        Files that are the same under another name.
    """

    name: object
    size: int
    found: Found
    prediction_id: str = ""
    aliases: Sequence[str] = ()


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
    batch_bytes : int
        About the bytes of a transaction, at most.
    piece_bytes : int
        About the bytes of a piece.
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
        batch_bytes: int = MAX_BATCH_BYTES,
        piece_bytes: int = PIECE_BYTES,
        skip_errors: bool,
        meter: Meter,
    ) -> None:
        self._session = session
        self._work = work
        self._size = size
        self._batch_size = batch_size
        self._batch_bytes = batch_bytes
        self._piece_bytes = piece_bytes
        self._skip_errors = skip_errors
        self._meter = meter
        self._stop = False
        self.report = LoadReport()

    def run(self, items: Iterable[Item], rest: Callable[[], Iterable[Item]] = tuple) -> LoadReport:
        """Loads everything.

        Parameters
        ----------
        items : iterable
            What to load.
        rest : callable
            Gives what had to wait until all of these were committed; asked again until nothing has.

        Raises
        ------
        ProteusError
            Without `skip_errors`, the first failure; nothing of its batch is stored, what came before is, and the
            error's notes say how much that is.
        """
        started = time.monotonic()
        thread = Workers(self._prepare, 1, "proteusdb-prepare")
        try:
            with self._meter:
                self._pump(thread, items)
                while waiting := list(rest()):
                    self._pump(thread, waiting)
        except BaseException as error:
            # An interruption may fall between the commit of a batch and its report.
            least = "" if isinstance(error, ProteusError) else "at least "
            error.add_note(f"{least}{self.report.stored} predictions were stored before this")
            raise
        finally:
            self._stop = True
            thread.close()
            self.report.seconds = time.monotonic() - started
        return self.report

    def _pump(self, thread: Workers[list[Item], list[Step]], items: Iterable[Item]) -> None:
        ahead: Job[list[Item], list[Step]] | None = None
        for batch in self._gather(items, self._batch_size, self._batch_bytes):
            following = thread.begin(batch)
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
        for piece in self._gather(batch, self._batch_size, self._piece_bytes):
            if self._stop:
                break
            steps += self._work(piece)
        return steps

    # --- committing ---------------------------------------------------------------------------------------------------

    def _commit(self, steps: list[Step]) -> None:
        if not self._skip_errors:
            for step in steps:
                if isinstance(step.found, ProteusError):
                    self._fail(str(step.name), step.found)
        outcomes = iter(self._apply([step.found for step in steps if isinstance(step.found, Operation)]))
        for step in steps:
            if isinstance(step.found, Operation):
                self._note(step, step.found, next(outcomes))
            elif isinstance(step.found, ProteusError):
                self._fail(str(step.name), step.found)
            else:
                self._leave(step, *step.found)
        self._meter.advance(len(steps))

    def _apply(self, operations: list[Operation]) -> Sequence[Outcome | ProteusError]:
        if not operations:
            return []
        return (self._session.commit_each if self._skip_errors else self._session.commit)(operations)

    def _leave(self, step: Step, kind: str, reason: str) -> None:
        (self.report.skipped if kind == "skipped" else self.report.pending).append(Entry(str(step.name), reason))
        if kind == "skipped":
            self._name_aliases(step, step.prediction_id)

    def _name_aliases(self, step: Step, prediction_id: str) -> None:
        self.report.aliases.update((alias, prediction_id) for alias in step.aliases)

    def _note(self, step: Step, operation: Operation, outcome: Outcome | ProteusError) -> None:
        if isinstance(outcome, ProteusError):
            self._fail(str(step.name), outcome)
            return
        what, prediction_id, version = outcome
        if what == "skipped":
            reason = f"prediction {prediction_id!r} is stored already, as version {version}"
            self.report.skipped.append(Entry(str(step.name), reason))
            return
        self.report.ids.append(prediction_id)
        if step.aliases:
            self._name_aliases(step, prediction_id)
        self.report.bytes += step.size
        self.report.residues += operation.residues

    def _fail(self, name: str, error: ProteusError) -> None:
        text = str(error)
        if self._skip_errors:
            self.report.failed.append(Entry(name, text.removeprefix(f"{name}: ")))
            return
        raise error if text.startswith(name) else type(error)(f"{name}: {text}") from error
