"""A fresh LMDB store for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from proteusdb import DatabaseManager


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the store of this test is."""
    return tmp_path / "proteus.db"


@pytest.fixture
def db(path: Path) -> Iterator[DatabaseManager]:
    """An open store."""
    with DatabaseManager(database_path=path) as manager:
        yield manager
        if not manager.closed:
            assert manager.verify_integrity().ok
