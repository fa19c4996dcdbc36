"""The one place where a call to a back end passes through its layers.

::

    stacked(backend, [cache, Retry(3, 30.0)]).query(...)
        -> Cache.around -> Retry.around -> backend.query

Each method is composed when it is first asked for, and kept: a call costs what its layers do.

Invariants: what is no method (`capabilities`, `url`) is the back end's own; the order of layers is that of the list,
the outermost first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, cast

from ..base import Backend

__all__ = ["Call", "Layer", "stacked"]

Call = Callable[..., Any]


class Layer(Protocol):
    """Something round a back end."""

    def around(self, name: str, call: Call) -> Call:
        """The call of this name as it is from now on; `call` itself where the layer has no business with it."""


class _Stack:
    """A back end behind layers."""

    def __init__(self, backend: Backend, layers: Sequence[Layer]) -> None:
        self._backend = backend
        self._layers = tuple(layers)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._backend, name)
        if name.startswith("_") or not callable(found):
            return found
        for layer in reversed(self._layers):
            found = layer.around(name, found)
        self.__dict__[name] = found
        return found

    def __dir__(self) -> list[str]:
        return dir(self._backend)

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("a back end is not pickled; its manager is, and reopens it")


def stacked(backend: Backend, layers: Sequence[Layer]) -> Backend:
    """The back end behind these layers, the first of which is the outermost."""
    return cast(Backend, _Stack(backend, layers)) if layers else backend
