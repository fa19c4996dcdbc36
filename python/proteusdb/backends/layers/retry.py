"""What failed for want of a connection is tried again, if that can do no harm.

::

    get ──ConnectionError──> wait about 0.1 s ──> get ──> answer        twice as long each time, by chance more or less

Reads can be repeated. A write is repeated only where the engine says that nothing of it was kept (`harmless`): one
whose commit was under way may have taken place.

Invariants: at most `attempts` calls more than the first, and none later than `timeout` seconds after it; what is raised
in the end is the last failure.
"""

from __future__ import annotations

import builtins
import random
import time
from typing import Any, TypeVar

from ...errors import ConnectionError, ProteusError, TimeoutError
from .stack import Call

__all__ = ["READS", "Retry", "harmless"]

READS = frozenset(
    "get get_many history part parts structures ids query count explain best get_model list_models get_analysis "
    "list_analyses list_indexes stats check change_token notes clock".split()
)
"""Calls that change nothing."""

_HARMLESS = "_nothing_was_kept"

E = TypeVar("E", bound=ProteusError)


def harmless(error: E) -> E:
    """Marks an error of a write of which nothing was kept, so that it may be tried again: the connection broke before
    the commit was sent, or the engine rolled it back for the sake of another."""
    setattr(error, _HARMLESS, True)
    return error


class Retry:
    """Repeats calls.

    Parameters
    ----------
    attempts : int
        How often a call is repeated.
    timeout : float
        Seconds after which none is repeated.
    first, most : float
        Seconds between the first two attempts, about, and at most between any.
    """

    def __init__(self, attempts: int, timeout: float, *, first: float = 0.1, most: float = 5.0) -> None:
        self._attempts = attempts
        self._timeout = timeout
        self._first = first
        self._most = most

    def around(self, name: str, call: Call) -> Call:
        """See `Layer.around`."""
        if name == "close":
            return call
        reads = name in READS

        def worth(error: BaseException) -> bool:
            lost = isinstance(error, ConnectionError) and reads
            return lost or bool(getattr(error, _HARMLESS, False))

        def repeated(*given: Any, **named: Any) -> Any:
            try:
                return call(*given, **named)
            except (ProteusError, builtins.TimeoutError) as error:
                if not worth(error) or not self._attempts:
                    raise _told(error, name) from error.__cause__
            return self._again(call, given, named, worth)

        return repeated

    def _again(self, call: Call, given: tuple[Any, ...], named: dict[str, Any], worth: Any) -> Any:
        # Imported when the first call has failed: most programs never need it.
        import tenacity

        wait = tenacity.wait_random_exponential(multiplier=self._first, max=self._most)
        retrying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(self._attempts) | tenacity.stop_after_delay(self._timeout),
            wait=wait,
            retry=tenacity.retry_if_exception(worth),
            reraise=True,
        )
        time.sleep(min(self._first * random.uniform(0.5, 1.5), self._timeout))
        return retrying(call, *given, **named)


def _told(error: BaseException, name: str) -> BaseException:
    """A driver's own time-out as the library's."""
    if isinstance(error, ProteusError):
        return error
    return TimeoutError(f"{name} took longer than the timeout: {error}")
