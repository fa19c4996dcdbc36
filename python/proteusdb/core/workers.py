"""Threads that work for the caller's, in a way that Ctrl-C cannot break.

::

    job = workers.begin(item)      work(item) runs on one of them
    job.result()                   waits for it; returns or raises what it did

An exception that a signal raises strikes the main thread between any two steps, also between the taking of a lock and
the `try` that would release it. So may end the locks inside of `Future` and `ThreadPoolExecutor`: taken for ever, with
threads that wait for them, and a process that cannot exit. Here the callers' threads take no lock: `put` and `get` of a
`SimpleQueue` are one step each.

Invariants: the threads end soon after `close`, when they have done what they are at; and none is in the compiled core
when the interpreter ends, because that waits for them.
"""

from __future__ import annotations

import atexit
import threading
import weakref
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

__all__ = ["Job", "Workers"]

Item = TypeVar("Item")
Result = TypeVar("Result")

_at_work: weakref.WeakSet[Workers[Any, Any]] = weakref.WeakSet()
"""Those whose threads may run; a stream that is kept half read at the end of a program is among them."""


class Job(Generic[Item, Result]):
    """One item at work."""

    __slots__ = ("_done", "item")

    def __init__(self, item: Item) -> None:
        self.item = item
        self._done: SimpleQueue[tuple[Result, None] | tuple[None, BaseException]] = SimpleQueue()

    def run(self, work: Callable[[Item], Result]) -> None:
        """Does the work; called by its thread."""
        try:
            self._done.put((work(self.item), None))
        except BaseException as error:
            self._done.put((None, error))

    def result(self) -> Result:
        """What came of it; asked for once."""
        result, error = self._done.get()
        if error is not None:
            raise error
        return result  # type: ignore[return-value]


class Workers(Generic[Item, Result]):
    """Threads with one kind of work.

    Parameters
    ----------
    work : callable
        From an item to its result.
    count : int
        Threads, at most; each is started when there is work for it.
    name : str
        Of the threads.
    """

    def __init__(self, work: Callable[[Item], Result], count: int, name: str) -> None:
        self._work = work
        self._count = count
        self._name = name
        self._todo: SimpleQueue[Job[Item, Result] | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._closed = False

    def begin(self, item: Item) -> Job[Item, Result]:
        """Gives an item to the next thread that has time."""
        job: Job[Item, Result] = Job(item)
        self._todo.put(job)
        if len(self._threads) < self._count:
            _at_work.add(self)
            thread = threading.Thread(target=self._run, name=f"{self._name}-{len(self._threads)}", daemon=True)
            self._threads.append(thread)
            thread.start()
        return job

    def close(self) -> None:
        """Sends the threads home; what nobody has begun is not done."""
        self._closed = True
        for _ in self._threads:
            self._todo.put(None)

    def join(self) -> None:
        """Waits for the threads of this process to end."""
        for thread in self._threads:
            if thread.is_alive():
                thread.join()

    def _run(self) -> None:
        while (job := self._todo.get()) is not None and not self._closed:
            job.run(self._work)


@atexit.register
def _end() -> None:
    for workers in list(_at_work):
        workers.close()
        workers.join()
