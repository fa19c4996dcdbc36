"""A server process of a test: a free port, a log, and an end that always comes.

::

    start -> ready? -> started          kill (SIGKILL: as if the machine had failed) -> start again on the same data
                                        stop (asks first)                            -> the folder is removed

Invariants: it listens on the loopback interface only; only the process that was started here is ended.
"""

import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

__all__ = ["LOOPBACK", "Process", "free_port", "listening", "until"]

LOOPBACK = "127.0.0.1"


def free_port(host: str = LOOPBACK) -> int:
    """A port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def listening(port: int, host: str = LOOPBACK) -> bool:
    """Whether somebody takes connections there."""
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex((host, port)) == 0


def until(holds: Callable[[], bool], seconds: float, what: Callable[[], str]) -> None:
    """Waits for a condition; `what` tells what was waited for."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise TimeoutError(f"after {seconds:g} s: {what()}")
        time.sleep(0.02)


class Process:
    """One run of a server program, its output in a log."""

    def __init__(self, command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None) -> None:
        self._log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                list(command), stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment, cwd=log.parent
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    def ready(self, holds: Callable[[], bool], seconds: float) -> None:
        """Waits until it serves; a process that ended instead is told with the end of its log."""
        until(lambda: self._process.poll() is not None or holds(), seconds, self._story)
        if self._process.poll() is not None:
            raise RuntimeError(self._story())

    def kill(self) -> None:
        """SIGKILL: nothing is flushed, nobody is told."""
        self._process.kill()
        self._process.wait()

    def stop(self, seconds: float = 20.0) -> None:
        """SIGTERM, and SIGKILL where that is not heard."""
        self._process.terminate()
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()

    def _story(self) -> str:
        tail = self._log.read_bytes()[-2000:].decode(errors="replace")
        return f"{self._process.args!r} (exit status {self._process.poll()}) does not serve; its log ends:\n{tail}"
