"""How the durability tests start `programs.py`, wait for it, and how long they go on."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

PROGRAMS = Path(__file__).with_name("programs.py")
#: The whole of a quick program, with a margin for a busy machine.
SECONDS = 120
SOAK = bool(os.environ.get("PROTEUSDB_SOAK"))

Start = Callable[..., "subprocess.Popen[str]"]
Run = Callable[..., list[Any]]


def begin(name: str, *arguments: object, **options: Any) -> "subprocess.Popen[str]":
    """Starts a program of `programs.py`; its lines can be read from stdout."""
    command = [sys.executable, str(PROGRAMS), name, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def ended(process: "subprocess.Popen[str]") -> list[Any]:
    """What a program said until it ended well."""
    output, errors = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, f"exit {process.returncode}: {errors[-2000:]}"
    return [json.loads(line) for line in output.splitlines()]
