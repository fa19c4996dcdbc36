"""All figures of a database at one moment: what `DatabaseManager.metrics` answers.

::

    storage      from stats(): sizes, growth, bytes per residue, free pages
    queries      by kind and plan: count, failed, seconds, quantiles, histogram
    slow_queries the last of them, with their plans
    caches       hits, misses, rate
    connections  size, in use, waiting
    readers      of all processes, and the oldest
    system       of this process, and the way to the server
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from .counters import BOUNDS, Totals
from .system import round_trip, system_figures

if TYPE_CHECKING:
    from ..core.session import Session

__all__ = ["series_of", "snapshot"]

_PAGE = 4096
_GROWING = ("file_bytes", "predictions", "residues")


def snapshot(session: Session, stats: dict[str, Any]) -> dict[str, Any]:
    """Gathers everything; `stats` is what `DatabaseManager.stats` answered.

    Raises
    ------
    ConnectionError
        The database is closed, or its server cannot be reached.
    """
    backend = session.backend
    # With four times the predictions the same query may be answered another way.
    if session.plans.outgrown(stats.get("predictions", 0)):
        session.plans.settle(lambda criteria: backend.explain(criteria, 1.0), changes=True)
    return {
        "storage": _storage(session, stats),
        "queries": _queries(session),
        "slow_queries": _slow(session),
        "operations": session.metrics.counts().get("operations", 0),
        "caches": {
            name: {"hits": hits, "misses": misses, "rate": hits / (hits + misses)}
            for name, (hits, misses) in session.metrics.caches().items()
        },
        "connections": _connections(backend, stats),
        "readers": {
            "count": stats.get("readers"),
            "limit": stats.get("max_readers"),
            "oldest": stats.get("oldest_reader"),
        },
        "system": {**system_figures(), "round_trip_seconds": round_trip(backend)},
        "uptime_seconds": time.monotonic() - session.metrics.started,
    }


def series_of(session: Session) -> dict[tuple[str, str | None], Totals]:
    """Every series, by kind and plan; those of one plan as one."""
    session.plans.settle(lambda criteria: session.backend.explain(criteria, 1.0))
    merged: dict[tuple[str, str | None], Totals] = {}
    for (kind, key), totals in session.metrics.totals().items():
        name = (kind, session.plans.name(key))
        merged[name] = _sum(merged[name], totals) if name in merged else totals
    return merged


def _sum(a: Totals, b: Totals) -> Totals:
    buckets = tuple(x + y for x, y in zip(a.buckets, b.buckets, strict=True))
    return Totals(a.calls + b.calls, a.failed + b.failed, a.seconds + b.seconds, max(a.slowest, b.slowest), buckets)


def _storage(session: Session, stats: dict[str, Any]) -> dict[str, Any]:
    wanted = (
        "predictions", "versions", "residues", "sequences", "models", "analyses", "file_bytes", "free_bytes",
        "dead_bytes", "map_bytes", "parts", "bytes_per_residue",
    )  # fmt: skip
    storage = {name: stats[name] for name in wanted if name in stats}
    if "free_bytes" in stats:
        storage["free_pages"] = stats["free_bytes"] // _PAGE
    now = time.monotonic()
    start, first = session.metrics.first_seen(now, {name: stats[name] for name in _GROWING if name in stats})
    growth: dict[str, Any] = {name: stats[name] - value for name, value in first.items() if name in stats}
    storage["growth"] = {**growth, "seconds": now - start}
    return storage


def _queries(session: Session) -> dict[str, dict[str, Any]]:
    answer: dict[str, dict[str, Any]] = {}
    for (kind, plan), totals in sorted(series_of(session).items(), key=lambda item: (item[0][0], item[0][1] or "")):
        if not (totals.calls or totals.failed):
            continue
        told = answer.setdefault(kind, {"count": 0, "failed": 0, "seconds": 0.0, "plans": {}})
        told["count"] += totals.calls
        told["failed"] += totals.failed
        told["seconds"] += totals.seconds
        if totals.calls:
            told["plans"][plan or "direct"] = _told(totals)
    return answer


def _told(totals: Totals) -> dict[str, Any]:
    quantiles = {f"p{round(100 * share)}": totals.quantile(share) for share in (0.5, 0.9, 0.99)}
    histogram = {f"{bound:.9g}": count for bound, count in zip(BOUNDS, totals.buckets, strict=False) if count}
    if totals.buckets[-1]:
        histogram["inf"] = totals.buckets[-1]
    return {
        "count": totals.calls,
        "timed": totals.timed,
        "seconds": totals.seconds,
        "slowest": totals.slowest,
        **quantiles,
        "histogram": histogram,
    }


def _slow(session: Session) -> dict[str, Any]:
    count, last = session.metrics.slow_queries()
    queries = [
        {
            "at": query.at,
            "kind": query.kind,
            "seconds": query.seconds,
            "plan": session.plans.name(query.plan),
            "criteria": query.criteria,
        }
        for query in last
    ]
    return {"threshold_seconds": session.metrics.slow_seconds, "count": count, "last": queries}


def _connections(backend: Any, stats: dict[str, Any]) -> dict[str, Any]:
    """A server's pool, where the back end tells of one; else the readers of an embedded file, where none waits."""
    pool = getattr(backend, "connections", None)
    if pool is not None:
        return dict(pool())
    return {"size": stats.get("max_readers"), "in_use": stats.get("readers"), "waiting": 0}
