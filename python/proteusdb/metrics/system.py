"""What the process takes of its machine, and how far away the server is."""

from __future__ import annotations

import os
import time
from typing import Any

from ..errors import ValidationError
from ..formats.extras import need

__all__ = ["round_trip", "system_figures"]


def system_figures() -> dict[str, Any]:
    """Memory, processor time, input and output of this process.

    Returns
    -------
    dict
        `memory_bytes` (resident), `virtual_bytes`, `cpu_seconds` (all threads, user and system), `threads`,
        `open_files`, `read_bytes` and `written_bytes` (of storage, where the system counts them for a process),
        `machine_memory_available_bytes`, `machine_cpus`. Where psutil is absent, `cpu_seconds` and `machine_cpus`
        alone, and `missing`, which says how to install it.
    """
    times = os.times()
    figures: dict[str, Any] = {"cpu_seconds": times.user + times.system, "machine_cpus": os.cpu_count() or 1}
    try:
        psutil = need("psutil", extra="metrics", purpose="memory and input/output of the process")
    except ValidationError as missing:
        return {**figures, "missing": str(missing)}
    process = psutil.Process()
    with process.oneshot():
        memory = process.memory_info()
        figures.update(memory_bytes=memory.rss, virtual_bytes=memory.vms, threads=process.num_threads())
        for name, ask in (("open_files", "num_fds"), ("open_files", "num_handles")):
            if hasattr(process, ask):
                figures[name] = getattr(process, ask)()
        if hasattr(process, "io_counters"):
            try:
                counters = process.io_counters()
            except psutil.Error:
                # A container may hide them.
                return figures
            figures.update(read_bytes=counters.read_bytes, written_bytes=counters.write_bytes)
    figures["machine_memory_available_bytes"] = psutil.virtual_memory().available
    return figures


def round_trip(backend: Any) -> float | None:
    """Seconds to a server and back, by the back end's own `ping`; None for a file."""
    ping = getattr(backend, "ping", None)
    if ping is None:
        return None
    started = time.perf_counter()
    ping()
    return time.perf_counter() - started
