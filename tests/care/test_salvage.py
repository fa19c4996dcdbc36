"""A damaged file is named page by page, and all that can be read of it comes back in a new one."""

import struct
from pathlib import Path

import pytest

from care.contents import fill, seen
from proteusdb import DatabaseManager
from proteusdb.backends.memory import MemoryBackend
from proteusdb.errors import CorruptionError, StorageError

PAGE = 4096
BRANCH = 1


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "proteus.db"
    with DatabaseManager(database_path=path) as db:
        fill(db)
        db.store_predictions([{"sequence": "MK" * n, "metadata": {"round": n}} for n in range(1, 200)])
    return path


def pages(data: bytes, flags: int) -> list[int]:
    """Numbers of the pages that have these flags."""
    found = range(2, len(data) // PAGE)
    return [page for page in found if struct.unpack_from("<QHH", data, page * PAGE)[::2] == (page, flags)]


def test_of_a_sound_file_all_comes_back(path: Path, tmp_path: Path) -> None:
    with DatabaseManager(database_path=path, read_only=True) as db:
        before = seen(db)
        report = db.salvage(tmp_path / "new.db")
    assert (report.ok, report.faults, report.stray_pages) == (True, (), 0)
    with DatabaseManager(database_path=tmp_path / "new.db") as db:
        assert seen(db) == before
        assert db.verify_integrity().ok
        assert {name: report.saved[name] for name in ("predictions", "analyses")} == {"predictions": 215, "analyses": 2}
        db.store_prediction("MKV", None)


def test_what_stood_below_a_lost_branch_comes_back_and_pages_are_named(path: Path, tmp_path: Path) -> None:
    with DatabaseManager(database_path=path, read_only=True) as db:
        before = seen(db)
        counts = db.verify_integrity().counts
        assert counts["pages"] * PAGE == path.stat().st_size
        assert counts["free_pages"] > 0
        assert "dead_bytes" in counts
    data = bytearray(path.read_bytes())
    branches = pages(data, BRANCH)
    assert branches
    for page in branches:
        data[page * PAGE : (page + 1) * PAGE] = bytes(PAGE)
    path.write_bytes(data)
    with DatabaseManager(database_path=path) as db:
        found = db.verify_integrity()
        assert set(branches) <= set(found.damaged_pages)
        assert not found.ok
        with pytest.raises(CorruptionError, match="salvage"):
            db.verify_integrity(repair=True)
    report = DatabaseManager.salvage_file(path, tmp_path / "new.db")
    assert report.ok, report.lost
    assert report.stray_pages > 0
    assert path.read_bytes() == data, "the damaged file is only read"
    with DatabaseManager(database_path=tmp_path / "new.db") as db:
        assert seen(db) == before


def test_a_file_that_does_not_open_is_salvaged_and_losses_are_told(path: Path, tmp_path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[: 2 * PAGE] = bytes(2 * PAGE)
    damaged = tmp_path / "damaged.db"
    damaged.write_bytes(data)
    report = DatabaseManager.salvage_file(damaged, tmp_path / "new.db")
    assert "the list of free pages" in [what for what, _ in report.lost]
    with DatabaseManager(database_path=tmp_path / "new.db") as db:
        assert db.get_prediction("full").arrays["pae"].shape
        assert db.count() >= 214
    damaged.write_bytes(bytes(path.read_bytes()[: len(data) // 2]))
    report = DatabaseManager.salvage_file(damaged, tmp_path / "half.db")
    assert not report.ok
    with DatabaseManager(database_path=tmp_path / "half.db") as db:
        assert db.verify_integrity().ok


def test_nothing_is_written_over_and_other_stores_are_refused(path: Path, tmp_path: Path) -> None:
    with DatabaseManager(database_path=path) as db, pytest.raises(StorageError, match="is there"):
        db.salvage(path)
    (tmp_path / "none.db").write_bytes(bytes(1 << 16))
    with pytest.raises(CorruptionError, match="no page"):
        DatabaseManager.salvage_file(tmp_path / "none.db", tmp_path / "new.db")
    with pytest.raises(StorageError, match="cannot be read"):
        DatabaseManager.salvage_file(tmp_path / "absent.db", tmp_path / "new.db")
    assert sorted(found.name for found in tmp_path.iterdir()) == ["none.db", "proteus.db", "proteus.db-lock"]
    with DatabaseManager._on(MemoryBackend()) as db, pytest.raises(StorageError, match="backup"):
        db.salvage(tmp_path / "new.db")
