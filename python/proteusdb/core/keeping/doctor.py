"""What may be wrong with a database, each finding with its cure.

::

    a file      file system, room on it, pages, map, readers, waste, last commit, schema, everything that verify finds
    a server    the last commit, everything that verify finds

A finding that is no trouble says so: the list is also what was looked at.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ... import _core
from ...errors import ConnectionError, CorruptionError, ProteusError
from ..progress import Callback
from .verify import pages

if TYPE_CHECKING:
    from ..manager import DatabaseManager

__all__ = ["Finding", "examine", "examine_file"]

_WASTE = 0.25
"""Part of a file that may be free or dead before it is a finding."""
_SMALL = 16 << 20
"""Bytes of waste that are none."""
_BEHIND = 1_000
"""Transactions that a reader may be behind."""
_AHEAD = 2.0
"""Seconds that a commit may be in the future."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that was looked at.

    Attributes
    ----------
    check : str
        What was looked at.
    ok : bool
        Whether it is as it should be.
    found : str
        What was found.
    cure : str
        What to do, where something is.
    """

    check: str
    ok: bool
    found: str
    cure: str = ""


def examine_file(path: str, progress: bool | Callback | None = None) -> list[Finding]:
    """What can be told of an embedded file without opening it; with damaged pages it should not be."""
    return [_file_system(path), _room(path), *_pages(path, progress)]


def examine(db: DatabaseManager, *, deep: bool = True, progress: bool | Callback | None = None) -> list[Finding]:
    """What can be told of an open database; `deep` verifies all of it, which is where most of the time goes."""
    findings: list[Finding] = []
    for look in (_last_commit, _readers, _map, _waste, _schema):
        try:
            findings.extend(look(db))
        except CorruptionError as error:
            findings.append(Finding(look.__name__.strip("_").replace("_", " "), False, str(error), _REPAIR))
    if deep:
        findings.extend(_contents(db, progress))
    return findings


_REPAIR = "proteusdb verify --repair: makes it anew from all that can be read, and keeps the damaged file"


def _file_system(path: str) -> Finding:
    kind = _core.network_file_system(path)
    if kind is None:
        return Finding("file system", True, _kind(path) or "a local one")
    cure = (
        "put the file on a local disk, let array jobs write to a Spool there, use a server back end for all hosts, or "
        "open it with read_only=True"
    )
    return Finding("file system", False, f"{kind}, where the locks that keep writers apart cannot be relied on", cure)


def _kind(path: str) -> str | None:
    """The type of the file system, from the mount that is nearest to the path."""
    try:
        lines = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    best, kind = -1, None
    real = os.path.realpath(path)
    for line in lines:
        before, _, after = line.partition(" - ")
        mount = before.split(" ")[4]
        if (real == mount or real.startswith(mount.rstrip("/") + "/")) and len(mount) > best:
            best, kind = len(mount), after.split(" ")[0]
    return kind


def _room(path: str) -> Finding:
    free, size = shutil.disk_usage(os.path.dirname(os.path.abspath(path))).free, os.path.getsize(path)
    found = f"{free:,} bytes are free on the disk, the file has {size:,}"
    if free > max(size, _SMALL):
        return Finding("room", True, found)
    return Finding(
        "room", False, found, "make room: compact, repair and restore write the file anew beside the old one"
    )


def _pages(path: str, progress: bool | Callback | None) -> Iterator[Finding]:
    found = pages(path, progress)
    if found is None:
        yield Finding("pages", True, "not looked at: others write the file, or it is none of this program")
    elif found.ok:
        yield Finding("pages", True, f"{found.counts['pages']:,}, of which {found.counts['free_pages']:,} are free")
    else:
        numbers = ", ".join(map(str, found.damaged_pages[:8])) + (", …" if len(found.damaged_pages) > 8 else "")
        told = f"damaged: {numbers}; {found.faults[0]}" if numbers else found.faults[0]
        cure = "proteusdb salvage NEW.db: writes all that can be read into a new file; or restore a backup"
        yield Finding("pages", False, told, cure)


def _last_commit(db: DatabaseManager) -> Iterator[Finding]:
    """A clock that is behind: later commits get times that no clock shows."""
    backend = db._session.outside("doctor")
    if not backend.capabilities.histories:
        return
    ahead = db._session.with_history("doctor").standing().commit / 1e6 - time.time()
    if ahead <= _AHEAD:
        yield Finding("clock", True, "no commit is from the future")
    else:
        cure = (
            "set the clock of this host; until then commits get times one µs after the last, and as_of=now misses them"
        )
        yield Finding("clock", False, f"the last commit is {ahead:,.0f} s in the future", cure)


def _readers(db: DatabaseManager) -> Iterator[Finding]:
    keeper = getattr(db._session.outside("doctor"), "keeper", None)
    if keeper is None:
        return
    readers = [(pid, behind) for pid, behind in keeper.readers() if pid != os.getpid()]
    dead = sorted({pid for pid, _ in readers if not _alive(pid)})
    if dead:
        cure = "open it once for writing, or write anything: that clears readers of processes that died"
        yield Finding("stale readers", False, f"of {len(dead)} process(es) that died: {dead[:8]}", cure)
    for pid, behind in readers:
        if behind > _BEHIND and pid not in dead:
            cure = "end that process or let it read on in a new transaction: while it lives the file cannot reuse pages"
            yield Finding("long readers", False, f"process {pid} reads a state {behind:,} transactions old", cure)
            break
    else:
        if not dead:
            yield Finding("readers", True, f"{len(readers)} in other processes, none of them old")


def _map(db: DatabaseManager) -> Iterator[Finding]:
    stats = db.stats()
    if "map_bytes" not in stats:
        return
    found = f"{stats['map_bytes']:,} bytes of address space, the file has {stats['file_bytes']:,}"
    # It grows by itself, but not while a reader of the process is at work.
    if stats["file_bytes"] * 1.25 < stats["map_bytes"] or stats["map_bytes"] < 1 << 30:
        yield Finding("map", True, found)
    else:
        cure = "raise the limit on address space (ulimit -v), or unset PROTEUSDB_MAP_SIZE"
        yield Finding("map", False, found, cure)


def _waste(db: DatabaseManager) -> Iterator[Finding]:
    stats: dict[str, Any] = db.stats()
    if "free_bytes" not in stats:
        return
    waste = stats["free_bytes"] + stats["dead_bytes"]
    found = (
        f"{stats['free_bytes']:,} bytes of free pages and {stats['dead_bytes']:,} dead bytes of {stats['file_bytes']:,}"
    )
    if waste <= max(_SMALL, _WASTE * stats["file_bytes"]):
        yield Finding("waste", True, found)
    else:
        yield Finding("waste", False, found, "compact(): gives them back; else they are filled before the file grows")


def _schema(db: DatabaseManager) -> Iterator[Finding]:
    backend = db._session.outside("doctor")
    if not backend.capabilities.histories:
        return
    schema, latest = db._session.with_history("doctor").standing().schema, getattr(backend, "latest_schema", None)
    if latest is None or schema >= latest:
        yield Finding("schema", True, f"version {schema}")
    else:
        yield Finding("schema", False, f"version {schema}, this program writes {latest}", "proteusdb migrate")


def _contents(db: DatabaseManager, progress: bool | Callback | None) -> Iterator[Finding]:
    try:
        report = db.verify_integrity(progress=progress)
    except (ConnectionError, ProteusError) as error:
        yield Finding("contents", False, str(error), _REPAIR)
        return
    if report.ok:
        yield Finding("contents", True, "every record, index and reference holds together")
        return
    drift = [fault for fault in report.faults if fault.startswith(("index", "table index", "table kmers"))]
    for check, faults in (("index drift", drift), ("contents", [one for one in report.faults if one not in drift])):
        if faults:
            yield Finding(check, False, f"{len(faults):,} fault(s), the first: {faults[0]}", _REPAIR)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
