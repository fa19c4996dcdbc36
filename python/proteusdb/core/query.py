"""What a query answers: a lazy sequence of predictions.

::

    query_predictions(...) -> pins [(id, version), ...]  --chunk by chunk, when looked at-->  Prediction

Invariants: the result is that of the moment of asking: pins never change, and a prediction that was updated since shows
the version that matched. Only headers are read until a structure or an array is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, overload

from .._core import Stored
from ..errors import PredictionNotFoundError
from . import tables
from .arrow import Rows
from .prediction import Prediction

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow
    from rich.table import Table

    from .session import Session

__all__ = ["QueryResult"]

_CHUNK = 256
_SHOWN = 10
Pin = tuple[str, int]


class QueryResult(Sequence[Prediction]):
    """Predictions that matched, in the order asked for.

    Indexing gives a `Prediction`, slicing another `QueryResult`.
    """

    def __init__(self, session: Session, pins: Sequence[Pin], count: Callable[[], int]) -> None:
        self._session = session
        self._pins = pins
        self._count = count
        self._total: int | None = None
        self._chunk: tuple[int, list[Prediction]] = (-1, [])

    @property
    def ids(self) -> list[str]:
        """Prediction ids, in order."""
        return [prediction_id for prediction_id, _ in self._pins]

    @property
    def total(self) -> int:
        """How many predictions match the criteria, whatever `limit` and `offset` said; counted when first asked."""
        if self._total is None:
            self._total = self._count()
        return self._total

    def __len__(self) -> int:
        return len(self._pins)

    @overload
    def __getitem__(self, index: int) -> Prediction: ...
    @overload
    def __getitem__(self, index: slice) -> QueryResult: ...
    def __getitem__(self, index: int | slice) -> Prediction | QueryResult:
        if isinstance(index, slice):
            return QueryResult(self._session, self._pins[index], lambda: self.total)
        position = range(len(self._pins))[index]
        number, offset = divmod(position, _CHUNK)
        if self._chunk[0] != number:
            self._chunk = (number, self._fetch(number * _CHUNK))
        return self._chunk[1][offset]

    def __iter__(self) -> Iterator[Prediction]:
        for start in range(0, len(self._pins), _CHUNK):
            yield from self._fetch(start)

    def _fetch(self, start: int) -> list[Prediction]:
        return [Prediction(self._session, stored) for stored in self._stored(start)]

    def _stored(self, start: int) -> list[Stored]:
        pins = self._pins[start : start + _CHUNK]
        rows = []
        for (prediction_id, version), stored in zip(pins, self._session.backend.get_many(pins), strict=True):
            if stored is None:
                raise PredictionNotFoundError(
                    f"prediction {prediction_id!r}: version {version} matched and was removed since; ask again"
                )
            rows.append(stored)
        return rows

    # --- tables -------------------------------------------------------------------------------------------------------

    def __arrow_c_schema__(self) -> object:
        """The columns of `to_arrow`, by the Arrow PyCapsule interface."""
        return self._arrow_rows().__arrow_c_schema__()

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """The rows of `to_arrow`, by the Arrow PyCapsule interface: pyarrow, pandas and DuckDB take the result whole.

        Batches are read as they are asked for, headers only: no structure or array is decoded, and no value becomes a
        Python object. polars.DataFrame takes every sequence for a list of objects, so `to_polars` is the way there.
        """
        return self._arrow_rows().__arrow_c_stream__(requested_schema)

    def to_arrow(self) -> pyarrow.Table:
        """The headers as a table; metadata as JSON text. Needs pyarrow.

        Returns
        -------
        pyarrow.Table
            One row a prediction; times are UTC with microseconds.
        """
        return tables.to_arrow(self._arrow_rows())

    def to_polars(self) -> polars.DataFrame:
        """The headers as a frame; metadata as JSON text. Needs polars."""
        return tables.to_polars(self._arrow_rows())

    def to_pandas(self) -> pandas.DataFrame:
        """The headers as a frame; metadata as JSON text, integers that may be absent as `Int64`. Needs pandas."""
        return tables.to_pandas(self._arrow_rows())

    def _arrow_rows(self) -> Rows:
        return Rows(self._session, lambda: (self._stored(start) for start in range(0, len(self._pins), _CHUNK)))

    # --- for people ---------------------------------------------------------------------------------------------------

    def __repr__(self) -> str:
        if not self._pins:
            return "<QueryResult: no predictions>"
        more = ", ..." if len(self._pins) > 3 else ""
        return f"<QueryResult: {len(self._pins)} predictions: {', '.join(self.ids[:3])}{more}>"

    def __rich__(self) -> Table:
        from rich.table import Table
        from rich.text import Text

        table = Table(*tables.SHOWN, title=f"{len(self):,} predictions", title_justify="left")
        for row in self._rows():
            table.add_row(*map(Text, row))
        return table

    def _repr_html_(self) -> str:
        return tables.to_html(f"{len(self):,} predictions", self._rows())

    def _rows(self) -> list[tuple[str, ...]]:
        rows = [tables.shown(prediction) for prediction in self[:_SHOWN]]
        if len(self) > _SHOWN:
            rows.append(("…",) * len(tables.SHOWN))
        return rows
