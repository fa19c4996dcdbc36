"""The command line is complete: every command of the contract, its options, an example that runs, and a test."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main

from proteusdb.cli.app import COMMANDS, app, examples_of
from shell import Shell, environment

CONTRACT = (
    "load get query count explain best update delete history export copy publish backup restore verify salvage compact "
    "cleanup migrate index stats metrics ledger doctor bench"
).split()
PENDING: set[str] = set()
"""Of the contract, and not built yet."""

FILTERS = {
    "--pattern", "--confidence", "--model", "--from", "--to", "--length", "--where", "--as-of", "--order-by",
    "--limit", "--offset",
}  # fmt: skip
SELECTING = {"query", "count", "explain", "best", "copy", "export"}

PARSED = typer.main.get_command(app).commands  # type: ignore[attr-defined]


def options(name: str) -> set[str]:
    """The options of a command; of one with commands of its own, those that all of them have."""
    command = PARSED[name]
    parts = getattr(command, "commands", {"": command}).values()
    return set.intersection(*({option for each in part.params for option in each.opts} for part in parts))


def test_every_command_of_the_contract_is_there() -> None:
    assert {*CONTRACT} - {*PARSED} <= PENDING


@pytest.mark.parametrize("name", sorted(PARSED))
def test_each_names_a_database_speaks_json_and_has_a_test(name: str) -> None:
    assert {"--db", "--json"} <= options(name)
    tests = "".join(file.read_text(encoding="utf-8") for file in Path(__file__).parent.glob("test_*.py"))
    assert re.search(rf'[(\[]"{name}"', tests), f"no test runs proteusdb {name}"


def test_what_selects_has_every_filter() -> None:
    assert {name: FILTERS - options(name) for name in SELECTING} == {name: set() for name in SELECTING}
    assert {name for name in PARSED if "--pattern" in options(name)} >= SELECTING


@pytest.mark.parametrize("name", sorted(SELECTING))
def test_what_selects_takes_all_filters_at_once(loaded: Shell, tmp_path: Path, name: str) -> None:
    arguments = {
        "best": ["--by", "confidence"],
        "copy": [str(tmp_path / "x.db")],
        "export": [str(tmp_path / "x.csv"), "--format", "csv"],
    }
    filters = ["--pattern", "*", "--confidence", "0", "--from", "2020-01-01", "--to", "today", "--length", "1-"]
    filters += ["--where", "length > 1", "--as-of", "now", "--order-by", "-length", "--limit", "2", "--offset", "1"]
    assert loaded(name, *arguments.get(name, []), *filters, "--json").stdout.strip()


def test_every_example_runs(changed: Shell, files: list[Path]) -> None:
    """As they stand in the help, in a folder that has what they speak of."""
    (changed.folder / "predictions").symlink_to(files[0].parent)
    changed("backup", "monday.backup")
    changed("tag", "create", "paper-v1")
    (name,) = changed("query", "--ids", "--limit", "1").stdout.split()
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    for command in COMMANDS:
        examples = examples_of(command)
        assert examples, f"{command.__name__} has no example"
        for example in examples:
            assert re.search(rf"\bproteusdb {command.__name__}\b", example), example
            if "tag create paper-v1" in example:
                changed("tag", "drop", "paper-v1")
            line = re.sub(r"\bID\b", f"'{name}'", example.replace("ssh host ", ""))
            ran = subprocess.run(
                ["bash", "-o", "pipefail", "-c", line],
                cwd=changed.folder,
                env={**environment(), "PATH": path},
                capture_output=True,
                text=True,
                timeout=120,
            )
            assert ran.returncode in (0, 120), f"{line}\n{ran.stderr}"
            assert "Traceback" not in ran.stderr, f"{line}\n{ran.stderr}"
            assert "proteusdb: " not in ran.stderr, f"{line}\n{ran.stderr}"
