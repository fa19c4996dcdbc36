"""Verification and repair: what `verify_integrity` does."""

from __future__ import annotations

import time
from collections.abc import Callable

from ...errors import StorageError
from ..progress import Callback, Meter
from ..report import Entry, IntegrityReport
from ..session import Session
from .backup import watch_of

__all__ = ["verify"]


def verify(session: Session, repair: bool, progress: bool | Callback | None) -> IntegrityReport:
    """See `DatabaseManager.verify_integrity`."""
    started = time.monotonic()
    plain = session.outside("verify_integrity")
    if repair:
        session.check_writable()
    if not plain.capabilities.histories:
        mend: Callable[[], None] | None = getattr(session.backend, "mend", None)
        if repair and mend is None:
            raise StorageError(f"{session.url}: the back end {plain.capabilities.name!r} repairs itself, or cannot")
        faults = tuple(plain.check())
        if mend is None or not repair or not faults:
            return IntegrityReport(faults, time.monotonic() - started)
        mend()
        return IntegrityReport(tuple(plain.check()), time.monotonic() - started, repaired=faults)
    backend = session.with_history("verify_integrity")
    with Meter(progress, None, "verifying") as meter:
        found = backend.verify(watch_of(meter))
    if not repair or not found["faults"]:
        return IntegrityReport(tuple(found["faults"]), time.monotonic() - started, found["counts"])
    with Meter(progress, None, "repairing") as meter:
        quarantined, kept = backend.repair(watch_of(meter))
    with Meter(progress, None, "verifying") as meter:
        now = backend.verify(watch_of(meter))
    return IntegrityReport(
        tuple(now["faults"]),
        time.monotonic() - started,
        now["counts"],
        repaired=tuple(found["faults"]),
        quarantined=tuple(Entry(*each) for each in quarantined),
        kept=kept,
    )
