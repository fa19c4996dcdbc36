"""Counters that cost next to nothing to feed.

::

    observe("query", 0.0021, plan="job") ─> series ("query", "job") ─ fresh [2_100_000, ...]   one append
                                                       └─ fold, when read or grown ─> counts by power of two, total

`list.append` is one step, so threads share a series without a lock and no call is lost; only folding takes the lock.
Reads take microseconds, of which two looks at the clock would be a part worth speaking of: all are counted, and
one in `SAMPLED` is timed. A read takes a token off a list, which is one step too; the one that finds none is timed.

Invariants: counts never fall; the number of series, slow queries and fresh durations is bounded, whatever is asked.
"""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeVar

from ..errors import ValidationError

__all__ = ["BOUNDS", "SAMPLED", "Metrics", "Reads", "Series", "SlowQuery", "Totals"]

Answer = TypeVar("Answer")

_FOLD_AT = 4096
"""Fresh durations of a series."""

SAMPLED = 64
"""One in this many reads by id is timed."""

_TOKENS = (None,) * (SAMPLED - 1)

_LOWEST, _HIGHEST = 10, 36
BOUNDS = tuple(2**power / 1e9 for power in range(_LOWEST, _HIGHEST + 1))
"""Upper bounds of the buckets in seconds: 1.024 µs to 69 s, each twice the one before; one more has no end."""

_MOST_SERIES = 1024
_MOST_SLOW = 100
_CRITERIA = 500
"""Characters of a slow query's criteria that are kept."""

_alive: weakref.WeakSet[Metrics] = weakref.WeakSet()


class Totals(NamedTuple):
    """A series at one moment.

    Attributes
    ----------
    calls, failed : int
        Those that answered, and that raised.
    seconds : float
        Their sum; of reads by id it is told from those that were timed.
    slowest : float
        The longest, in seconds.
    buckets : tuple of int
        How many of the timed were within each of `BOUNDS` and above the one before, and last how many above all.
    """

    calls: int
    failed: int
    seconds: float
    slowest: float
    buckets: tuple[int, ...]

    @property
    def timed(self) -> int:
        """How many were timed."""
        return sum(self.buckets)

    def quantile(self, share: float) -> float | None:
        """The bound that at least this share of the calls was within, in seconds; None without a call."""
        wanted, seen = share * self.timed, 0
        for number, within in enumerate(self.buckets):
            seen += within
            if within and seen >= wanted:
                return min(self.slowest, BOUNDS[number]) if number < len(BOUNDS) else self.slowest
        return None


class Series:
    """Durations of one kind of call, in nanoseconds."""

    __slots__ = ("_counts", "_failed", "_fresh", "_lock", "_slowest", "_total")

    def __init__(self) -> None:
        self._fresh: list[int] = []
        self.reset()

    def reset(self) -> None:
        """Forgets all; whoever holds the series goes on feeding it."""
        self._fresh.clear()
        self._lock = threading.Lock()
        self._counts = [0] * (len(BOUNDS) + 1)
        self._failed = 0
        self._total = 0
        self._slowest = 0

    def add(self, nanoseconds: int) -> None:
        """Counts one."""
        self._fresh.append(nanoseconds)
        if len(self._fresh) > _FOLD_AT:
            self.fold()

    def fail(self) -> None:
        """Counts a call that raised."""
        with self._lock:
            self._failed += 1

    def fold(self) -> Totals:
        """Counts what is fresh, and tells all."""
        with self._lock:
            # Others append meanwhile, behind what is taken.
            batch = self._fresh[:]
            del self._fresh[: len(batch)]
            for nanoseconds in batch:
                power = (nanoseconds - 1).bit_length() if nanoseconds > 0 else 0
                self._counts[min(max(power - _LOWEST, 0), len(BOUNDS))] += 1
            self._total += sum(batch)
            self._slowest = max(self._slowest, *batch) if batch else self._slowest
            counts = tuple(self._counts)
            return Totals(sum(counts), self._failed, self._total / 1e9, self._slowest / 1e9, counts)


class Reads(Series):
    """Reads by id, of a part, or of structures.

    Attributes
    ----------
    take : callable
        To be called at each read; where it raises an IndexError, the read is to be done by `timing`.
    """

    __slots__ = ("_dealt", "_seconds", "_seen", "_tokens", "take")

    def __init__(self) -> None:
        self._tokens: list[None] = []
        self.take = self._tokens.pop
        super().__init__()

    def reset(self) -> None:
        """See `Series.reset`; the first read from now on is timed."""
        super().reset()
        self._tokens.clear()
        self._dealt = 0
        self._seen, self._seconds = Totals(0, 0, 0.0, 0.0, (0,)), 0.0

    def timing(self, function: Callable[..., Answer]) -> Callable[..., Answer]:
        """The function, timed, where `take` found no token; there are tokens again for those that follow."""
        with self._lock:
            self._dealt += SAMPLED
            self._tokens.extend(_TOKENS)

        def timed(*args: Any, **kwargs: Any) -> Answer:
            started = time.perf_counter_ns()
            answer = function(*args, **kwargs)
            self.add(time.perf_counter_ns() - started)
            return answer

        return timed

    def fold(self) -> Totals:
        """See `Series.fold`."""
        told = super().fold()
        with self._lock:
            calls = self._dealt - len(self._tokens) - self._failed
            # Those since the last look took as long as the timed ones among them; so the sum never falls.
            seen, timed = self._seen, told.timed - self._seen.timed
            mean = (told.seconds - seen.seconds) / timed if timed > 0 else told.seconds / max(1, told.timed)
            self._seconds += max(0.0, mean) * max(0, calls - seen.calls)
            self._seen = told._replace(calls=calls)
            return self._seen._replace(seconds=self._seconds)


@dataclass(frozen=True, slots=True)
class SlowQuery:
    """A query that took long.

    Attributes
    ----------
    at : datetime
        When it ended, UTC.
    kind : str
        `query`, `count` or `best`.
    seconds : float
        How long it took.
    criteria : str
        What was asked, at most 500 characters.
    plan : str
        The key of its series; `Metrics.plan_of` gives its name.
    """

    at: datetime
    kind: str
    seconds: float
    criteria: str
    plan: str | None


class Metrics:
    """The counters of one open database. Any layer may feed them, from any thread.

    Parameters
    ----------
    slow_seconds : float, optional
        What a query must take to be kept as slow: `PROTEUSDB_SLOW_SECONDS`, else 1.
    """

    def __init__(self, slow_seconds: float | None = None) -> None:
        self.slow_seconds = _slow_seconds() if slow_seconds is None else slow_seconds
        self.reads = Reads()
        self.parts = Reads()
        self.structures = Reads()
        sampled = {"read": self.reads, "part": self.parts, "structures": self.structures}
        self._series: dict[tuple[str, str | None], Series] = {(kind, None): each for kind, each in sampled.items()}
        self._reset()
        _alive.add(self)

    def _reset(self) -> None:
        self._lock = threading.Lock()
        for series in self._series.values():
            series.reset()
        self._slow: deque[SlowQuery] = deque(maxlen=_MOST_SLOW)
        self._slow_count = 0
        self._counts: dict[str, int] = {}
        self._caches: dict[str, list[int]] = {}
        self._first: tuple[float, dict[str, int]] | None = None
        self.started = time.monotonic()

    def series(self, kind: str, plan: str | None = None) -> Series:
        """The series of a kind of call and a plan; beyond 1024 of them, that of all other plans."""
        found = self._series.get((kind, plan))
        if found is None:
            with self._lock:
                if plan is not None and len(self._series) >= _MOST_SERIES:
                    plan = "other"
                found = self._series.setdefault((kind, plan), Series())
        return found

    def observe(self, kind: str, seconds: float, plan: str | None = None, *, failed: bool = False) -> None:
        """Counts one call.

        Parameters
        ----------
        kind : str
            What was called, such as `read`, `query`, `write`, `retry`.
        seconds : float
            How long it took.
        plan : str, optional
            How it was answered.
        failed : bool
            Whether it raised; its time does not count then.
        """
        series = self.series(kind, plan)
        if failed:
            series.fail()
        else:
            series.add(max(0, int(seconds * 1e9)))

    def slow(self, kind: str, seconds: float, criteria: Mapping[str, Any], plan: str | None) -> None:
        """Keeps a slow query; of many the last hundred."""
        text = ", ".join(f"{name}={value!r}" for name, value in criteria.items())[:_CRITERIA]
        query = SlowQuery(datetime.now(UTC), kind, seconds, text, plan)
        with self._lock:
            self._slow.append(query)
            self._slow_count += 1

    def count(self, name: str, by: int = 1) -> None:
        """Adds to a plain counter, such as `operations`."""
        with self._lock:
            self._counts[name] = self._counts.get(name, 0) + by

    def cache(self, name: str, hit: bool) -> None:
        """Counts a look into a cache."""
        with self._lock:
            self._caches.setdefault(name, [0, 0])[0 if hit else 1] += 1

    def first_seen(self, now: float, sizes: Mapping[str, int]) -> tuple[float, dict[str, int]]:
        """When sizes were first told, and what they were; growth is told from there."""
        with self._lock:
            if self._first is None:
                self._first = (now, dict(sizes))
            return self._first

    # --- reading ------------------------------------------------------------------------------------------------------

    def totals(self) -> dict[tuple[str, str | None], Totals]:
        """Every series, by kind and plan."""
        with self._lock:
            series = list(self._series.items())
        return {key: each.fold() for key, each in series}

    def slow_queries(self) -> tuple[int, list[SlowQuery]]:
        """How many there were, and the last of them, oldest first."""
        with self._lock:
            return self._slow_count, list(self._slow)

    def counts(self) -> dict[str, int]:
        """The plain counters."""
        with self._lock:
            return dict(self._counts)

    def caches(self) -> dict[str, tuple[int, int]]:
        """(hits, misses) of each cache."""
        with self._lock:
            return {name: (hits, misses) for name, (hits, misses) in self._caches.items()}


def _slow_seconds() -> float:
    text = os.environ.get("PROTEUSDB_SLOW_SECONDS") or "1"
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise ValidationError(f"environment variable PROTEUSDB_SLOW_SECONDS={text!r}: allowed is a number, 0 or more")
    return seconds


def _begin_anew() -> None:
    """In a child: its counters are its own, and a lock that another thread held at the fork would never be let go."""
    for metrics in list(_alive):
        metrics._reset()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)
