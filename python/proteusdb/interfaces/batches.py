"""Sequences to batches that fill the padded memory of a predictor.

::

    max_tokens=12     MKTAYIAK
                      MKTAY           2 x 8 > 12, so each of these is its own batch
                      MKV  MKL  MKI   3 x 3

Invariant: a batch times its longest sequence is at most `max_tokens`, except where one sequence alone is longer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

__all__ = ["batches"]


def batches(
    sequences: Sequence[str], *, by_length: bool, max_tokens: int | None, batch_size: int | None
) -> Iterator[list[str]]:
    """Groups sequences, the longest first with `by_length`, so that what does not fit in memory is known at once."""
    ordered = sorted(sequences, key=lambda sequence: -len(sequence)) if by_length else sequences
    batch: list[str] = []
    longest = 0
    for sequence in ordered:
        padded = max(longest, len(sequence)) * (len(batch) + 1)
        over = max_tokens is not None and padded > max_tokens
        if batch and (over or (batch_size is not None and len(batch) >= batch_size)):
            yield batch
            batch, longest = [], 0
        batch.append(sequence)
        longest = max(longest, len(sequence))
    if batch:
        yield batch
