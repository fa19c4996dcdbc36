"""Which records make a batch, and which batch comes when: the same on every machine, for every number of workers.

::

    seed, epoch -> order of the records -> each to the bucket of its length -> a bucket that is full is a batch
                                           what is left over at the end makes the last ones

Batches come in the order in which they became full, so lengths are as mixed as the records are.

Invariant: numpy's generators, whose streams may change, are not used; the mixing is splitmix64, whose constants stand
here (Steele, Lea, Flood: Fast splittable pseudorandom number generators, OOPSLA 2014).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["batches_of", "bounds_of", "mixed"]

Numbers = NDArray[np.int64]


def mixed(count: int, seed: int, epoch: int) -> Numbers:
    """The numbers below `count` in an order of this seed and epoch."""
    start = _mix(np.array([seed & 0xFFFF_FFFF_FFFF_FFFF], np.uint64))
    start = _mix(start ^ np.uint64(epoch + 1))
    numbers: NDArray[np.uint64] = np.arange(1, count + 1).astype(np.uint64)
    keys = _mix(numbers + start)
    return np.argsort(keys, kind="stable").astype(np.int64)


def _mix(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    with np.errstate(over="ignore"):
        values = values + np.uint64(0x9E3779B97F4A7C15)
        values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: NDArray[np.uint64] = values ^ (values >> np.uint64(31))
    return mixed


def bounds_of(buckets: int | Sequence[int], lengths: Numbers) -> Numbers:
    """The longest length of each bucket, ascending; of so many buckets each has about as many records."""
    longest = int(lengths.max(initial=0))
    if isinstance(buckets, int):
        places = np.linspace(0, len(lengths) - 1, buckets + 1)[1:].astype(np.int64)
        cut: list[int] = np.sort(lengths)[places].tolist() if len(lengths) else []
    else:
        cut = [bound for bound in buckets if bound < longest]
    return np.unique(np.array([*cut, longest], np.int64))


def batches_of(
    order: Numbers, lengths: Numbers, bounds: Numbers, size: int, *, most: int | None, drop_last: bool
) -> list[Numbers]:
    """Cuts an order into batches.

    Parameters
    ----------
    order : array of int
        The records.
    lengths : array of int
        Of all records, by number.
    bounds : array of int
        As `bounds_of` gives them.
    size : int
        Records a batch.
    most : int, optional
        Residues a batch, with padding to its bucket's bound; a bucket of long ones then has smaller batches.
    drop_last : bool
        Whether batches that did not become full are left out.
    """
    bucket = np.searchsorted(bounds, lengths[order])
    made: list[tuple[Any, Numbers]] = []
    for number, bound in enumerate(bounds):
        places = np.flatnonzero(bucket == number)
        count = size if most is None else max(1, min(size, most // max(1, int(bound))))
        for start in range(0, len(places), count):
            batch = places[start : start + count]
            full = len(batch) == count
            if full or not drop_last:
                made.append(((not full, batch[-1]), order[batch]))
    return [batch for _, batch in sorted(made, key=lambda pair: pair[0])]
