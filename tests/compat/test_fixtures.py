"""A file that an earlier version wrote opens, says what it said then, and goes on being written."""

import json
from pathlib import Path

import pytest
import zstandard

from compat.fixture import FOLDER, content
from compat.reader import LATER, TABLES, open_store
from proteusdb import DatabaseManager, DatabaseMigrator, _core

PACKED = sorted(FOLDER.glob("format-*.db.zst"))


@pytest.fixture(params=PACKED, ids=lambda path: path.name.removesuffix(".db.zst"))
def packed(request: pytest.FixtureRequest) -> Path:
    return request.param


@pytest.fixture
def path(packed: Path, tmp_path: Path) -> Path:
    path = tmp_path / "proteus.db"
    with packed.open("rb") as file:
        path.write_bytes(zstandard.ZstdDecompressor().stream_reader(file).read())
    return path


def expected(packed: Path) -> object:
    return json.loads((FOLDER / "content.json").read_text(encoding="utf-8"))


def test_there_is_a_file_of_every_schema() -> None:
    numbers = [int(path.name.removeprefix("format-").removesuffix(".db.zst")) for path in PACKED]
    assert numbers == list(range(1, _core.LATEST_SCHEMA + 1))


def test_it_has_the_schema_and_the_tables_of_its_time(packed: Path, path: Path) -> None:
    schema = int(packed.name.removeprefix("format-").removesuffix(".db.zst"))
    with open_store(path) as store:
        assert set(store.tables) == {name for name in TABLES if LATER.get(name, 1) <= schema}
        record = store.open("meta", b"format")
        assert (record.take(9), record.unpack("I")) == (b"proteusdb", schema)


def test_it_says_what_it_said_when_it_was_written(packed: Path, path: Path) -> None:
    with DatabaseManager("lmdb", path, read_only=True) as db:
        found = json.loads(json.dumps(content(db)))
    assert found == expected(packed), "a released format is frozen; before its release: python tests/compat/fixture.py"


def test_it_is_upgraded_downgraded_and_upgraded_and_loses_nothing(packed: Path, path: Path) -> None:
    schema = int(packed.name.removeprefix("format-").removesuffix(".db.zst"))
    with DatabaseMigrator(path) as migrator:
        for target in (migrator.latest_version, schema, migrator.latest_version):
            move = migrator.upgrade_schema if target >= migrator.current_version else migrator.downgrade_schema
            move(target)
            assert migrator.verify_integrity().ok
            with DatabaseManager("lmdb", path, read_only=True) as db:
                assert json.loads(json.dumps(content(db))) == expected(packed)


def test_it_is_sound_and_once_upgraded_goes_on_being_written(packed: Path, path: Path) -> None:
    with DatabaseMigrator(path) as migrator:
        assert migrator.verify_integrity().ok
        migrator.upgrade_schema()
    with DatabaseManager("lmdb", path) as db:
        db.update_prediction("raw", {"job": "later"})
        db.store_prediction("MKT", None, prediction_id="new")
        db.delete_prediction("text")
        assert db.get_prediction("raw").job == "later"
        assert db.verify_integrity().ok
