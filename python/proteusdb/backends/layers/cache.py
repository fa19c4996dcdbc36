"""Answers of queries, for as long as the store says that nothing was written.

::

    (token, "query", criteria) -> [(id, version), ...]

A back end has a `change_token()` that costs much less than a query and differs after every commit of any process, or it
gets no cache. A question that names a time from now on (`today`, `7 days ago`) is asked anew each time.

Invariants: an answer is given only for the token it was computed under, and the token is read before the answer; what a
caller gets is a list of its own; at most `most_bytes` are kept.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from datetime import date
from typing import Any

from .stack import Call

__all__ = ["Cache"]

_CACHED = frozenset(["query", "count", "best"])
_FROM_NOW = ("ago", "now", "today", "yesterday")
"""Words of times that pass; a name that holds one by chance is merely asked anew."""


class Cache:
    """Keeps answers.

    Parameters
    ----------
    token : callable
        The store's change token, or `None` where it has none by now.
    most_bytes : int
        About how much is kept.
    """

    def __init__(self, token: Callable[[], Hashable | None], most_bytes: int) -> None:
        self._token = token
        self._most = most_bytes
        self._bytes = 0
        self._answers: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._lock = threading.Lock()
        self._pid = os.getpid()
        self.hits = 0
        self.misses = 0

    def around(self, name: str, call: Call) -> Call:
        """See `Layer.around`."""
        if name not in _CACHED or not self._most:
            return call

        def remembered(criteria: Any, *rest: Any) -> Any:
            question = repr((name, sorted(criteria.items()), rest[:-1])) if _is_plain(criteria) else ""
            passes = any(word in question.lower() for word in _FROM_NOW)
            token = None if not question or passes else self._token()
            if token is None:
                return call(criteria, *rest)
            key = (token, question)
            self._notice_fork()
            with self._lock:
                found = self._answers.get(key)
                if found is not None:
                    self.hits += 1
                    self._answers.move_to_end(key)
            if found is None:
                found = self._keep(key, call(criteria, *rest))
            return list(found[0]) if isinstance(found[0], list) else found[0]

        return remembered

    def _notice_fork(self) -> None:
        if self._pid != os.getpid():
            # Whoever held the lock is not in this process.
            self._lock, self._pid = threading.Lock(), os.getpid()
            self._answers, self._bytes = OrderedDict(), 0

    def _keep(self, key: tuple[Hashable, str], answer: Any) -> tuple[Any, int]:
        size = 200 + len(key[1]) + (sum(120 + len(pin[0]) for pin in answer) if isinstance(answer, list) else 0)
        entry = (answer, size)
        with self._lock:
            self.misses += 1
            if size <= self._most and key not in self._answers:
                self._answers[key] = entry
                self._bytes += size
            while self._bytes > self._most:
                self._bytes -= self._answers.popitem(last=False)[1][1]
        return entry


def _is_plain(value: Any) -> bool:
    """Whether what is printed of a value says all of it."""
    if isinstance(value, Mapping):
        return type(value) is dict and all(type(key) is str and _is_plain(item) for key, item in value.items())
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, str | int | float | date)
