"""Help, exit codes and messages: what a person meets who types something wrong."""

import subprocess
import sys
from pathlib import Path

import pytest

import proteusdb
from proteusdb.cli.app import COMMANDS
from shell import Shell, environment

NAMES = [command.__name__ for command in COMMANDS]
FILTERED = ("query", "count", "explain", "best")
FILTERS = (
    "--pattern", "--confidence", "--model", "--from", "--to", "--length", "--where", "--as-of", "--order-by",
    "--limit", "--offset",
)  # fmt: skip


def test_version(fresh: Shell) -> None:
    assert fresh("--version").stdout == f"proteusdb {proteusdb.__version__}\n"


def test_installed_command_and_module_are_the_same(fresh: Shell) -> None:
    program = Path(sys.executable).parent / "proteusdb"
    ran = subprocess.run([program, "--version"], capture_output=True, text=True, env=environment(), check=True)
    assert ran.stdout == fresh("--version").stdout


def test_help_lists_every_command(fresh: Shell) -> None:
    text = fresh("--help").stdout
    assert [name for name in NAMES if name not in text] == []
    assert list(fresh.folder.iterdir()) == []


@pytest.mark.parametrize("name", NAMES)
def test_help_of_each_command_has_its_options_and_an_example(fresh: Shell, name: str) -> None:
    text = fresh(name, "--help").stdout
    assert "Example:" in text
    assert "proteusdb " in text.partition("Example:")[2]
    assert "--db" in text
    assert "--json" in text
    if name in FILTERED:
        assert [option for option in FILTERS if option not in text] == []


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["nonsense"], "nonsense"),
        (["get"], "ID"),
        (["query", "--limit", "many"], "--limit"),
        (["query", "--length", "long"], "50-300"),
        (["query", "--no-such-option"], "--no-such-option"),
        (["load", "x.pdb", "--ids", "random"], "stem"),
        (["load", "x.pdb", "--plddt-scale", "7"], "auto"),
        (["best", "--per", "chain"], "job"),
        (["get", "x", "-o", "out.txt"], ".cif"),
        (["get", "x", "--original"], "-o"),
        (["get", "x", "-o", "-", "--json"], "stdout"),
        (["update", "x"], "--set"),
        (["update", "x", "--set", "novalue"], "KEY=VALUE"),
        (["update", "x", "--data", "{"], "JSON"),
        (["update", "x", "--data", "[1]"], "object"),
    ],
    ids=" ".join,
)
def test_a_wrong_command_line_is_exit_code_2_and_touches_nothing(fresh: Shell, args: list[str], told: str) -> None:
    ran = fresh(*args, code=2)
    assert ran.stdout == ""
    assert told in ran.stderr
    assert list(fresh.folder.iterdir()) == []


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["query", "--confidence", "80"], "0.8"),
        (["query", "--pattern", "[AG"], "[AG"),
        (["query", "--limit", "-1"], "limit"),
        (["query", "--from", "2024-05-01", "--to", "2024-01-01"], "date_range"),
        (["query", "--from", "someday"], "someday"),
        (["query", "--where", "lenght > 3"], "length"),
        (["query", "--order-by", "beauty"], "beauty"),
        (["count", "--length", "9-3"], "9"),
        (["get", "nobody"], "nobody"),
        (["history", "nobody"], "nobody"),
        (["delete", "nobody"], "nobody"),
        (["update", "nobody", "--set", "a=1"], "nobody"),
        (["load", "no/such/folder", "--on-error", "raise"], "no/such/folder"),
        (["get", "nobody", "-o", "no/such/folder/out.cif"], "nobody"),
    ],
    ids=" ".join,
)
def test_a_failure_is_exit_code_1_with_one_clean_message(loaded: Shell, args: list[str], told: str) -> None:
    ran = loaded(*args, code=1)
    assert ran.stdout == ""
    assert ran.stderr.startswith("proteusdb: ")
    assert told in ran.stderr


@pytest.mark.parametrize("command", [["query"], ["get", "x"], ["stats"], ["verify"]], ids=lambda c: c[0])
def test_reading_a_database_that_is_not_there_makes_none(fresh: Shell, command: list[str]) -> None:
    ran = fresh(*command, "--db", "missing.db", code=1)
    assert "missing.db" in ran.stderr
    assert list(fresh.folder.iterdir()) == []


def test_a_file_that_is_no_database_is_named_and_left_alone(fresh: Shell) -> None:
    (fresh.folder / "notes.txt").write_text("not a database\n" * 1000)
    ran = fresh("stats", "--db", "notes.txt", code=1)
    assert "notes.txt" in ran.stderr
    assert (fresh.folder / "notes.txt").read_text() == "not a database\n" * 1000


def test_an_output_that_cannot_be_written_is_told_with_its_name(loaded: Shell, files: list[Path]) -> None:
    name = next(f.stem for f in files if f.name.startswith("AF-"))
    ran = loaded("get", name, "-o", "no/such/folder/out.cif", code=1)
    assert "no/such/folder" in ran.stderr


def test_a_reader_that_leaves_early_is_no_traceback(loaded: Shell) -> None:
    line = f'"{sys.executable}" -m proteusdb query --json | head -n 1'
    ran = subprocess.run(
        line, shell=True, cwd=loaded.folder, env=environment(), capture_output=True, text=True, timeout=60
    )
    assert ran.stdout.count("\n") == 1
    assert "Traceback" not in ran.stderr
    assert "BrokenPipe" not in ran.stderr
