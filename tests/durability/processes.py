"""How the durability tests start programs, wait for them, and how long they go on.

A program is a function: `name` of `programs.py`, or `module.name` of another module here.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
#: The whole of a quick program, with a margin for a busy machine.
SECONDS = 120
SOAK = bool(os.environ.get("PROTEUSDB_SOAK"))

Start = Callable[..., "subprocess.Popen[str]"]
Run = Callable[..., list[Any]]


def begin(name: str, *arguments: object, **options: Any) -> "subprocess.Popen[str]":
    """Starts a program; its lines can be read from stdout."""
    module, _, function = ("programs." + name).rpartition(".")
    script = FOLDER / f"{module.removeprefix('programs.')}.py"
    command = [sys.executable, str(script), function, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def ended(process: "subprocess.Popen[str]", seconds: float = SECONDS) -> list[Any]:
    """What a program said until it ended well."""
    output, errors = process.communicate(timeout=seconds)
    assert process.returncode == 0, f"exit {process.returncode}: {errors[-2000:]}"
    return [json.loads(line) for line in output.splitlines()]
