"""What can be read of a damaged file, in a new one.

::

    damaged.db ── pages, one by one, never through LMDB ──> entries ── those that are sound ──> new.db, verified
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass

from ... import _core
from ...errors import StorageError
from ..progress import Callback, Meter
from ..report import Entry
from ..session import Session
from .backup import watch_of

__all__ = ["SalvageReport", "salvage", "salvage_file"]


@dataclass(frozen=True, slots=True)
class SalvageReport:
    """What a salvage brought back.

    Attributes
    ----------
    path : str
        The new file.
    saved : mapping of str to int
        What it holds, every byte verified: `predictions`, `versions`, `models`, `analyses`, `blobs`, `bytes`; and
        `quarantined`, damaged things that lie in its quarantine.
    lost : tuple of (name, reason)
        What was there and is not in the new file as it was.
    faults : tuple of str
        What is wrong with the pages of the damaged file.
    damaged_pages : tuple of int
        Their numbers.
    stray_pages : int
        Pages that no tree led to any more, and that held records all the same.
    seconds : float
        Wall time.
    """

    path: str
    saved: Mapping[str, int]
    lost: tuple[Entry, ...]
    faults: tuple[str, ...]
    damaged_pages: tuple[int, ...]
    stray_pages: int
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether nothing was lost."""
        return not self.lost

    def __repr__(self) -> str:
        saved = ", ".join(f"{self.saved[name]:,} {name}" for name in ("predictions", "versions", "models", "analyses"))
        return f"<SalvageReport: {saved} saved, {len(self.lost):,} lost>"


def salvage(session: Session, path: str | os.PathLike[str], progress: bool | Callback | None) -> SalvageReport:
    """See `DatabaseManager.salvage`."""
    backend = session.outside("salvage")
    if backend.capabilities.name != "lmdb":
        raise StorageError(
            f"{session.url}: salvage reads the pages of an embedded file; restore a backup of the back end "
            f"{backend.capabilities.name!r}"
        )
    return salvage_file(backend.path, path, progress)  # type: ignore[attr-defined]


def salvage_file(
    source: str | os.PathLike[str], path: str | os.PathLike[str], progress: bool | Callback | None
) -> SalvageReport:
    """See `DatabaseManager.salvage_file`."""
    started = time.monotonic()
    target = os.path.abspath(path)
    with Meter(progress, None, "salvaging") as meter:
        told = _core.salvage(os.fspath(source), target, watch_of(meter))
    return SalvageReport(
        target,
        told["saved"],
        tuple(Entry(*each) for each in told["lost"]),
        tuple(told["faults"]),
        tuple(told["damaged_pages"]),
        told["stray_pages"],
        time.monotonic() - started,
    )
