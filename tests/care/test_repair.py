"""Verification finds what is damaged, and a repair makes the rest sound, names what it sets aside, and keeps it."""

from collections.abc import Callable
from pathlib import Path

import lmdb
import pytest

from care.contents import fill, seen
from proteusdb import DatabaseManager
from proteusdb.backends.memory import MemoryBackend
from proteusdb.errors import StorageError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "proteus.db"
    with DatabaseManager(database_path=path) as db:
        fill(db)
    return path


def damage(path: Path, change: Callable[[Callable[[str], object], lmdb.Transaction], None]) -> None:
    """Changes entries behind the program's back."""
    with lmdb.open(str(path), subdir=False, max_dbs=40, lock=False) as environment:
        tables = {}

        def table(name: str) -> object:
            if name not in tables:
                tables[name] = environment.open_db(name.encode(), create=False)
            return tables[name]

        for name in ("headers", "index", "meta", "blobs", "analyses", "ids", "segments", "loose"):
            table(name)
        with environment.begin(write=True) as transaction:
            change(table, transaction)


def flip(path: Path, name: str, number: int, byte: int) -> None:
    def change(table: Callable[[str], object], transaction: lmdb.Transaction) -> None:
        key, value = list(transaction.cursor(table(name)))[number]
        flipped = bytearray(value)
        flipped[byte] ^= 0x20
        transaction.put(key, bytes(flipped), db=table(name))

    damage(path, change)


def test_counts_say_how_much_was_looked_at(path: Path) -> None:
    with DatabaseManager(database_path=path) as db:
        report = db.verify_integrity()
        stats = db.stats()
        for name in ("versions", "blobs", "sequences", "models", "analyses"):
            assert report.counts[name] == stats[name], name
        assert report.counts["predictions"] == stats["predictions"] + 1, "the deleted one too"
        assert report.counts["index_entries"] > report.counts["versions"]
        assert report.counts["bytes"] > sum(stats["parts"].values())
        again = db.verify_integrity(repair=True)
        assert (again.ok, again.repaired, again.quarantined, again.kept) == (True, (), (), None)


def test_what_is_derived_is_written_again_and_nothing_else_changes(path: Path) -> None:
    with DatabaseManager(database_path=path) as db:
        before = seen(db)

    def lose(table: Callable[[str], object], transaction: lmdb.Transaction) -> None:
        transaction.drop(table("index"), delete=False)
        transaction.put(b"stray key of an index", b"", db=table("index"))
        transaction.delete(b"counters", db=table("meta"))

    damage(path, lose)
    with DatabaseManager(database_path=path) as db:
        assert not db.verify_integrity().ok
        report = db.verify_integrity(repair=True)
        assert report.ok
        assert any("by_length" in fault for fault in report.repaired)
        assert (report.quarantined, report.kept) == ((), None)
        assert seen(db) == before
        db.store_prediction("MKV", None)
        assert db.verify_integrity().ok
    assert sorted(each.name for each in path.parent.iterdir()) == ["proteus.db", "proteus.db-lock"]


def test_a_damaged_version_is_set_aside_named_and_kept(path: Path) -> None:
    with DatabaseManager(database_path=path) as db:
        before = seen(db)["versions"]
    flip(path, "headers", 1, 20)
    with DatabaseManager(database_path=path) as db:
        report = db.verify_integrity(repair=True)
        assert report.ok
        assert report.counts["quarantined"] == len(report.quarantined) == 1
        assert "version 2" in report.quarantined[0].name
        assert "checksum" in report.quarantined[0].reason
        assert report.kept is not None
        after = seen(db)["versions"]
        assert after == {key: value for key, value in before.items() if key != ("full", 2)}
        assert db.get_prediction("full").version == 1, "what came before is the newest now"
        (item,) = db._session.backend.keeper.quarantined()  # type: ignore[attr-defined]
        assert (item["table"], len(item["value"]) > 100) == ("headers", True)
        assert db.verify_integrity().counts["quarantined"] == 1
    with DatabaseManager(database_path=report.kept, read_only=True) as db:
        assert not db.verify_integrity().ok


def test_a_damaged_structure_is_set_aside_with_its_bytes(path: Path) -> None:
    with DatabaseManager(database_path=path) as db:
        backend = db._session.backend
        stored = backend.get("b4")
        assert stored is not None
        good = backend.part(stored, "structure", "")

    def change(table: Callable[[str], object], transaction: lmdb.Transaction) -> None:
        flipped = bytearray(good)
        flipped[len(good) // 2] ^= 1
        for name in ("segments", "loose"):
            for key, value in list(transaction.cursor(table(name))):
                transaction.put(key, value.replace(good, bytes(flipped)), db=table(name))

    damage(path, change)
    with DatabaseManager(database_path=path) as db:
        report = db.verify_integrity(repair=True)
        assert report.ok
        assert [entry.name for entry in report.quarantined] == ['prediction "b4", version 1']
        assert "b4" not in db.query_ids()
        (item,) = db._session.backend.keeper.quarantined()  # type: ignore[attr-defined]
        ((name, kept),) = item["parts"]
        assert (name, len(kept), kept != good) == ("", len(good), True)
        db.backup(path.parent / "full.backup")
    with DatabaseManager(database_path=path.parent / "restored.db") as db:
        db.restore(path.parent / "full.backup")
        assert db.verify_integrity().counts["quarantined"] == 1


def test_a_damaged_analysis_and_id_are_found_and_mended(path: Path) -> None:
    flip(path, "analyses", 0, 30)
    flip(path, "ids", 3, 10)
    with DatabaseManager(database_path=path) as db:
        report = db.verify_integrity(repair=True)
        assert report.ok
        assert [entry.name.split()[0] for entry in report.quarantined] == ["analysis"]
        assert db.count() == 15, "ids are read from what bears them"


def test_a_repair_is_writing(path: Path) -> None:
    with DatabaseManager(database_path=path, read_only=True) as db, pytest.raises(StorageError, match="read_only"):
        db.verify_integrity(repair=True)
    with DatabaseManager._on(MemoryBackend()) as db:
        fill(db)
        assert db.verify_integrity(repair=True).ok
