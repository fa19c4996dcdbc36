"""Rows for other libraries, by the Arrow PyCapsule interface.

::

    Rows ──__arrow_c_stream__──> pyarrow, polars, pandas, DuckDB, ...     batch by batch, as the consumer asks

What speaks the interface takes a `Rows` whole; no library needs to be installed to make one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from .. import _core
from .._core import Stored
from .session import Session

__all__ = ["Rows"]

T = TypeVar("T")


class Rows:
    """Headers of predictions as an Arrow stream, read again each time it is asked for.

    Parameters
    ----------
    session : Session
        Tells the names of models.
    chunks : callable
        Gives the rows, list by list.
    """

    def __init__(self, session: Session, chunks: Callable[[], Iterable[Sequence[Stored]]]) -> None:
        self._session = session
        self._chunks = chunks
        self._failure: BaseException | None = None

    def __arrow_c_schema__(self) -> object:
        """The columns, as a capsule."""
        return _core.schema_capsule()

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """The rows, as a capsule; another schema than theirs is left to the consumer, as the interface allows."""
        return _core.stream_capsule(self._guarded(), self._session.model)

    def taken(self, consume: Callable[[Rows], T]) -> T:
        """What `consume` makes of the rows; what went wrong while they were read is raised as it was."""
        try:
            return consume(self)
        except Exception:
            # The interface hands on a text only.
            if self._failure is not None:
                raise self._failure from None
            raise

    def _guarded(self) -> Iterator[Sequence[Stored]]:
        try:
            yield from self._chunks()
        except Exception as error:
            self._failure = error
            raise
