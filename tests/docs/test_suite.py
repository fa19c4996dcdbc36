"""`benches/suite` and `benches/scaling.py` run, and what they measure is what they say. Nothing is timed."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def ran(*arguments: str) -> str:
    """The output of a program that must end well."""
    done = subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_benchmark_of_the_suite_runs() -> None:
    pytest.importorskip("pytest_benchmark", reason="pytest-benchmark is not installed: pip install --group test")
    told = ran(
        "-m", "pytest", "-q", "-p", "no:xdist", "benches/suite", "--rows=6", "--headers=300", "--benchmark-disable"
    )
    assert " passed" in told.splitlines()[-1], told
    assert "skipped" not in told.splitlines()[-1], told


def test_the_table_of_sizes_has_a_line_each() -> None:
    lines = ran("benches/scaling.py", "--rows", "200", "400", "--rounds", "2").splitlines()
    assert [line.split(" | ")[0] for line in lines] == ["| rows", "|---" * 12 + "|", "| 200", "| 400"]
    assert lines[0].count("|") == lines[2].count("|") == lines[3].count("|")
    assert "x)" in lines[3]
    assert "x)" not in lines[2]
