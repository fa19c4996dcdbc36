"""Stores to be looked after."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from care.contents import fill
from proteusdb import DatabaseManager
from proteusdb.backends.memory import MemoryBackend


@pytest.fixture
def db(tmp_path: Path) -> Iterator[DatabaseManager]:
    """An embedded store that holds something."""
    (tmp_path / "store").mkdir()
    with DatabaseManager(database_path=tmp_path / "store" / "proteus.db") as db:
        fill(db)
        yield db


@pytest.fixture
def memory() -> Iterator[DatabaseManager]:
    """The oracle, with the same in it."""
    with DatabaseManager._on(MemoryBackend()) as db:
        fill(db)
        yield db
