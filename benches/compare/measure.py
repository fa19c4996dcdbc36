"""One peer measured once, in a child process of its own.

::

    parent: records in memory ── fork ── child: prepare │ load, open, get, head, scan │ check ── pipe ── Measures

Times are wall clock. Reads: 200 random ids untimed, then each of the others timed, and the median told. The scan is the
second of two. Memory is how far the child's resident size rose while it loaded, where the system tells (Linux). Sizes
are allocated blocks, after the peer's own way to make itself small. Every peer's reads are compared with the records.
"""

import multiprocessing
import shutil
import statistics
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
from peers import Folder, Peer
from records import Record

WARM = 200


@dataclass(frozen=True)
class Measures:
    """What the table shows of one peer."""

    load: float
    """Records a second."""
    memory: float
    """MiB of resident memory gained by loading; NaN where it cannot be told."""
    size: float
    """Bytes a residue, everything in it."""
    read: float
    """Microseconds to coordinates, sequence, B-factors of one record: the median."""
    head: float
    """Microseconds to sequence and metadata of one record: the median."""
    scan: float
    """Records a second, to coordinates, on one thread."""


def timed(work: Callable[[], object]) -> float:
    """Wall seconds of one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def resident(field: str) -> float:
    """MiB in a field of the process's own status."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return float("nan")
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(field + ":")), float("nan"))


def forget_peak() -> None:
    """Let the peak of resident memory begin anew."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return


def allocated(folder: Path) -> int:
    """Bytes of disk below a folder."""
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file())


def farthest(found: Any, given: Any) -> float:
    """How far from a position that was given the nearest one is that was found; atoms may stand in another order."""
    assert found.shape == given.shape
    squared = [((found - position) ** 2).sum(axis=1).min() for position in given]
    return float(np.sqrt(max(squared)))


def check(peer: Any, some: list[Record]) -> None:
    """The peer gives back what it was given."""
    for record in some:
        coords, sequence, b_factor = peer.get(record.id)
        if peer.error:
            assert farthest(coords, record.columns["coords"]) <= peer.error
        else:
            np.testing.assert_array_equal(coords, record.columns["coords"], strict=True)
            np.testing.assert_array_equal(b_factor, record.columns["b_factor"], strict=True)
        assert sequence == record.sequence
        if not isinstance(peer, Folder):
            assert peer.head(record.id) == (record.sequence, record.metadata)


def measures(kind: type[Peer], records: list[Record], order: list[str], folder: Path) -> Measures:
    """Load, read and scan one peer in this process."""
    peer: Any = kind(folder)
    prepared = peer.prepare(records)
    forget_peak()
    before = resident("VmRSS")
    loading = timed(lambda: peer.load(prepared))
    memory = resident("VmHWM") - before
    peer.compact()
    told = peer.size()
    peer.close()
    size = allocated(folder) if told is None else told
    peer.open()
    check(peer, records[:20])
    warm = min(WARM, len(order) // 2)
    for name in order[:warm]:
        peer.get(name)
    reading = statistics.median(timed(lambda name=name: peer.get(name)) for name in order[warm:])
    heading = statistics.median(timed(lambda name=name: peer.head(name)) for name in order[warm:])
    scanning = [timed(lambda: sum(len(coords) for coords in peer.scan())) for _ in range(2)][1]
    peer.close()
    peer.forget()
    count, residues = len(records), sum(len(record.sequence) for record in records)
    return Measures(count / loading, memory, size / residues, reading * 1e6, heading * 1e6, count / scanning)


def child(pipe: Connection, *arguments: Any) -> None:
    """Send the measures, or what went wrong."""
    try:
        pipe.send(measures(*arguments))
    except Exception:
        pipe.send(traceback.format_exc())


def measured(kind: type[Peer], records: list[Record], order: list[str], folder: Path) -> Measures:
    """The same in a child process, whose files are removed."""
    folder.mkdir()
    forked = multiprocessing.get_context("fork")
    ours, theirs = forked.Pipe(duplex=False)
    process = forked.Process(target=child, args=(theirs, kind, records, order, folder))
    process.start()
    theirs.close()
    try:
        told = ours.recv()
    except EOFError:
        told = "the process ended early"
    process.join()
    shutil.rmtree(folder)
    if not isinstance(told, Measures):
        raise SystemExit(f"{kind.title}: {told}")
    return told
