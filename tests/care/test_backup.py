"""Backups: a chain restores what a full one does, which is what was there; and whatever is wrong changes nothing."""

import os
import resource
import subprocess
import sys
import tarfile
import threading
from collections.abc import Callable
from pathlib import Path

import lmdb
import pytest

from care.contents import change, fill, seen
from proteusdb import DatabaseManager
from proteusdb.backends.memory import MemoryBackend
from proteusdb.errors import CorruptionError, ProteusError, StorageError, ValidationError
from proteusdb.testing.synthetic import synthetic_prediction


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def restored(path: Path, folder: Path) -> DatabaseManager:
    db = DatabaseManager(database_path=folder / "restored.db")
    db.restore(path)
    return db


def test_a_full_backup_restores_everything(db: DatabaseManager, tmp_path: Path) -> None:
    report = db.backup(tmp_path / "full.backup")
    assert (report.kind, report.versions, report.bytes) == ("full", None, (tmp_path / "full.backup").stat().st_size)
    with restored(tmp_path / "full.backup", tmp_path) as other:
        assert seen(other) == seen(db)
        assert other.verify_integrity().ok
        other.store_prediction("MKV", None)
    assert files(tmp_path) == ["full.backup", "restored.db", "restored.db-lock", "store"]


def test_a_chain_restores_what_a_full_backup_does(db: DatabaseManager, tmp_path: Path) -> None:
    chain = [tmp_path / f"{number}.backup" for number in range(4)]
    db.backup(chain[0])
    for number in (1, 2, 3):
        if number != 3:
            change(db, number - 1)
        report = db.backup(chain[number], incremental_from=chain[number - 1])
        assert report.kind == "incremental"
        assert report.bytes < chain[0].stat().st_size
        assert report.versions == {1: 5, 2: 3, 3: 0}[number]
    db.backup(tmp_path / "full.backup")
    with restored(chain[3], tmp_path) as other:
        assert seen(other) == seen(db)
        assert other.verify_integrity().ok
        other.restore(tmp_path / "full.backup", overwrite=True)
        assert seen(other) == seen(db)
        other.restore(chain[1], overwrite=True)
        assert other.count() == db.count() - 1, "before the second change"
        assert other.verify_integrity().ok


def test_a_chain_of_the_oracle_restores_the_same(memory: DatabaseManager, tmp_path: Path) -> None:
    memory.backup(tmp_path / "0.backup")
    change(memory)
    memory.backup(tmp_path / "1.backup", incremental_from=tmp_path / "0.backup")
    for other in (DatabaseManager._on(MemoryBackend()), DatabaseManager(database_path=tmp_path / "restored.db")):
        with other:
            other.restore(tmp_path / "1.backup")
            assert seen(other) == seen(memory)
            assert other.verify_integrity().ok


def test_an_incremental_backup_needs_a_base_that_nothing_was_taken_from(db: DatabaseManager, tmp_path: Path) -> None:
    base = tmp_path / "base.backup"
    db.backup(base)
    db.delete_prediction("b3", purge=True)
    before = files(tmp_path)
    with pytest.raises(StorageError, match="full backup is needed"):
        db.backup(tmp_path / "next.backup", incremental_from=base)
    db.backup(tmp_path / "second.backup")
    db.restore(base, overwrite=True)
    db.store_prediction("MKV", None)
    with pytest.raises(StorageError, match="was restored or repaired since"):
        db.backup(tmp_path / "next.backup", incremental_from=tmp_path / "second.backup")
    db.export(tmp_path / "archive", format="archive")
    with pytest.raises(StorageError, match="is an archive"):
        db.backup(tmp_path / "next.backup", incremental_from=tmp_path / "archive")
    with (
        DatabaseManager(database_path=tmp_path / "other.db") as other,
        pytest.raises(StorageError, match="of another store"),
    ):
        other.backup(tmp_path / "next.backup", incremental_from=base)
    assert {*files(tmp_path)} - {*before} == {"second.backup", "archive", "other.db", "other.db-lock"}


def test_a_backup_goes_nowhere_it_must_not(db: DatabaseManager, tmp_path: Path) -> None:
    store = tmp_path / "store" / "proteus.db"
    (tmp_path / "link").symlink_to(store)
    taken = tmp_path / "taken"
    taken.write_bytes(b"mine")
    before = seen(db)
    for path in (store, Path(f"{store}-lock"), tmp_path / "link"):
        with pytest.raises(StorageError, match="the store itself"):
            db.backup(path, overwrite=True)
    with pytest.raises(StorageError, match="overwrite=True"):
        db.backup(taken)
    with pytest.raises(StorageError, match="folder"):
        db.backup(tmp_path, overwrite=True)
    with pytest.raises(StorageError, match="no folder"):
        db.backup(tmp_path / "absent" / "x.backup")
    assert taken.read_bytes() == b"mine"
    assert seen(db) == before
    assert files(tmp_path) == ["link", "store", "taken"]
    db.backup(taken, overwrite=True)
    assert taken.stat().st_size > 1000


def test_a_store_that_is_damaged_is_restored(db: DatabaseManager, tmp_path: Path) -> None:
    before = seen(db)
    db.backup(tmp_path / "a.backup")
    path = str(db._session.config.database_path)
    db.close()
    with lmdb.open(path, subdir=False, max_dbs=40, lock=False) as environment:
        meta = environment.open_db(b"meta", create=False)
        with environment.begin(write=True) as transaction:
            transaction.put(b"counters", b"damaged", db=meta)
    with DatabaseManager(database_path=path) as other:
        assert not other.verify_integrity().ok
        other.restore(tmp_path / "a.backup", overwrite=True)
        assert seen(other) == before


def test_a_young_store_is_backed_up_again_after_a_restore(tmp_path: Path) -> None:
    """Its free pages are kept by numbers of transactions: one that came twice would lose those of the first."""
    with DatabaseManager(database_path=tmp_path / "young.db") as young:
        for round_ in range(3):
            young.backup(tmp_path / "a.backup", overwrite=True)
            young.restore(tmp_path / "a.backup", overwrite=True)
            young.store_prediction("MKT", None, prediction_id=f"p{round_}")
            young.create_index(f"metadata.field{round_}")
        young.backup(tmp_path / "last.backup")
        assert young.count() == 3
        assert young.verify_integrity().ok


def test_a_restore_replaces_only_what_it_is_told_to(db: DatabaseManager, tmp_path: Path) -> None:
    db.backup(tmp_path / "a.backup")
    change(db)
    before = seen(db)
    with pytest.raises(StorageError, match="overwrite=True"):
        db.restore(tmp_path / "a.backup")
    with (
        DatabaseManager(database_path=db._session.config.database_path, read_only=True) as reader,
        pytest.raises(StorageError, match="read_only"),
    ):
        reader.restore(tmp_path / "a.backup", overwrite=True)
    assert seen(db) == before


def test_other_formats_are_no_backups(db: DatabaseManager, tmp_path: Path) -> None:
    wrong = {
        "empty": b"",
        "text": b"no backup\n" * 100,
        "lmdb": (tmp_path / "store" / "proteus.db").read_bytes(),
        "sqlite": b"SQLite format 3\0" + bytes(4096),
    }
    before = seen(db)
    for name, data in wrong.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(ValidationError, match="no backup or archive"):
            db.restore(tmp_path / name, overwrite=True)
    with tarfile.open(tmp_path / "tar", "w") as tar:
        tar.add(tmp_path / "text", "proteus.db")
    with pytest.raises(ValidationError, match="no backup or archive"):
        db.restore(tmp_path / "tar", overwrite=True)
    with pytest.raises(StorageError, match="cannot be read"):
        db.restore(tmp_path / "absent", overwrite=True)
    assert seen(db) == before
    assert files(tmp_path / "store") == ["proteus.db", "proteus.db-lock"]


@pytest.mark.parametrize("kind", ["full", "incremental", "archive"])
def test_a_changed_byte_or_a_cut_is_found_wherever_it_is(db: DatabaseManager, tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"{kind}.backup"
    db.backup(tmp_path / "base.backup")
    if kind == "archive":
        db.export(path, format="archive")
    elif kind == "incremental":
        change(db)
        db.backup(path, incremental_from=tmp_path / "base.backup")
    else:
        db.backup(path)
    data, before = path.read_bytes(), seen(db)
    # Every place of the ends, where headers and manifest are, and places all over what lies between.
    places = {*range(0, 1600, 37), *range(0, len(data), len(data) // 60), *range(len(data) - 3600, len(data), 41)}
    for place in sorted(places):
        path.write_bytes(data[:place] + bytes([data[place] ^ 0x41]) + data[place + 1 :])
        with pytest.raises((CorruptionError, ValidationError)):
            db.restore(path, overwrite=True)
        path.write_bytes(data[:place])
        with pytest.raises((CorruptionError, ValidationError)):
            db.restore(path, overwrite=True)
    path.write_bytes(data + b"\0")
    with pytest.raises(CorruptionError):
        db.restore(path, overwrite=True)
    assert seen(db) == before
    path.write_bytes(data)
    db.restore(path, overwrite=True)
    assert seen(db)["versions"] == before["versions"]


def test_a_chain_whose_base_is_missing_or_another_is_told(db: DatabaseManager, tmp_path: Path) -> None:
    db.backup(tmp_path / "a.backup")
    change(db)
    db.backup(tmp_path / "b.backup", incremental_from=tmp_path / "a.backup")
    (tmp_path / "a.backup").rename(tmp_path / "c.backup")
    with pytest.raises(StorageError, match=r"a\.backup does not lie beside it"):
        db.restore(tmp_path / "b.backup", overwrite=True)
    db.backup(tmp_path / "a.backup")
    with pytest.raises(StorageError, match="is not the backup it was built on"):
        db.restore(tmp_path / "b.backup", overwrite=True)


def test_a_full_disk_leaves_nothing_and_changes_nothing(db: DatabaseManager, tmp_path: Path) -> None:
    """In a process whose files may not grow so large: the same error as on a full disk, but for its number."""
    backup = tmp_path / "a.backup"
    db.backup(backup)
    program = f"""
import resource, signal, sys
from proteusdb import DatabaseManager
from proteusdb.errors import StorageError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
db = DatabaseManager(database_path={str(db._session.config.database_path)!r})
before = db.query_ids()
empty = DatabaseManager(database_path={str(tmp_path / "empty.db")!r})
resource.setrlimit(resource.RLIMIT_FSIZE, ({backup.stat().st_size // 2}, resource.RLIM_INFINITY))
for call in (
    lambda: db.backup({str(tmp_path / "b.backup")!r}),
    lambda: empty.restore({str(backup)!r}),
    lambda: db.restore({str(backup)!r}, overwrite=True),
):
    try:
        call()
    except StorageError as error:
        print(error)
    else:
        sys.exit("no error")
assert db.query_ids() == before
"""
    assert resource.RLIM_INFINITY == -1 or sys.platform != "linux"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr
    assert len(ran.stdout.splitlines()) == 3
    assert files(tmp_path) == ["a.backup", "empty.db", "empty.db-lock", "store"]
    assert files(tmp_path / "store") == ["proteus.db", "proteus.db-lock"]
    assert db.verify_integrity().ok


def test_a_backup_is_one_moment_though_others_write(db: DatabaseManager, tmp_path: Path) -> None:
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            with db.transaction():
                db.store_prediction("MKV", None, prediction_id=f"left {number:05}")
                db.store_prediction("MKV", None, prediction_id=f"right {number:05}")
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        db.backup(tmp_path / "0.backup")
        for number in range(1, 5):
            db.backup(tmp_path / f"{number}.backup", incremental_from=tmp_path / f"{number - 1}.backup")
        db.export(tmp_path / "archive", format="archive")
    finally:
        stop.set()
        writer.join()
    for number, name in enumerate(["0.backup", "3.backup", "4.backup", "archive"]):
        with DatabaseManager(database_path=tmp_path / f"restored {number}.db") as other:
            other.restore(tmp_path / name)
            ids = other.query_ids()
            left = [key.removeprefix("left ") for key in ids if key.startswith("left ")]
            assert left == [key.removeprefix("right ") for key in ids if key.startswith("right ")]
            assert left == [f"{n:05}" for n in range(len(left))]
            assert other.verify_integrity().ok


def test_another_process_finds_the_old_store_or_the_new_one(db: DatabaseManager, tmp_path: Path) -> None:
    db.backup(tmp_path / "a.backup")
    program = f"""
import sys
from proteusdb import DatabaseManager
with DatabaseManager(database_path={str(db._session.config.database_path)!r}) as db:
    print(db.count(), flush=True)
    sys.stdin.readline()
    print(db.count(), flush=True)
    db.store_prediction("MKV", None, prediction_id="from the other")
"""
    change(db)
    now = db.count()
    other = subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert other.stdout is not None
    assert int(other.stdout.readline()) == now
    db.restore(tmp_path / "a.backup", overwrite=True)
    output, errors = other.communicate("go on\n", timeout=60)
    assert (other.returncode, int(output)) == (0, db.count() - 1), errors
    assert db.get_prediction("from the other").sequence == "MKV"
    assert db.verify_integrity().ok


def test_a_version_that_somebody_holds_never_shows_the_bytes_of_another(db: DatabaseManager, tmp_path: Path) -> None:
    db.backup(tmp_path / "a.backup")
    db.export(tmp_path / "archive")
    for path in (tmp_path / "a.backup", tmp_path / "archive"):
        change(db)
        held = db.get_prediction("new 0")
        db.restore(path, overwrite=True)
        for number in range(30):
            db.store_prediction(**synthetic_prediction(20, number))
        with pytest.raises(CorruptionError, match="missing"):
            _ = held.structure


def test_progress_is_told_and_what_it_raises_ends_the_work(db: DatabaseManager, tmp_path: Path) -> None:
    told: list[tuple[int, int | None]] = []
    db.backup(tmp_path / "a.backup", progress=lambda done, total: told.append((done, total)))
    assert told
    assert told[-1][0] > 0

    def stop(done: int, total: int | None) -> None:
        raise KeyboardInterrupt

    before = seen(db)
    calls: list[Callable[[], object]] = [
        lambda: db.backup(tmp_path / "b.backup", progress=stop),
        lambda: db.restore(tmp_path / "a.backup", overwrite=True, progress=stop),
        lambda: db.export(tmp_path / "c", progress=stop),
        lambda: db.verify_integrity(progress=stop),
    ]
    for call in calls:
        with pytest.raises(KeyboardInterrupt):
            call()
    assert seen(db) == before
    assert files(tmp_path) == ["a.backup", "store"]
    assert files(tmp_path / "store") == ["proteus.db", "proteus.db-lock"]


def test_a_folder_that_may_not_be_written_is_told(db: DatabaseManager, tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write anywhere")
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o500)
    with pytest.raises(StorageError):
        db.backup(folder / "x.backup")


def test_a_backup_of_an_embedded_store_is_not_for_the_oracle(db: DatabaseManager, tmp_path: Path) -> None:
    db.backup(tmp_path / "a.backup")
    with DatabaseManager._on(MemoryBackend()) as memory:
        fill(memory)
        before = seen(memory)
        with pytest.raises(ProteusError, match="embedded store"):
            memory.restore(tmp_path / "a.backup", overwrite=True)
        assert seen(memory) == before
