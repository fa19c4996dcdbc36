"""What each node was asked, and how it answered.

::

    statement ── node 2, no answer ── node 1, answers after 4 ms     2: requests +1
                                                                     1: requests +1, answers +1, seconds +0.004

Counted for one handle, from its opening on. A statement that was sent to another node before the first had answered
counts at both.
"""

from __future__ import annotations

import threading
import time
import weakref
from dataclasses import dataclass
from typing import Any

__all__ = ["Figures", "Tally"]


@dataclass(slots=True)
class Figures:
    """Of one node."""

    requests: int = 0
    answers: int = 0
    seconds: float = 0.0
    """Of all answers, each from when it was asked for."""


class Tally:
    """The figures of every node that was asked."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._figures: dict[str, Figures] = {}

    def begin(self, future: Any) -> None:
        """A statement is about to be sent."""
        # The callbacks must not keep alive what keeps them alive: its rows would stay until a collection.
        told = (weakref.ref(future), time.monotonic())
        future.add_callbacks(self._answered, self._failed, callback_args=told, errback_args=told)

    def of(self, address: str) -> Figures:
        """What is known of a node by now."""
        with self._lock:
            known = self._figures.get(address, Figures())
            return Figures(known.requests, known.answers, known.seconds)

    def _answered(self, _: Any, future: weakref.ref[Any], start: float) -> None:
        self._end(future(), time.monotonic() - start)

    def _failed(self, _: Any, future: weakref.ref[Any], start: float) -> None:
        self._end(future(), None)

    def _end(self, future: Any, seconds: float | None) -> None:
        if future is None:
            return
        with self._lock:
            for host in future.attempted_hosts:
                self._at(host).requests += 1
            if seconds is not None and future.coordinator_host is not None:
                known = self._at(future.coordinator_host)
                known.answers += 1
                known.seconds += seconds

    def _at(self, host: Any) -> Figures:
        return self._figures.setdefault(str(host.address), Figures())
