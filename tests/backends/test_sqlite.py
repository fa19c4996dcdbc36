"""The SQLite back end keeps its word, and never answers otherwise than the oracle."""

from pathlib import Path

from proteusdb import DatabaseManager
from proteusdb.testing import Conformance
from proteusdb.testing.machine import machine


class TestSqlite(Conformance):
    def make_manager(self, tmp_path: Path) -> DatabaseManager:
        return DatabaseManager("sqlite", tmp_path / "proteus.db")


TestSqliteAgainstTheOracle = machine(lambda folder: DatabaseManager("sqlite", folder / "proteus.db")).TestCase
