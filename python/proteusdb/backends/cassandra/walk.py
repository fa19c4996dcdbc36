"""Ordered tables of many buckets, merged.

::

    bucket 0   0.98 q   0.71 b  ...  ┐
    bucket 1   0.97 a   ...          ├─ one at a time, greatest first: 0.98 q, 0.97 a, 0.97 c, ...
    bucket 2   0.97 c   ...          ┘

Each bucket is read in steps, the first together, the others where the walk gets there.

Invariants: at most one step of each bucket is in memory.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from .client import Client, Rows

__all__ = ["merged"]


def merged(
    client: Client,
    buckets: int,
    first: tuple[str, list[Any]],
    after: Sequence[tuple[str, Callable[[tuple[Any, ...]], list[Any]]]],
    key: Callable[[tuple[Any, ...]], Any],
    step: int,
) -> Iterator[tuple[Any, ...]]:
    """The rows of all buckets in one order.

    Parameters
    ----------
    client : Client
        Where they are.
    buckets : int
        How many there are.
    first : tuple of str and list
        The statement for the beginning of a bucket, and its values; the bucket is put before them.
    after : sequence of (str, callable)
        Those for what follows a row, one after the other, and their values by the row.
    key : callable
        What rows are sorted by; within a bucket they come so.
    step : int
        Rows to read at a time; the last value of each statement.
    """
    heads = client.many(first[0], [[bucket, *first[1], step] for bucket in range(buckets)])

    def rows(bucket: int, read: Rows) -> Iterator[tuple[Any, ...]]:
        yield from read
        full = len(read) == step
        last = read[-1]
        while full:
            for text, values in after:
                more = client.run(text, [bucket, *values(last), step])
                yield from more
                last = more[-1] if more else last
                full = len(more) == step
                if full:
                    break

    return heapq.merge(*(rows(bucket, read) for bucket, read in enumerate(heads) if read), key=key)
