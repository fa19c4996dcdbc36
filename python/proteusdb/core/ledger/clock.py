"""Whether a lease is over, by clocks that may jump.

::

    a file on this host     the host's clock since it started, and which start that was      no wall clock at all
    a server                the server's clock, and the wall clocks of the hosts             both must say so

A wall clock that is set while workers run takes nothing from them: a file's leases are not measured by one, and at a
server one of two clocks that jumps is outvoted by the other, and named. A host that has started anew has no worker of
the time before, so their leases are over at once.

Invariant: what one clock alone calls over is `disputed`, and stays with its holder.
"""

from __future__ import annotations

import functools
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from ..._core import now as wall_clock
from ...backends.base import Backend

__all__ = ["Now", "read_clock"]

_APART = 60_000_000
"""µs by which two clocks may differ before it is worth saying."""


class Now(NamedTuple):
    """A reading of the clocks.

    Attributes
    ----------
    at : int
        The clock that leases are measured by, µs.
    host : int
        This host's wall clock, µs since 1970.
    start : str or None
        Which start of this host it is; `None` where the clock is a server's.
    """

    at: int
    host: int
    start: str | None

    def lease(self, seconds: float, worker: str) -> dict[str, Any]:
        """A lease from now on, as it is kept."""
        until = round(seconds * 1e6)
        named = {} if self.start is None else {"start": self.start}
        return {"worker": worker, "at": self.at, "until": self.at + until, "wall": self.host + until, **named}

    def over(self, lease: dict[str, Any]) -> bool:
        """Whether it is over, beyond dispute."""
        if self.start is None:
            return bool(self.at >= lease["until"] and self.host >= lease["wall"])
        # A clock that stands lower than it did is that of another start, where the system names none.
        another = lease.get("start") != self.start or (not self.start and self.at < lease["at"])
        return another or self.at >= lease["until"]

    def disputed(self, lease: dict[str, Any]) -> bool:
        """Whether one clock says that it is over, and the other that it is not."""
        return self.start is None and (self.at >= lease["until"]) != (self.host >= lease["wall"])

    def complaint(self) -> str | None:
        """What is wrong with the clocks, if something is."""
        apart = self.at - self.host
        if self.start is not None or abs(apart) < _APART:
            return None
        way = "ahead of" if apart > 0 else "behind"
        return f"the server's clock is {abs(apart) / 1e6:.0f} s {way} this host's; a lease ends when both say so"


def read_clock(backend: Backend) -> Now:
    """The clocks now."""
    told = backend.clock()
    if told is not None:
        return Now(told, wall_clock(), None)
    return Now(time.monotonic_ns() // 1000, wall_clock(), this_start())


@functools.cache
def this_start() -> str:
    """Names the time since the host was started; empty where the system tells none."""
    with suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    if sys.platform == "darwin":
        with suppress(OSError, subprocess.SubprocessError):
            asked = ["/usr/sbin/sysctl", "-n", "kern.bootsessionuuid"]
            return subprocess.run(asked, capture_output=True, text=True, timeout=10, check=True).stdout.strip()
    return ""
