"""Verification and repair: what `verify_integrity` does."""

from __future__ import annotations

import time
from collections.abc import Callable

from ... import _core
from ...errors import CorruptionError, StorageError
from ..progress import Callback, Meter
from ..report import Entry, IntegrityReport
from ..session import Session
from .backup import watch_of

__all__ = ["pages", "verify"]


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
    pages = tuple(found.get("damaged_pages", ()))
    if repair and pages:
        raise CorruptionError(
            f"{session.url}: {len(pages)} page(s) are damaged, the first fault: {found['faults'][0]}; a file is not "
            "repaired from damaged pages: salvage(path) writes what can be read of it into a new one"
        )
    if not repair or not found["faults"]:
        seconds = time.monotonic() - started
        return IntegrityReport(tuple(found["faults"]), seconds, found["counts"], damaged_pages=pages)
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


def pages(path: str, progress: bool | Callback | None) -> IntegrityReport | None:
    """What the pages of an embedded file say, without opening it; None where others write it too fast to tell."""
    started = time.monotonic()
    with Meter(progress, None, "verifying") as meter:
        found = _core.look_into(path, watch_of(meter))
    if found is None or found["page_size"] == 0:
        # It is no such file; whoever opens it says what it is.
        return None
    counts = {name: found[name] for name in ("pages", "free_pages")}
    damaged = tuple(found["damaged_pages"])
    return IntegrityReport(tuple(found["faults"]), time.monotonic() - started, counts, damaged_pages=damaged)
