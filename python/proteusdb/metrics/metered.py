"""A back end whose calls are timed. Everything else of it is passed on: its methods, and values as they are at opening.

::

    session.backend.query(...)   ->  clock, back end's own query, clock  ->  series ("query", key of its shape)

Invariant: answers, errors and arguments are the back end's own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any, TypeVar, TypeVarTuple, cast

from .counters import Metrics, Reads, Series
from .plans import Plans

if TYPE_CHECKING:
    from .._core import Operation
    from ..backends.base import Backend, Decoder, Outcome
    from ..errors import ProteusError

__all__ = ["metered"]

Answer = TypeVar("Answer")
Given = TypeVarTuple("Given")

_TIMED = {"get_many": "read_many", "history": "history", "parts": "parts", "ids": "list"}
"""Calls that are timed and no more, and the kind they count as."""


def metered(backend: Backend, metrics: Metrics, plans: Plans) -> Backend:
    """The back end, with every call counted in `metrics`."""
    return _Metered(backend, metrics, plans)  # type: ignore[return-value]  # what it lacks, it takes from the back end


class _Metered:
    """See the head of this file. Bound functions are kept on the instance, as they are called most."""

    def __init__(self, backend: Backend, metrics: Metrics, plans: Plans) -> None:
        self._backend = backend
        self._metrics = metrics
        self._plans = plans
        # `Session.require` and `Session.structures` count these: a call in between would cost more than the counting.
        self.get = backend.get
        if backend.capabilities.decodes:
            self.structures = cast("Decoder", backend).structures
        self.part = _sampled(backend.part, metrics.parts)
        for name, kind in _TIMED.items():
            setattr(self, name, _timed(getattr(backend, name), metrics.series(kind)))
        # By name, as a class with `__getattr__` looks up all its attributes more slowly.
        for name in dir(backend):
            if not name.startswith("_") and not hasattr(self, name):
                setattr(self, name, getattr(backend, name))

    def apply(self, operations: Sequence[Operation], *, each_alone: bool) -> list[Outcome | ProteusError]:
        """See `Backend.apply`."""
        outcomes: list[Outcome | ProteusError] = self._call(
            "write", None, lambda: self._backend.apply(operations, each_alone=each_alone)
        )
        self._metrics.count("operations", len(operations))
        return outcomes

    def query(self, criteria: Mapping[str, Any], timeout: float | None) -> list[tuple[str, int]]:
        """See `Backend.query`."""
        found: list[tuple[str, int]] = self._call("query", criteria, lambda: self._backend.query(criteria, timeout))
        return found

    def count(self, criteria: Mapping[str, Any], timeout: float | None) -> int:
        """See `Backend.count`."""
        number: int = self._call("count", criteria, lambda: self._backend.count(criteria, timeout))
        return number

    def best(self, criteria: Mapping[str, Any], by: str, per: str, timeout: float | None) -> list[tuple[str, int]]:
        """See `Backend.best`."""
        found: list[tuple[str, int]] = self._call(
            "best", criteria, lambda: self._backend.best(criteria, by, per, timeout)
        )
        return found

    def create_index(self, field: str) -> bool:
        """See `Backend.create_index`."""
        self._settle()
        new: bool = self._call("index", None, lambda: self._backend.create_index(field))
        return new

    def drop_index(self, field: str) -> None:
        """See `Backend.drop_index`."""
        self._settle()
        self._call("index", None, lambda: self._backend.drop_index(field))

    def _settle(self) -> None:
        """What was asked until now was answered without the change."""
        self._plans.settle(lambda criteria: self._backend.explain(criteria, 1.0), changes=True)

    def _call(self, kind: str, criteria: Mapping[str, Any] | None, function: Callable[[], Any]) -> Any:
        started = perf_counter_ns()
        try:
            answer = function()
        except BaseException:
            self._metrics.series(kind).fail()
            raise
        passed = perf_counter_ns() - started
        key = None if criteria is None else self._plans.key(criteria)
        self._metrics.series(kind, key).add(passed)
        if criteria is not None and passed >= self._metrics.slow_seconds * 1e9:
            self._metrics.slow(kind, passed / 1e9, criteria, key)
        return answer


def _sampled(function: Callable[[*Given], Answer], series: Reads) -> Callable[[*Given], Answer]:
    take = series.take

    def sampled(*args: *Given) -> Answer:
        call: Callable[..., Answer] = function
        try:
            take()
        except IndexError:
            call = series.timing(function)
        try:
            return call(*args)
        except BaseException:
            series.fail()
            raise

    return sampled


def _timed(function: Callable[..., Any], series: Series) -> Callable[..., Any]:
    def timed(*args: Any, **kwargs: Any) -> Any:
        started = perf_counter_ns()
        try:
            answer = function(*args, **kwargs)
        except BaseException:
            series.fail()
            raise
        series.add(perf_counter_ns() - started)
        return answer

    return timed
