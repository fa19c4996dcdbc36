"""Arguments of ledgers: how long a lease is, which shard."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

from ...errors import ValidationError

__all__ = ["seconds_of", "shard_of"]

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_MOST = 366 * 86_400


def seconds_of(lease: Any) -> float:
    """The length of a lease, s.

    Raises
    ------
    ValidationError
        It is none.
    """
    seconds: Any = lease.total_seconds() if isinstance(lease, timedelta) else lease
    if isinstance(seconds, str):
        number, unit = seconds[:-1].strip(), _UNITS.get(seconds[-1:])
        try:
            seconds = float(number) * unit if unit else math.nan
        except ValueError:
            seconds = math.nan
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds <= _MOST:
        raise ValidationError(f"lease {lease!r:.80}: allowed are '90s', '30m', '2h', '1d', seconds and a timedelta")
    return float(seconds)


def shard_of(shard: Any) -> tuple[int, int] | None:
    """Shard i of n.

    Raises
    ------
    ValidationError
        It is none.
    """
    if shard is None:
        return None
    pair = tuple(shard) if isinstance(shard, tuple | list) else ()
    if len(pair) != 2 or not all(type(number) is int for number in pair) or not 0 <= pair[0] < pair[1]:
        raise ValidationError(f"shard {shard!r:.80}: allowed is (i, n) with 0 <= i < n, such as (0, 4)")
    return pair
