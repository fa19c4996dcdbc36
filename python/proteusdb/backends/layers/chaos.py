"""Failures on purpose, for tests of what lies outside: a connection that breaks before a call, or after its work.

::

    Chaos(lambda name, moment: ConnectionError("cut") if moment == "before" and flip() else None)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from .stack import Call

__all__ = ["Chaos"]

Moment = Literal["before", "after"]


class Chaos:
    """Breaks calls.

    Parameters
    ----------
    fail : callable
        (name of the call, "before" or "after") to what to raise there, or `None`.
    """

    def __init__(self, fail: Callable[[str, Moment], Exception | None]) -> None:
        self._fail = fail

    def around(self, name: str, call: Call) -> Call:
        """See `Layer.around`."""

        def broken(*given: Any, **named: Any) -> Any:
            self._raise(name, "before")
            answer = call(*given, **named)
            self._raise(name, "after")
            return answer

        return broken

    def _raise(self, name: str, moment: Moment) -> None:
        error = self._fail(name, moment)
        if error is not None:
            raise error
