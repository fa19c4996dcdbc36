"""Programs that end with the test that started them."""

import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from durability.processes import SECONDS, Run, Start, begin, ended


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a program; what still runs after the test is killed."""
    running: list[subprocess.Popen[str]] = []

    def start_one(name: str, *arguments: object, **options: Any) -> subprocess.Popen[str]:
        running.append(begin(name, *arguments, **options))
        return running[-1]

    yield start_one
    for process in running:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture
def run(start: Start) -> Run:
    """Runs a program to its end and returns what it said; its failure is the test's."""

    def run_one(name: str, *arguments: object, seconds: float = SECONDS, **options: Any) -> list[Any]:
        return ended(start(name, *arguments, **options), seconds)

    return run_one
