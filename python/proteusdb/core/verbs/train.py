"""Predictions as dense arrays: data sets for training, and arrays of the caller's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...errors import QueryError
from ..criteria import gather
from ..moments import with_moment
from ..stream import pins_of
from .base import Verbs

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ...ml import Dataset

__all__ = ["TrainVerbs"]

_HAS = "structure exists"


class TrainVerbs(Verbs):
    """What training reads."""

    def dataset(
        self,
        criteria: Mapping[str, Any] | None = None,
        *,
        columns: Sequence[str] = ("coords", "mask", "plddt", "aatype"),
        where: str | None = None,
        **keywords: Any,
    ) -> Dataset:
        """The predictions that match and have a structure, as a data set for training.

        It pins the versions it finds. PyTorch is not needed; where it is imported, batches are tensors and
        `data.batches(...)` an `IterableDataset`.

        Parameters
        ----------
        criteria : dict, optional
            As in `query_predictions`.
        columns : sequence of str
            Some of `coords` (B, L, 37, 3) float32 in Å, `mask` (B, L, 37) bool, `plddt` (B, L) float32 on 0-100 (NaN
            where it is not known), `aatype` (B, L) int64 in AlphaFold's order (20 for all else), `residue_index` and
            `chain_index` (B, L) int64.
        where : str, optional
            As in `query_predictions`.
        **keywords
            The other criteria.

        Returns
        -------
        Dataset

        Raises
        ------
        QueryError
            A criterion or a column is not known.

        Examples
        --------
        >>> key = db.store_prediction("MKT", fold("MKT"))
        >>> data = db.dataset(where="length < 100")
        >>> for batch in data.shuffle(7).batches(16, buckets=4):
        ...     print(batch["coords"].shape, batch["aatype"].tolist())
        (1, 3, 37, 3) [[12, 11, 16]]
        """
        from ...ml import Dataset

        wanted = gather(criteria, {**keywords, "where": where})
        wanted["where"] = f"({wanted['where']}) and {_HAS}" if "where" in wanted else _HAS
        found = self._session.outside("dataset").query(with_moment(self._session, wanted), self._session.config.timeout)
        return Dataset(self, found, columns)

    def get_many_into(self, ids: Iterable[str], *, out: Mapping[str, Any]) -> NDArray[np.int64]:
        """Decodes structures into arrays that are there already.

        Nothing else is allocated for them, and the interpreter's lock is not held meanwhile. Rows past the end of a
        structure are cleared, so the arrays may be used again and again.

        Parameters
        ----------
        ids : iterable of str
            The predictions; at most as many as the arrays have rows.
        out : dict of str to array
            Columns of `dataset` by name, each (B, L, ...) of its type, writable, in C order: numpy arrays, or tensors
            on the CPU. Row i is that of id i; a prediction without a structure has a row of nothing.

        Returns
        -------
        ndarray of int64, (n,)
            Residues of each.

        Raises
        ------
        PredictionNotFoundError
            Some are absent.
        ValidationError
            An array has another type or shape, or a structure is longer than L.

        Examples
        --------
        >>> import numpy as np
        >>> coords = np.empty((2, 8, 37, 3), np.float32)
        >>> db.get_many_into([db.store_prediction("MKT", fold("MKT"))], out={"coords": coords})
        array([3])
        """
        from ...ml.dense import read_into

        if not isinstance(out, Mapping):
            raise QueryError(f"out {out!r:.60}: a dict of arrays by column is needed")
        return read_into(self._session, list(pins_of(ids)), out)
