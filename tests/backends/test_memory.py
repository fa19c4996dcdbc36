"""The memory back end keeps its word, being the word the others are held to."""

from pathlib import Path

from proteusdb import DatabaseManager
from proteusdb.testing import Conformance, memory_manager


class TestMemory(Conformance):
    persistent = False

    def make_manager(self, tmp_path: Path) -> DatabaseManager:
        return memory_manager()
