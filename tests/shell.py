"""The command line as its users run it: one process a call."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Shell", "environment"]


@dataclass(frozen=True)
class Shell:
    """Runs ``proteusdb`` in a folder."""

    folder: Path

    def __call__(self, *args: str, code: int = 0, stdin: str = "") -> "subprocess.CompletedProcess[str]":
        """Run, and check the exit code and that no traceback is shown."""
        ran = subprocess.run(
            [sys.executable, "-m", "proteusdb", *args],
            cwd=self.folder,
            env=environment(),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert ran.returncode == code, f"{args}: {ran.returncode}\n{ran.stdout}\n{ran.stderr}"
        assert "Traceback" not in ran.stderr, ran.stderr
        return ran

    def json(self, *args: str, code: int = 0) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self(*args, "--json", code=code).stdout)

    def lines(self, *args: str) -> list[Any]:
        """The JSON lines on stdout."""
        return [json.loads(line) for line in self(*args, "--json").stdout.splitlines()]


def environment() -> dict[str, str]:
    """This environment, without what would choose a database or colours."""
    kept = {k: v for k, v in os.environ.items() if k not in ("PROTEUSDB_URL", "FORCE_COLOR", "TTY_COMPATIBLE")}
    return {**kept, "NO_COLOR": "1", "COLUMNS": "200"}
