"""How a ledger stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

__all__ = ["LedgerStatus"]


@dataclass(slots=True)
class LedgerStatus:
    """How a ledger stands.

    Attributes
    ----------
    name : str
        Of the ledger.
    total : int
        Tasks: the sum of the four below.
    open : int
        To be handed out; those whose lease is over are among them.
    claimed : int
        Handed out, under a lease that lasts.
    done : int
        Stored.
    failed : int
        Not to be tried again.
    workers : dict of str to int
        How many tasks each worker holds.
    next_end : datetime or None
        When the first of the leases ends, by this host's wall clock; aware, UTC.
    clock : str or None
        What is wrong with the clocks that leases are measured by, if something is.
    """

    name: str
    total: int = 0
    open: int = 0
    claimed: int = 0
    done: int = 0
    failed: int = 0
    workers: Mapping[str, int] = field(default_factory=dict)
    next_end: datetime | None = None
    clock: str | None = None
