"""The MongoDB back end keeps its word, and never answers otherwise than the oracle."""

from pathlib import Path

from backends.engines import open_engine
from proteusdb import DatabaseManager
from proteusdb.testing import Conformance
from proteusdb.testing.machine import machine


class TestMongodb(Conformance):
    def make_manager(self, tmp_path: Path) -> DatabaseManager:
        return open_engine("mongodb", tmp_path)


TestMongodbAgainstTheOracle = machine(lambda folder: open_engine("mongodb", folder)).TestCase
