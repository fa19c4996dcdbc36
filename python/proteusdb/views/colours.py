"""Colours of pLDDT, as AlphaFold DB has them, and of predicted errors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["BANDS", "PAE_COLOURS", "PAE_LIMIT", "UNKNOWN", "band_of"]

BANDS = (
    (90.0, "#0053d6", "very high (above 90)"),
    (70.0, "#65cbf3", "confident (70 to 90)"),
    (50.0, "#ffdb13", "low (50 to 70)"),
    (float("-inf"), "#ff7d45", "very low (below 50)"),
)
"""Lower limit, colour and name; the first that a value lies above is its band."""

UNKNOWN = "#9aa5b1"
"""Of what has no pLDDT."""

PAE_COLOURS = ("#0b4f1c", "#3f9142", "#a8dba0", "#f7fcf5")
"""From no error to the largest."""

PAE_LIMIT = 31.75
"""The largest error that predictors tell, in Å."""


def band_of(plddt: NDArray[np.floating]) -> NDArray[np.int8]:
    """The number of each value's band, int8; -1 for NaN."""
    bands = np.full(plddt.shape, -1, np.int8)
    for number, (limit, _, _) in reversed(list(enumerate(BANDS))):
        bands[plddt > limit] = number
    return bands
