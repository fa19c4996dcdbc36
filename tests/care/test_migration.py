"""Schemas: a store goes up and down and loses nothing, says what it would lose, and is never moved silently."""

import json
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from care.contents import change, fill, seen
from proteusdb import DatabaseManager, DatabaseMigrator
from proteusdb.backends.memory import MemoryBackend
from proteusdb.errors import ConnectionError, StorageError, ValidationError

LATEST = 3


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "proteus.db"
    with DatabaseManager(database_path=path) as db:
        fill(db)
    return path


def look(path: Path) -> object:
    with DatabaseManager(database_path=path, read_only=True) as db:
        assert db.verify_integrity().ok
        return seen(db)


def test_it_goes_to_every_schema_and_loses_nothing(path: Path) -> None:
    before = look(path)
    with DatabaseMigrator(path) as migrator:
        assert (migrator.current_version, migrator.latest_version, migrator.history()) == (LATEST, LATEST, [])
        assert migrator.plan() == []
        for target in (1, 2, 3, 2, 1, 3):
            now = migrator.current_version
            plan = migrator.plan(target)
            assert [step.to_version for step in plan] == (
                list(range(now + 1, target + 1)) if target > now else list(range(now - 1, target - 1, -1))
            )
            assert all(step.description and step.cost and not step.loses for step in plan)
            moves = migrator.upgrade_schema(target) if target > now else migrator.downgrade_schema(target)
            assert [(m.from_version, m.to_version) for m in moves] == [(s.from_version, s.to_version) for s in plan]
            assert migrator.current_version == target
            assert look(path) == before
            assert all((m.backup is not None) == (target < now) for m in moves)
            for kept in {made.backup for made in moves if made.backup is not None}:
                Path(kept).unlink()
        history = migrator.history()
        assert len(history) == 8
        assert all("@" in made.by and made.program for made in history)
        assert history == sorted(history, key=lambda made: made.at)
        assert migrator.verify_integrity().ok
        assert migrator.upgrade_schema() == []
    with DatabaseManager(database_path=path) as db:
        change(db)
        assert db.verify_integrity().ok


def test_the_backup_before_a_downgrade_restores_what_was(path: Path, tmp_path: Path) -> None:
    before = look(path)
    with DatabaseMigrator(str(path)) as migrator:
        (move, _) = migrator.downgrade_schema(1)
        assert move.backup is not None
        migrator.restore(move.backup, overwrite=True)
        assert migrator.current_version == LATEST
    assert look(path) == before
    assert Path(move.backup).name.startswith("proteus.db-schema-3-")


def test_an_older_store_is_read_and_never_upgraded_silently(path: Path) -> None:
    before = look(path)
    with DatabaseMigrator(path) as migrator:
        migrator.downgrade_schema(1)
    with pytest.raises(ConnectionError, match=r"schema is version 1.*upgrade_schema\(\).*proteusdb migrate"):
        DatabaseManager(database_path=path)
    assert look(path) == before
    with DatabaseMigrator(path) as migrator:
        assert migrator.current_version == 1
        assert len(migrator.plan()) == 2
        assert migrator.current_version == 1


def test_a_manager_that_has_it_open_is_told(path: Path) -> None:
    with DatabaseManager(database_path=path) as db:
        before = seen(db)
        with DatabaseMigrator(db) as migrator:
            migrator.downgrade_schema(2)
            assert seen(db) == before
            with pytest.raises(StorageError, match="schema is version 2"):
                db.store_prediction("MKV", None)
            migrator.upgrade_schema()
        db.store_prediction("MKV", None)


def test_another_process_that_has_it_open_is_told(path: Path) -> None:
    program = f"""
import sys
from proteusdb import DatabaseManager
from proteusdb.errors import ConnectionError
with DatabaseManager(database_path={str(path)!r}) as db:
    db.store_prediction("MKV", None)
    print("ready", flush=True)
    sys.stdin.readline()
    assert db.count() > 3
    try:
        db.store_prediction("MKV", None)
    except ConnectionError as error:
        print(error, flush=True)
"""
    other = subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert other.stdout is not None
    assert other.stdout.readline() == "ready\n"
    with DatabaseMigrator(path) as migrator:
        migrator.downgrade_schema(1)
    output, errors = other.communicate("\n", timeout=60)
    assert other.returncode == 0, errors
    assert "schema is version 1" in output


def test_wrong_schemas_are_refused(path: Path) -> None:
    with DatabaseMigrator(path) as migrator:
        for wrong in (0, -1, 4, True, "2", 1.0):
            with pytest.raises(ValidationError, match="allowed are 1 to 3"):
                migrator.plan(wrong)  # type: ignore[arg-type]
            with pytest.raises(ValidationError, match="allowed are 1 to 3"):
                migrator.downgrade_schema(wrong)  # type: ignore[arg-type]
        migrator.downgrade_schema(2)
        with pytest.raises(ValidationError, match=r"downgrade_schema\(1\)"):
            migrator.upgrade_schema(1)
        with pytest.raises(ValidationError, match=r"upgrade_schema\(3\)"):
            migrator.downgrade_schema(3)
        assert migrator.current_version == 2


def test_a_backup_of_an_older_schema_is_for_the_migrator(path: Path, tmp_path: Path) -> None:
    before = look(path)
    with DatabaseMigrator(path) as migrator:
        migrator.downgrade_schema(1)
        migrator.backup(tmp_path / "old.backup")
    target = tmp_path / "restored.db"
    with DatabaseManager(database_path=target) as db, pytest.raises(ConnectionError, match="DatabaseMigrator"):
        db.restore(tmp_path / "old.backup")
    with DatabaseMigrator(target) as migrator:
        migrator.restore(tmp_path / "old.backup")
        assert migrator.current_version == 1
        migrator.upgrade_schema()
    assert look(target) == before


def test_an_older_store_is_exported_and_has_no_incremental_backups(path: Path, tmp_path: Path) -> None:
    before = look(path)
    with DatabaseMigrator(path) as migrator:
        migrator.downgrade_schema(1)
    with DatabaseManager(database_path=path, read_only=True) as db:
        db.export(tmp_path / "all.archive")
        db.backup(tmp_path / "a.backup")
        with pytest.raises(StorageError, match="full backup is needed"):
            db.backup(tmp_path / "b.backup", incremental_from=tmp_path / "a.backup")
    with DatabaseManager(database_path=tmp_path / "restored.db") as db:
        db.restore(tmp_path / "all.archive")
        assert seen(db) == before


def test_a_back_end_with_one_schema_has_nothing_to_do() -> None:
    with DatabaseManager._on(MemoryBackend()) as db, DatabaseMigrator(db) as migrator:
        assert (migrator.current_version, migrator.latest_version) == (1, 1)
        assert migrator.plan() == migrator.history() == migrator.upgrade_schema() == migrator.downgrade_schema(1) == []


@pytest.mark.timeout(300)
def test_a_killed_migration_leaves_a_whole_step(path: Path) -> None:
    before = look(path)
    program = f"""
from proteusdb import DatabaseMigrator
with DatabaseMigrator({str(path)!r}) as migrator:
    print("ready", flush=True)
    while True:
        for schema in (1, 3, 2):
            now = migrator.current_version
            if schema != now:
                migrator._go(schema, allow_loss=False, backup=None)
"""
    randomly = random.Random(1)
    for _ in range(12):
        process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(randomly.random() * 0.2)
        process.kill()
        process.communicate()
        with DatabaseMigrator(path) as migrator:
            history = migrator.history()
            assert migrator.current_version == (history[-1].to_version if history else LATEST)
            assert json.dumps([made.from_version for made in history[1:]]) == json.dumps(
                [made.to_version for made in history[:-1]]
            )
        assert look(path) == before
