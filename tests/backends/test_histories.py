"""Histories of back ends that keep rows: from any engine into any other, killed in the midst, in step with writers.

What each of them must do by itself is in the conformance suite, group Histories.
"""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from backends.engines import ENGINES, open_engine
from care.contents import change, fill, seen
from durability.processes import SOAK
from proteusdb import DatabaseManager
from proteusdb.errors import StorageError, ValidationError
from proteusdb.testing import memory_manager
from proteusdb.testing.synthetic import synthetic_prediction

ROWS = ("sqlite", "postgresql", "mongodb")
ROUNDS = 40 if SOAK else 4


@contextmanager
def engine(name: str, folder: Path, part: str) -> Iterator[DatabaseManager]:
    """An empty database of this engine."""
    (folder / part).mkdir(exist_ok=True)
    with memory_manager() if name == "memory" else open_engine(name, folder / part) as db:
        yield db


@pytest.fixture(params=ROWS)
def rows(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DatabaseManager]:
    """A database of rows with something of everything."""
    with engine(request.param, tmp_path, "rows") as db:
        fill(db)
        yield db


@pytest.mark.parametrize("source", [*ENGINES, "memory"])
def test_an_archive_goes_from_any_engine_into_any(source: str, tmp_path: Path) -> None:
    with engine(source, tmp_path, "source") as db:
        fill(db)
        db.backup(tmp_path / "0.backup")
        change(db)
        db.backup(tmp_path / "1.backup", incremental_from=tmp_path / "0.backup")
        change(db, 1)
        db.backup(tmp_path / "2.backup", incremental_from=tmp_path / "1.backup")
        db.export(tmp_path / "all.archive")
        wanted = seen(db)
    for target in (*ENGINES, "memory"):
        with engine(target, tmp_path, f"into {target}") as db:
            for name in ("all.archive", "2.backup"):
                if name == "2.backup" and source == "lmdb" != target:
                    # Its first is the file of an embedded store as it is.
                    with pytest.raises(ValidationError, match="embedded store"):
                        db.restore(tmp_path / name, overwrite=True)
                    continue
                db.restore(tmp_path / name, overwrite=True)
                assert seen(db) == wanted, (target, name)
                assert db.verify_integrity().ok
            assert db.load_archive(tmp_path / "all.archive").imported == 0


def test_a_backup_is_one_moment_though_others_write(rows: DatabaseManager, tmp_path: Path) -> None:
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            with rows.transaction():
                rows.store_prediction("MKV", None, prediction_id=f"left {number:05}")
                rows.store_prediction("MKV", None, prediction_id=f"right {number:05}")
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        rows.backup(tmp_path / "0.backup")
        for number in (1, 2):
            rows.backup(tmp_path / f"{number}.backup", incremental_from=tmp_path / f"{number - 1}.backup")
        rows.export(tmp_path / "archive")
    finally:
        stop.set()
        writer.join()
    for name in ("0.backup", "2.backup", "archive"):
        with memory_manager() as other:
            other.restore(tmp_path / name)
            ids = other.query_ids()
            left = [key.removeprefix("left ") for key in ids if key.startswith("left ")]
            assert left == [key.removeprefix("right ") for key in ids if key.startswith("right ")]
            assert left == [f"{n:05}" for n in range(len(left))]


def test_readers_find_the_old_store_or_the_new_one(rows: DatabaseManager, tmp_path: Path) -> None:
    rows.export(tmp_path / "old.archive")
    old, total = rows.query_ids(), rows.count()
    rows.store_predictions([{**synthetic_prediction(9, n), "prediction_id": f"more {n}"} for n in range(40)])
    answers: list[Any] = []
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            answers.append((rows.count(sequence_pattern="*"), len(rows.query_ids())))

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    try:
        rows.restore(tmp_path / "old.archive", overwrite=True)
    finally:
        stop.set()
        for reader in readers:
            reader.join()
    assert {count for pair in answers for count in pair} <= {total, total + 40}
    assert rows.query_ids() == old


def test_a_loaded_version_is_seen_at_once_or_not_at_all(rows: DatabaseManager, tmp_path: Path) -> None:
    """A version that comes with a time of its own replaces one that readers see: they must never miss both."""
    with memory_manager() as other:
        rows.export(tmp_path / "all.archive")
        other.restore(tmp_path / "all.archive")
        for number in range(20):
            other.update_prediction("full", {"metadata": {"round": number}})
        other.export(tmp_path / "new.archive")
    rows.tag("before")
    stop, missed = threading.Event(), []

    def read() -> None:
        while not stop.is_set():
            missed.extend([] if "full" in rows.query_ids(order_by="id", limit=99) else [1])

    reader = threading.Thread(target=read)
    reader.start()
    try:
        assert rows.load_archive(tmp_path / "new.archive").imported == 20
    finally:
        stop.set()
        reader.join()
    assert not missed
    assert rows.get_prediction("full").metadata["round"] == 19


@pytest.mark.parametrize("name", ROWS)
def test_what_changed_is_found_by_an_index(name: str, tmp_path: Path) -> None:
    with engine(name, tmp_path, "rows") as db:
        db.store_predictions([{"sequence": "MKT", "structure": None, "prediction_id": f"p{n}"} for n in range(600)])
        backend: Any = db._session.backend
        start = (backend.standing().commit, "p5", 1)
        with backend.reading() as tables:
            found = tables.committed(start, start[0], 5)
            assert [row[0] for _, row in found] == ["p50", "p500", "p501", "p502", "p503"]
            if name != "mongodb":
                assert "by_commit" in plan_of(tables, start)


def plan_of(tables: Any, start: tuple[int, str, int]) -> str:
    """How the engine goes about what `committed` asks."""
    told: list[str] = []
    run = tables._run

    def explain(text: str, parameters: Any = ()) -> Any:
        if "ORDER BY" in text:
            words = "EXPLAIN QUERY PLAN" if "?" in text else "SET LOCAL enable_seqscan = off; EXPLAIN"
            first, _, second = words.rpartition("; ")
            if first:
                run(first)
            told.append(repr(run(f"{second} {text}", parameters).fetchall()))
        return run(text, parameters)

    tables._run = explain
    tables.committed(start, start[0], 5)
    return told[0]


PROGRAM = """
import sys
from proteusdb import DatabaseManager, DatabaseMigrator
url, archive, what = sys.argv[1:]
with DatabaseManager.from_url(url, timeout=60) as db:
    print("ready", flush=True)
    while True:
        if what == "restore":
            db.restore(archive, overwrite=True)
        else:
            with DatabaseMigrator(url) as migrator:
                migrator._go(1, allow_loss=False, backup=None)
                migrator._go(migrator.latest_version, allow_loss=False, backup=None)
"""


@pytest.mark.timeout(240)
@pytest.mark.parametrize("what", ["restore", "migrate"])
def test_kill_in_the_midst_leaves_the_old_or_the_new(
    rows: DatabaseManager, tmp_path: Path, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The holder of the lease is dead for certain.
    monkeypatch.setattr("proteusdb.backends.mongodb.lease.STALE", 0.5)
    archive = tmp_path / "all.archive"
    rows.store_predictions([{**synthetic_prediction(9, n), "prediction_id": f"more {n}"} for n in range(80)])
    rows.export(archive)
    before = seen(rows)
    randomly = random.Random(5)
    backend: Any = rows._session.backend
    for _ in range(ROUNDS):
        arguments = [sys.executable, "-c", PROGRAM, rows._session.url, str(archive), what]
        process = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(randomly.random() * 0.4)
        process.kill()
        process.communicate()
        schema = settled(backend)
        moves = backend.moves()
        assert schema == (moves[-1]["to"] if moves else backend.latest_schema)
        assert [move["from"] for move in moves[1:]] == [move["to"] for move in moves[:-1]]
        backend.migrate(backend.latest_schema, allow_loss=False, by="test")
        assert seen(rows) == before
        assert rows.verify_integrity().ok


def settled(backend: Any) -> int:
    """The schema once a server has noticed that its client is gone."""
    with backend.moving() as tables:
        return int(tables.schema())


@pytest.mark.parametrize("name", ROWS)
def test_a_store_from_the_future_names_the_program_to_use(name: str, tmp_path: Path) -> None:
    from proteusdb.errors import ConnectionError

    with engine(name, tmp_path, "rows") as db:
        url, backend = db._session.url, db._session.backend
        into_the_future(name, backend)
    with pytest.raises(ConnectionError, match=r"schema is version 9.*use proteusdb 0\.1\.0 or later"):
        DatabaseManager.from_url(url)
    with pytest.raises(ConnectionError, match="schema is version 9"):
        DatabaseManager.from_url(url, read_only=True)


def into_the_future(name: str, backend: Any) -> None:
    """Gives the store a schema that is not there yet."""
    with backend.moving() as tables:
        if name == "sqlite":
            tables._run("PRAGMA user_version = 9")
        elif name == "postgresql":
            tables._run("UPDATE meta SET value = 9 WHERE name = 'schema'")
        else:
            tables._begin(tables.last_commit() + 1)
            tables._unit.move(9)


def test_a_backup_does_not_go_onto_the_store(tmp_path: Path) -> None:
    with engine("sqlite", tmp_path, "rows") as db:
        fill(db)
        before = seen(db)
        path = tmp_path / "rows" / "proteus.db"
        for each in (path, Path(f"{path}-wal")):
            with pytest.raises(StorageError, match="the store itself"):
                db.backup(each, overwrite=True)
        assert seen(db) == before
