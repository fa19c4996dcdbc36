"""The figures of a snapshot by name, unit and kind: one list for all systems of monitoring.

::

    Figure("storage_bytes", "gauge", ("part",), [(("file",), 237568.0), (("free",), 12288.0)])

Invariant: a figure that the back end does not tell has no value, rather than 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .snapshot import series_of

if TYPE_CHECKING:
    from ..core.manager import DatabaseManager

__all__ = ["Figure", "figures_of"]

Values = list[tuple[tuple[str, ...], float]]


@dataclass(frozen=True, slots=True)
class Figure:
    """One metric.

    Attributes
    ----------
    name : str
        With its unit at the end.
    help : str
        What it is, one sentence.
    kind : {"gauge", "counter"}
        Whether it may fall.
    labels : tuple of str
        Names of the labels.
    values : list of (labels, value)
        What they are now.
    """

    name: str
    help: str
    kind: str
    labels: tuple[str, ...]
    values: Values


def figures_of(database: DatabaseManager) -> list[Figure]:
    """Every figure but the histogram of calls, also those that have no value yet."""
    told = database.metrics()
    return [*_storage(told["storage"]), *_calls(database), *_activity(told), *_system(told["system"])]


def _storage(storage: Mapping[str, Any]) -> Iterator[Figure]:
    counts = ("predictions", "versions", "residues", "sequences", "models", "analyses")
    yield Figure("records", "Records that are stored, by kind.", "gauge", ("kind",), _labelled(storage, counts))
    sizes = {name.removesuffix("_bytes"): value for name, value in storage.items() if name.endswith("_bytes")}
    yield Figure("storage_bytes", "Size of the file and of its parts.", "gauge", ("part",), _labelled(sizes, sizes))
    yield Figure("free_pages", "Pages that can be written again.", "gauge", (), _alone(storage.get("free_pages")))
    per = storage.get("bytes_per_residue", {})
    yield Figure("residue_bytes", "Bytes per residue, by part.", "gauge", ("part",), _labelled(per, per))
    growth = storage.get("growth", {}).get("file_bytes")
    yield Figure("growth_bytes", "Growth of the file since this was first asked.", "gauge", (), _alone(growth))


def _calls(database: DatabaseManager) -> Iterator[Figure]:
    series = series_of(database._session).items()
    calls: Values = [((kind, plan or "direct"), float(totals.calls)) for (kind, plan), totals in series]
    seconds: Values = [((kind, plan or "direct"), totals.seconds) for (kind, plan), totals in series]
    failed: dict[tuple[str, ...], float] = {}
    for (kind, _), totals in series:
        failed[(kind,)] = failed.get((kind,), 0) + totals.failed
    yield Figure("calls", "Calls of the back end.", "counter", ("kind", "plan"), calls)
    yield Figure("calls_seconds", "Time in calls of the back end.", "counter", ("kind", "plan"), seconds)
    yield Figure("failed_calls", "Calls of the back end that raised.", "counter", ("kind",), list(failed.items()))


def _activity(told: Mapping[str, Any]) -> Iterator[Figure]:
    slow = told["slow_queries"]["count"]
    yield Figure("slow_queries", "Queries over the threshold.", "counter", (), _alone(slow))
    yield Figure("operations", "Operations written.", "counter", (), _alone(told["operations"]))
    looks: Values = []
    for name, cache in told["caches"].items():
        looks += [((name, result), float(cache[result])) for result in ("hits", "misses")]
    yield Figure("cache_lookups", "Looks into caches.", "counter", ("cache", "result"), looks)
    states = ("size", "in_use", "waiting")
    connections = _labelled(told["connections"], states)
    yield Figure("connections", "Connections, or readers of a file.", "gauge", ("state",), connections)
    yield Figure("readers", "Readers of all processes.", "gauge", (), _alone(told["readers"]["count"]))
    yield Figure("uptime_seconds", "Since the database was opened.", "gauge", (), _alone(told["uptime_seconds"]))


def _system(system: Mapping[str, Any]) -> Iterator[Figure]:
    for name, kind, about in (
        ("memory_bytes", "gauge", "Resident memory of this process."),
        ("virtual_bytes", "gauge", "Address space of this process; an LMDB map counts whole."),
        ("threads", "gauge", "Threads of this process."),
        ("open_files", "gauge", "Open files of this process."),
        ("cpu_seconds", "counter", "Processor time of this process."),
        ("read_bytes", "counter", "Bytes this process read from storage."),
        ("written_bytes", "counter", "Bytes this process wrote to storage."),
    ):
        yield Figure(f"process_{name}", about, kind, (), _alone(system.get(name)))
    about = "Time to the server and back."
    yield Figure("round_trip_seconds", about, "gauge", (), _alone(system.get("round_trip_seconds")))


def _labelled(values: Mapping[str, Any], names: Any) -> Values:
    return [((name,), float(values[name])) for name in names if values.get(name) is not None]


def _alone(value: Any) -> Values:
    return [] if value is None else [((), float(value))]
