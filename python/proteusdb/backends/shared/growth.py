"""How a store of rows grew: a few samples of its size, a note that is added to as the store is written.

::

    [[time, bytes in use, predictions, versions], ...]      oldest first, an hour apart or more

The sample of a commit is the state it found. Above `MOST` samples every second one of the older half goes, so the last
days are told by the hour and the first year by a few points.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from .tables import Changes, Tables

__all__ = ["EVERY", "GROWTH", "MOST", "Sample", "sample", "samples_of", "thinned"]

GROWTH = "growth"
"""The note that holds them."""
EVERY = 3_600_000_000
"""Between two samples, µs."""
MOST = 64
"""The most samples that are kept."""

Sample = Sequence[int]
"""Time (µs), bytes in use, predictions, versions."""


def samples_of(tables: Tables) -> list[Sample]:
    """The samples, oldest first."""
    told = tables.note(GROWTH)
    return [] if told is None else list(json.loads(told))


def sample(tables: Tables, changes: Changes, now: int) -> int:
    """Adds a sample to what a commit changes, unless the last is too young; the time of the last there is."""
    samples = samples_of(tables)
    if samples and now < samples[-1][0] + EVERY:
        return samples[-1][0]
    samples.append([now, *tables.sizes()])
    changes.notes[GROWTH] = json.dumps(thinned(samples))
    return now


def thinned(samples: list[Sample]) -> list[Sample]:
    """As many as are kept."""
    if len(samples) <= MOST:
        return samples
    return [each for number, each in enumerate(samples) if number >= MOST // 2 or number % 2 == 0]
