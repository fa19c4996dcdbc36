"""Small databases for the command line, made from made-up files."""

from collections.abc import Callable
from pathlib import Path

import pytest

from proteusdb.testing.synthetic import write_folder
from shell import Shell


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Nine made-up structure files in a folder ``predictions``."""
    return write_folder(tmp_path_factory.mktemp("input") / "predictions", 9, seed=5, length=(30, 60))


@pytest.fixture(scope="module")
def loaded(files: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """A folder whose ``proteus.db`` holds the files by their stems; tests that share it only read."""
    shell = Shell(tmp_path_factory.mktemp("loaded"))
    shell("load", str(files[0].parent), "--ids", "stem")
    return shell


@pytest.fixture
def fresh(tmp_path: Path) -> Shell:
    """An empty folder."""
    return Shell(tmp_path)


@pytest.fixture
def changed(files: list[Path], tmp_path: Path) -> Shell:
    """Like `loaded`, for tests that write."""
    shell = Shell(tmp_path)
    shell("load", str(files[0].parent), "--ids", "stem")
    return shell


@pytest.fixture
def broken_file() -> Callable[[Path], Path]:
    """Makes a file that is no structure."""

    def make(folder: Path) -> Path:
        file = folder / "broken.pdb"
        file.write_text("ATOM      1  N   MET A   1      xx.xxx  27.340  24.430  1.00  0.00           N\n")
        return file

    return make
