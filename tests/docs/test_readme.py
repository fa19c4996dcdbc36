"""The README is true: its Python blocks run in order, its commands run, and it leaves no command out.

All run in one temporary folder that holds what the README speaks of: ``model.pdb``, ``predictions/``, and databases of
other programs (see `others`).
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from others import write_others
from proteusdb.cli.app import COMMANDS
from proteusdb.testing.synthetic import write_folder

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The fenced blocks of one language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def commands() -> list[str]:
    """The lines of the shell blocks that call the program."""
    return [line for block in blocks("sh") for line in block.splitlines() if line.startswith("proteusdb ")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files the README names, in which its Python blocks have run as one script."""
    folder = tmp_path_factory.mktemp("readme")
    files = write_folder(folder / "predictions", 9, seed=3)
    shutil.copy(next(file for file in files if file.suffix == ".pdb"), folder / "model.pdb")
    write_others(folder)
    (folder / "readme.py").write_text("\n".join(blocks("python")), encoding="utf-8")
    return folder


def shell(command: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    """Run a line as a reader would, with the `proteusdb` of this interpreter first on the path."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path}
    environment.pop("PROTEUSDB_URL", None)
    return subprocess.run(command, shell=True, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)


def test_python_blocks_then_commands_run_as_printed(folder: Path) -> None:
    assert len(blocks("python")) >= 5
    ran = shell("python readme.py", folder)
    assert ran.returncode == 0, ran.stderr
    assert len(commands()) >= len(COMMANDS)
    for command in commands():
        ran = shell(command, folder)
        assert ran.returncode == 0, f"{command}\n{ran.stderr}"
        assert "proteusdb: " not in ran.stderr, f"{command}\n{ran.stderr}"  # also the first of two in a pipe
    assert (folder / "out.pdb").read_bytes() == (folder / "predictions" / "AF-P00000-F1-model_v4.pdb").read_bytes()


@pytest.mark.parametrize("name", [command.__name__ for command in COMMANDS])
def test_readme_tells_what_the_command_does(name: str) -> None:
    assert re.search(rf"^\| `{name}\b", README, re.MULTILINE)


def test_links_of_the_readme_lead_to_files() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert links
    assert [link for link in links if not (Path(__file__).parents[2] / link).is_file()] == []
