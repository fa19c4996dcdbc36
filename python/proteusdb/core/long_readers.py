"""Who reads one state of the store for long: while it does, the pages of that state are not used again."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable

from ..errors import LongReaderWarning

__all__ = ["LongReaders"]

LOOK_SECONDS = 1.0
"""How often writers look who reads."""
READER_SECONDS = 60.0
"""How long somebody reads one state before writers are told."""

Found = tuple[int, int, str]
"""Process, transaction, and how people find the process."""


class LongReaders:
    """Looks for them as the store is written, and warns once of each.

    Parameters
    ----------
    url : str
        Of the store.
    oldest : callable
        Who reads the oldest state, if somebody does.
    """

    def __init__(self, url: str, oldest: Callable[[], Found | None]) -> None:
        self._url = url
        self._oldest = oldest
        self._next = 0.0
        self._since: tuple[tuple[int, int], float] | None = None
        self._told: tuple[int, int] | None = None

    def look(self) -> None:
        """Warns where it is time to look, and somebody was there long ago."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + LOOK_SECONDS
        found = self._oldest()
        if found is None:
            self._since = None
            return
        process, transaction, name = found
        reader = (process, transaction)
        if self._since is None or self._since[0] != reader:
            self._since = (reader, now)
            return
        seconds = now - self._since[1]
        if seconds >= READER_SECONDS and reader != self._told:
            self._told = reader
            since = f"{name} has read one state of {self._url} for {seconds:.0f} s"
            warnings.warn(f"{since}; until it ends, every write makes it grow", LongReaderWarning, stacklevel=6)
