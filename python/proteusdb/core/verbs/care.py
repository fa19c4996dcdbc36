"""Looking after the database: statistics, compaction, integrity."""

from __future__ import annotations

from typing import Any

from ..config import core_compression
from ..growth import growth
from ..keeping.verify import verify
from ..progress import Callback
from ..report import IntegrityReport
from .base import Verbs

__all__ = ["CareVerbs"]


class CareVerbs(Verbs):
    """Care of what is stored."""

    def stats(self) -> dict[str, Any]:
        """Counts and sizes of what is stored.

        Returns
        -------
        dict
            Counters kept with every write, and sizes of tables. `bytes_per_residue` says where they go: `coordinates`,
            `plddt` (the B-factor column), `topology` (sequence, numbering, atoms), `text` (titles and occupancies),
            `arrays`, `originals` (files as they were, with what they are predicted from), `metadata` (headers,
            sequences and indexes, as pages) and `page_overhead` (pages that are free or half full). How structures
            divide is told from the heads of up to 512 of them, evenly over the store; the rest is from the counters.
            What several predictions share counts once, its use spread over arrays and originals. `growth` tells what
            has changed `since` an earlier write, an hour ago or more unless the database is younger: `bytes`,
            `predictions`, `versions`, and `bytes_per_day` over all `samples` of its size that the file keeps.
        """
        stats = self._session.outside("stats").stats()
        if "structure_sample" in stats:
            stats["bytes_per_residue"] = _bytes_per_residue(stats)
        if "samples" in stats:
            stats["growth"] = growth(stats)
        return stats

    def metrics(self) -> dict[str, Any]:
        """How the database is doing: room, speed, caches, connections, and what this process takes.

        Counters are those of this manager since it was opened; a plan is the access path that `explain` names, asked
        for once for queries that differ in their values alone.

        Returns
        -------
        dict
            `storage` (as `stats()`, with `free_pages` and the `growth` since this was first asked), `queries` (by kind,
            `read` being by id, `part` a structure or array: `count`, `failed`, `seconds`, and by plan `p50`, `p90`,
            `p99`, `slowest` in seconds and a `histogram` of upper bound to count; bounds double, so a quantile is told
            to a factor of two; of reads by id all are counted and one in 16 is `timed`), `slow_queries` (the last
            hundred that took `PROTEUSDB_SLOW_SECONDS`, 1 unless set, with plan and criteria), `operations` written,
            `caches` (`hits`, `misses`, `rate`), `connections` (`size`, `in_use`, `waiting`; of an embedded file its
            readers), `readers` (of all processes, and the oldest), `system` (of this process; needs psutil, and says so
            where it is absent) and `uptime_seconds`.

        Raises
        ------
        ConnectionError
            The database is closed, or its server cannot be reached.
        """
        from ...metrics.snapshot import snapshot

        return snapshot(self._session, self.stats())

    def compact(self, compression: bool | str | None = None) -> None:
        """Gives room back, and may rewrite structures in another profile.

        Packs what deleted and replaced predictions left, and writes the file anew without free pages; other processes
        go on, writers wait meanwhile. No version is dropped.

        Parameters
        ----------
        compression : bool or {"fast", "small"}, optional
            The profile that every structure of every version is rewritten in, some at a time: when that is stopped, the
            store is whole and the next call goes on. "small" is for what is kept more than read. None leaves them.

        Raises
        ------
        ValidationError
            There is no such profile; the message lists them.
        StorageError
            The database is open to be read only, or the disk is full; nothing is lost.
        """
        self._session.check_writable()
        profile = None if compression is None else core_compression(compression)
        self._session.outside("compact").compact(profile)

    def verify_integrity(self, repair: bool = False, *, progress: bool | Callback | None = None) -> IntegrityReport:
        """Walks every table and checks that all of it fits together: checksums, records, indexes both ways, references.

        The pages of an embedded file are walked first, by a reader that believes none of them. Where one is damaged,
        the report names it, and tables are not looked at.

        Parameters
        ----------
        repair : bool
            Where there are faults, make the store anew from all that can be read of it. What is derived (indexes,
            counters, reference counts) is written again; what is damaged is set aside in the store's quarantine and
            named, and a damaged file is kept beside; in SQLite, PostgreSQL and MongoDB it is one transaction, and the
            quarantine holds all that was damaged. Writers wait meanwhile; a repair that is stopped has changed nothing.
        progress : bool or callable, optional
            As in `store_predictions`.

        Returns
        -------
        IntegrityReport
            With `.ok`, one line a fault, and how much was looked at.

        Raises
        ------
        StorageError
            With `repair`: the database is open to be read only, its back end repairs itself, or the disk is full; as
            `CorruptionError`, pages are damaged, which is for `salvage`.
        """
        return verify(self._session, repair, progress)


def _bytes_per_residue(stats: dict[str, Any]) -> dict[str, float]:
    """What `stats` documents, from the counters and the sample of structures."""
    residues = stats["residues"]
    if residues == 0:
        return {}
    sample, parts, tables = stats["structure_sample"], stats["parts"], stats["tables"]
    sampled = sum(sample.values()) or 1
    share = {name: parts["structure"] * size / sampled for name, size in sample.items()}
    blobs = ("segments", "loose")
    others = sum(size for name, size in tables.items() if name not in blobs)
    # Arrays that are stored once stand in the counters as often as they are used.
    there = stats["segment_bytes"] - stats["dead_bytes"] + tables.get("loose", 0)
    shareable = parts["array"] + parts["original"]
    shared = min(max(0, sum(parts.values()) - there), shareable)
    once = 1 - shared / (shareable or 1)
    held = sum(parts.values()) - shared
    sizes = {
        "coordinates": share["coordinates"],
        "plddt": share["b_factor"],
        "topology": share["topology"],
        "text": share["head"] + share["occupancy"],
        "arrays": parts["array"] * once,
        "originals": parts["original"] * once,
        "metadata": others,
        "page_overhead": max(0, stats["file_bytes"] - held - others),
    }
    return {name: size / residues for name, size in sizes.items()}
