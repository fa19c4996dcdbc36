"""How a store grew, from the samples of its size that it keeps.

::

    samples    12:00  1.0 MB    13:05  1.4 MB    now  1.5 MB    ->    since 13:05: 0.1 MB
"""

from __future__ import annotations

from typing import Any

from .. import _core
from .times import from_micros

__all__ = ["growth"]

_DAY = 86_400_000_000


def growth(stats: dict[str, Any]) -> dict[str, Any]:
    """What `DatabaseManager.stats` tells under this name; takes the raw `samples` out of `stats`."""
    samples = stats.pop("samples")
    if not samples:
        return {}
    used = stats["file_bytes"] - stats.get("free_bytes", 0)
    (first, first_used, _, _), (since, last_used, predictions, versions) = samples[0], samples[-1]
    days = max(_core.now() - first, 1) / _DAY
    return {
        "since": from_micros(since),
        "bytes": used - last_used,
        "predictions": stats["predictions"] - predictions,
        "versions": stats["versions"] - versions,
        "bytes_per_day": (used - first_used) / days,
        "samples": [
            {"time": from_micros(time), "used_bytes": size, "predictions": predictions, "versions": versions}
            for time, size, predictions, versions in samples
        ],
    }
