"""Work that is done ahead on threads, in order.

::

    add(1) add(2) add(3)        work(1) work(2) work(3) on `count` threads
    next() -> result of 1       waits for it, whatever else is done

Invariant: in the child of a fork, which has the caller's thread and none of these, the work that is due is done anew.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

from .workers import Job, Workers

__all__ = ["Ahead"]

Item = TypeVar("Item")
Result = TypeVar("Result")


class Ahead(Generic[Item, Result]):
    """Results in the order in which items were added.

    Parameters
    ----------
    work : callable
        From an item to its result; called on other threads.
    count : int
        How many threads.
    """

    def __init__(self, work: Callable[[Item], Result], count: int) -> None:
        self._work = work
        self._count = count
        self._due: deque[Job[Item, Result]] = deque()
        self._start()

    def _start(self) -> None:
        self._process = os.getpid()
        self._workers = Workers(self._work, self._count, "proteusdb-decode")

    def __len__(self) -> int:
        return len(self._due)

    def add(self, item: Item) -> None:
        """Begins the work on an item."""
        self._here()
        self._due.append(self._workers.begin(item))

    def next(self) -> Result:
        """The next result; raises what its work raised."""
        self._here()
        return self._due.popleft().result()

    def close(self) -> None:
        """Gives up what is due; what runs ends by itself."""
        if self._process == os.getpid():
            self._workers.close()

    def _here(self) -> None:
        if self._process != os.getpid():
            self._start()
            self._due = deque(self._workers.begin(job.item) for job in self._due)
