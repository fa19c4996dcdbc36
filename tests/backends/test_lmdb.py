"""The embedded back end keeps its word, and never answers otherwise than the oracle."""

from pathlib import Path

from proteusdb import DatabaseManager
from proteusdb.testing import Conformance
from proteusdb.testing.machine import machine


class TestLmdb(Conformance):
    def make_manager(self, tmp_path: Path) -> DatabaseManager:
        return DatabaseManager("lmdb", tmp_path / "proteus.db")


TestLmdbAgainstTheOracle = machine(lambda folder: DatabaseManager("lmdb", folder / "proteus.db")).TestCase
