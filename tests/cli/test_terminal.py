"""What a person at a terminal sees: tables and a progress bar. A pseudo-terminal stands in for the person."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from shell import Shell, environment

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals on Windows")


def seen(folder: Path, *args: str) -> str:
    """What ``proteusdb`` writes to a terminal 120 columns wide, stdout and stderr as one."""
    master, slave = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "proteusdb", *args],
        cwd=folder,
        env={**environment(), "COLUMNS": "120", "TERM": "xterm"},
        stdin=subprocess.DEVNULL,
        stdout=slave,
        stderr=slave,
    )
    os.close(slave)
    chunks = []
    try:
        while chunk := os.read(master, 65536):
            chunks.append(chunk)
    except OSError:  # Linux tells the end of a pseudo-terminal as an error
        pass
    finally:
        os.close(master)
    text = b"".join(chunks).decode()
    assert process.wait(60) == 0, text
    return text


def test_query_is_a_table_and_says_what_it_left_out(loaded: Shell) -> None:
    text = seen(loaded.folder, "query")
    assert "\t" not in text
    assert all(word in text for word in ("id", "confidence", "AF-P00000-F1-model_v4"))
    assert "shown" not in text


def test_load_shows_a_bar_with_its_rate(fresh: Shell, files: list[Path]) -> None:
    text = seen(fresh.folder, "load", str(files[0].parent))
    assert "loading" in text
    assert f"{len(files)}" in text
    assert "stored" in text


def test_count_is_the_same_as_in_a_pipe(loaded: Shell) -> None:
    assert seen(loaded.folder, "count").strip() == loaded("count").stdout.strip()
