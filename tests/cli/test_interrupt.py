"""Ctrl-C in the middle of the work: one message, exit code 130, and nothing half-written.

The signal is a real one, which the process sends itself when the work tells its progress: so it always comes in time.
"""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from shell import Shell, environment

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT for one process on Windows")

PROGRAM = """
import contextlib, os, signal
import proteusdb.cli.progress as progress

@contextlib.contextmanager
def interrupting(label, *, shown=None):
    yield lambda done, total=None: os.kill(os.getpid(), signal.SIGINT)

progress.progress_bar = interrupting
from proteusdb.cli import main
main()
"""


def interrupted(folder: Path, *args: str) -> None:
    """Runs a command that is interrupted at its first progress."""
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, *args],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (ran.returncode, ran.stdout) == (130, ""), f"{args}: {ran.stderr}"
    assert "interrupted" in ran.stderr
    assert "Traceback" not in ran.stderr


def contents(folder: Path) -> dict[str, bytes]:
    """Every file but locks, which outlive who made them."""
    found = (file for file in folder.rglob("*") if file.is_file() and not file.name.endswith("-lock"))
    return {str(file.relative_to(folder)): file.read_bytes() for file in found}


@pytest.mark.parametrize(
    "args",
    [
        ("backup", "a.backup"),
        ("backup", "-"),
        ("export", "x.csv", "--format", "csv"),
        ("export", "x.fasta", "--format", "fasta"),
        ("export", "x.sql", "--format", "sql"),
        ("export", "x.tar.gz", "--format", "pdb"),
        ("export", "structures", "--format", "mmcif"),
        ("export", "empty", "--format", "pdb"),
        ("export", "as-loaded", "--format", "original"),
        ("export", "x.archive", "--format", "archive"),
        ("export", "-", "--format", "jsonl"),
        ("verify",),
        ("bench", "-n", "1", "--in", "."),
    ],
    ids=" ".join,
)
def test_what_only_reads_leaves_nothing_behind(loaded: Shell, args: tuple[str, ...]) -> None:
    (loaded.folder / "empty").mkdir(exist_ok=True)
    before = contents(loaded.folder)
    interrupted(loaded.folder, *args)
    assert contents(loaded.folder) == before
    assert {path.name for path in loaded.folder.iterdir() if path.is_dir()} == {"empty"}


def test_a_load_keeps_what_was_stored_and_the_same_command_goes_on(fresh: Shell, files: list[Path]) -> None:
    command = ("load", str(files[0].parent), "--ids", "stem", "--workers", "1")
    interrupted(fresh.folder, *command)
    assert fresh("verify").stdout == "ok\n"
    there = int(fresh("count").stdout)
    told = fresh.json(*command)
    assert (told["stored"], len(told["skipped"])) == (len(files) - there, there)


@pytest.mark.parametrize("target", ["other.db", "sqlite:other.db"])
def test_a_copy_keeps_what_was_copied_and_the_same_command_goes_on(changed: Shell, target: str) -> None:
    interrupted(changed.folder, "copy", target)
    there = int(changed("count", "--db", target).stdout)
    told = changed.json("copy", target)
    assert (told["copied"], told["skipped"]) == (9 - there, there)
    assert changed("verify", "--db", target).stdout == "ok\n"


def test_a_restore_replaces_all_or_nothing(changed: Shell) -> None:
    changed("backup", "a.backup")
    (name,) = changed("query", "--ids", "--limit", "1").stdout.split()
    changed("delete", name)
    interrupted(changed.folder, "restore", "a.backup", "--overwrite")
    assert changed("count").stdout == "8\n"
    assert changed("verify").stdout == "ok\n"
    interrupted(changed.folder, "restore", "a.backup", "--db", "new.db")
    assert changed("restore", "a.backup", "--db", "new.db").stderr.startswith("9 predictions")


# A signal that came while a read of stdin was between two system calls was noted, and the next call then waited for a
# pipe that had nothing more to give: Ctrl-C did nothing. A read of a whole megabyte made that window wide enough to be
# met, once in some hundreds of runs on a busy machine.
# Cure: no read of stdin waits long before Python looks for signals.
@pytest.mark.parametrize(
    "command", [("delete", "-"), ("update", "any", "--data", "-"), ("restore", "-"), ("load", "-")]
)
def test_a_signal_while_stdin_is_awaited(changed: Shell, command: tuple[str, ...]) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "proteusdb", *command],
        cwd=changed.folder,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as waiting:
        try:
            assert waiting.stdin is not None
            assert waiting.stderr is not None
            waiting.stdin.write("\n" * (1 << 20))  # more than a pipe holds: it ends only when somebody reads
            waiting.stdin.flush()
            waiting.send_signal(signal.SIGINT)
            assert waiting.wait(60) == 130
            assert waiting.stderr.read().startswith("proteusdb: interrupted")
        finally:
            waiting.kill()
    assert changed("count").stdout == "9\n"
