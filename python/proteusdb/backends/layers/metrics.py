"""How often each call to the back end was made, how often it failed, and how long it took.

::

    {"query": {"calls": 12, "failures": 1, "seconds": 0.034}, "apply": {...}}
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from .stack import Call

__all__ = ["Metrics", "Observer"]

Observer = Callable[[str, float, BaseException | None], None]
"""Told of every call when it is over: its name, how many seconds it took, and what it raised."""


@dataclass(slots=True)
class _Figures:
    calls: int = 0
    failures: int = 0
    seconds: float = 0.0


class Metrics:
    """Counts calls.

    Parameters
    ----------
    observe : callable, optional
        Told of every call too; for a program's own metrics. What it raises reaches the caller.
    """

    def __init__(self, observe: Observer | None = None) -> None:
        self._figures: dict[str, _Figures] = {}
        self._lock = threading.Lock()
        self._observe = observe

    def around(self, name: str, call: Call) -> Call:
        """See `Layer.around`."""
        figures = self._figures.setdefault(name, _Figures())

        def counted(*given: Any, **named: Any) -> Any:
            started = time.perf_counter()
            failure: BaseException | None = None
            try:
                return call(*given, **named)
            except BaseException as error:
                failure = error
                raise
            finally:
                seconds = time.perf_counter() - started
                with self._lock:
                    figures.calls += 1
                    figures.failures += failure is not None
                    figures.seconds += seconds
                if self._observe is not None:
                    self._observe(name, seconds, failure)

        return counted

    def snapshot(self) -> dict[str, dict[str, float]]:
        """The figures by now, of the calls that were made."""
        with self._lock:
            return {name: asdict(figures) for name, figures in self._figures.items() if figures.calls}
