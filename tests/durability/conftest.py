"""How the durability tests start `programs.py`, and how long they go on."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PROGRAMS = Path(__file__).with_name("programs.py")
#: The whole of a quick program, with a margin for a busy machine.
SECONDS = 120

SOAK = os.environ.get("PROTEUSDB_PROFILE") == "soak"


@pytest.fixture
def start() -> Callable[..., subprocess.Popen[str]]:
    """Starts a program of `programs.py`; its lines can be read from stdout."""
    running: list[subprocess.Popen[str]] = []

    def begin(name: str, *arguments: object, **options: Any) -> subprocess.Popen[str]:
        command = [sys.executable, str(PROGRAMS), name, *map(str, arguments)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
        running.append(process)
        return process

    yield begin  # type: ignore[misc]
    for process in running:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture
def run(start: Callable[..., subprocess.Popen[str]]) -> Callable[..., list[Any]]:
    """Runs a program to its end and returns what it said; its failure is the test's."""

    def finish(name: str, *arguments: object, **options: Any) -> list[Any]:
        process = start(name, *arguments, **options)
        return ended(process)

    return finish


def ended(process: subprocess.Popen[str]) -> list[Any]:
    """What a program said until it ended well."""
    output, errors = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, f"exit {process.returncode}: {errors[-2000:]}"
    return [json.loads(line) for line in output.splitlines()]
