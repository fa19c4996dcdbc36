"""The shell completes commands, options and choices, by the script that the program itself prints."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from proteusdb.cli.app import COMMANDS
from shell import environment

PROGRAM = Path(sys.executable).parent / "proteusdb"
pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")


def script(shell: str) -> str:
    """What ``proteusdb --show-completion`` prints in this shell."""
    told = {**environment(), "_PROTEUSDB_COMPLETE": f"source_{shell}"}
    return subprocess.run([PROGRAM], capture_output=True, text=True, env=told, check=True, timeout=60).stdout


def completed(*lines: str) -> list[list[str]]:
    """What bash proposes for the last word of each line."""
    script = [f"export PATH={PROGRAM.parent}:$PATH", 'eval "$(_PROTEUSDB_COMPLETE=source_bash proteusdb)"']
    for line in lines:
        words = line.split(" ")
        script.append(f"COMP_WORDS=({' '.join(repr(word) for word in words)}); COMP_CWORD={len(words) - 1}")
        script.append('_proteusdb_completion proteusdb; echo "${COMPREPLY[@]}"')
    ran = subprocess.run(
        ["bash", "-c", "\n".join(script)], capture_output=True, text=True, env=environment(), timeout=120
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    return [line.split() for line in ran.stdout.splitlines()]


def test_commands_options_and_choices_are_proposed() -> None:
    commands, option, choice = completed("proteusdb ", "proteusdb query --conf", "proteusdb export x --format pa")
    assert {*commands} >= {command.__name__ for command in COMMANDS}
    assert (option, choice) == (["--confidence"], ["parquet"])


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_there_is_a_script_for_each_shell(shell: str) -> None:
    text = script(shell)
    assert "proteusdb" in text
    assert "_PROTEUSDB_COMPLETE" in text
