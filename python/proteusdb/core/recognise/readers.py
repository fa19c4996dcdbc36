"""How companions that several predictors write in the same way become scores.

::

    scores            {"pae": [[...]], "plddt": [...], "ptm": 0.8, ...}
    aligned_error     [{"predicted_aligned_error": [[...]], "max_predicted_aligned_error": 31.75}]
                      [{"residue1": [1, 1, ...], "residue2": [1, 2, ...], "distance": [0.2, ...], ...}]    before 2022
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from .found import Recognised
from .scores import Scores

__all__ = ["aligned_error", "only_document", "scores"]


def only_document(document: Any) -> Mapping[str, Any]:
    """The one dict of a file that may wrap it in a list.

    Raises
    ------
    ValueError
        It is neither; the message says what it is.
    """
    if isinstance(document, list) and len(document) == 1:
        document = document[0]
    if not isinstance(document, Mapping):
        raise ValueError(f"an object of names and values is needed, not {type(document).__name__}")
    return document


def scores(document: Any, into: Scores, told: Recognised) -> None:
    """Everything, under the names that are common to predictors."""
    into.take(only_document(document))


def aligned_error(document: Any, into: Scores, told: Recognised) -> None:
    """A predicted aligned error in either form of AlphaFold DB; `residue1` is the residue aligned on."""
    table = only_document(document)
    pairs = [table.get(name) for name in ("residue1", "residue2", "distance")]
    if not all(isinstance(column, np.ndarray) and column.ndim == 1 for column in pairs):
        into.take(table)
        return
    first, second, distance = (np.asarray(column) for column in pairs)
    if not (first.size == second.size == distance.size and first.size and first.min() >= 1 and second.min() >= 1):
        raise ValueError("residue1, residue2 and distance are columns of one length, residues counted from 1")
    length = int(max(first.max(), second.max()))
    if length * length != distance.size:
        raise ValueError(f"{distance.size} distances for {length} residues; {length * length} are needed")
    matrix = np.full((length, length), np.nan, distance.dtype if distance.dtype.kind == "f" else np.float32)
    matrix[first.astype(np.int64) - 1, second.astype(np.int64) - 1] = distance
    into.array("predicted_aligned_error", "pae", matrix)
    rest = {name: value for name, value in table.items() if name not in ("residue1", "residue2", "distance")}
    into.take(rest)
