"""A file that an earlier version wrote opens, says what it said then, and goes on being written."""

import json
from pathlib import Path

import pytest
import zstandard

from compat.fixture import FOLDER, content
from proteusdb import DatabaseManager

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
    return json.loads(packed.with_name(packed.name.replace(".db.zst", ".json")).read_text(encoding="utf-8"))


def test_there_is_a_file_of_the_first_format() -> None:
    assert [path.name for path in PACKED][:1] == ["format-1.db.zst"]


def test_it_says_what_it_said_when_it_was_written(packed: Path, path: Path) -> None:
    with DatabaseManager("lmdb", path, read_only=True) as db:
        found = json.loads(json.dumps(content(db)))
    assert found == expected(packed), "a released format is frozen; before its release: python tests/compat/fixture.py"


def test_it_is_sound_and_goes_on_being_written(packed: Path, path: Path) -> None:
    with DatabaseManager("lmdb", path) as db:
        assert db.verify_integrity().ok
        db.update_prediction("raw", {"job": "later"})
        db.store_prediction("MKT", None, prediction_id="new")
        db.delete_prediction("text")
        assert db.get_prediction("raw").job == "later"
        assert db.verify_integrity().ok
