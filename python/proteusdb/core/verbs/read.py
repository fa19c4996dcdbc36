"""Reading by id: one, several, or a stream of predictions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from ...errors import QueryError
from ..moments import moment_of
from ..prediction import Prediction
from ..stream import get_array, get_predictions, iter_predictions
from .base import Verbs

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ..stream import Block

__all__ = ["ReadVerbs"]


class ReadVerbs(Verbs):
    """Reading predictions by id."""

    def get_prediction(
        self,
        prediction_id: str,
        *,
        version: int | None = None,
        as_of: datetime | date | str | None = None,
    ) -> Prediction:
        """Fetches one prediction.

        Parameters
        ----------
        prediction_id : str
            The prediction.
        version : int, optional
            That version rather than the current one.
        as_of : datetime, date, text or tag, optional
            The version that was current then; a naive time is UTC, a bare date the end of its day.

        Returns
        -------
        Prediction

        Raises
        ------
        PredictionNotFoundError
            There is none; the message says what there is.
        QueryError
            Both `version` and `as_of` are given, or either is not allowed.
        """
        if version is not None and as_of is not None:
            raise QueryError("version and as_of: give one of them")
        if version is not None and (not isinstance(version, int) or isinstance(version, bool) or version < 1):
            raise QueryError(f"version {version!r}: a version number, 1 or more, is needed")
        moment = None if as_of is None else moment_of(self._session, "as_of", as_of)
        return Prediction(self._session, self._session.require(prediction_id, version=version, as_of=moment))

    def get_predictions(self, ids: Iterable[str]) -> list[Prediction]:
        """Fetches several predictions.

        Parameters
        ----------
        ids : iterable of str
            The predictions.

        Returns
        -------
        list of Prediction
            In the order asked for.

        Raises
        ------
        PredictionNotFoundError
            Some are absent; the message names up to five of them.
        """
        return get_predictions(self._session, ids)

    def iter_predictions(
        self,
        ids: Iterable[str] | None = None,
        *,
        fields: Sequence[str] | None = None,
        workers: int | None = None,
        **criteria: Any,
    ) -> Iterator[Prediction]:
        """Streams predictions, decoding ahead on threads within bounded memory.

        Parameters
        ----------
        ids : iterable of str, optional
            These, in this order. Else all, in id order.
        fields : sequence of str, optional
            Attributes that will be looked at: structures and arrays are decoded ahead only if they are among them.
            All unless given. Others can still be asked for, and are then decoded on the spot.
        workers : int, optional
            Threads that decode; all processors unless given. With 1 it is the caller's own, and nothing is decoded
            ahead of what is asked for but a few predictions at a time.
        **criteria
            Those of `query_predictions`; not together with `ids`.

        Yields
        ------
        Prediction

        Raises
        ------
        PredictionNotFoundError
            One of `ids` is absent.
        QueryError
            A field or criterion is not known, or both `ids` and criteria are given.
        """
        return iter_predictions(self._session, ids, fields, workers, criteria)

    def get_array(
        self, prediction_id: str, name: str, rows: Block | None = None, cols: Block | None = None
    ) -> NDArray[np.generic]:
        """Fetches an array, or a block of it.

        Parameters
        ----------
        prediction_id : str
            The prediction.
        name : str
            The array, such as `pae`.
        rows, cols : slice, (start, stop), int or sequence of int, optional
            Of the first and the second axis.

        Returns
        -------
        ndarray
            With the dtype it was stored with.

        Raises
        ------
        PredictionNotFoundError
            There is no such prediction.
        QueryError
            It has no such array, or a block lies outside it; the message names the arrays and the shape there are.
        """
        return get_array(self._session, prediction_id, name, rows, cols)
