"""Stores of rows that an earlier version wrote: read as they are, upgraded, downgraded and upgraded again."""

import json
import os
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from compat.fixture import FOLDER, content
from compat.row_stores import ENGINES, put, unpacked
from proteusdb import DatabaseManager, DatabaseMigrator
from proteusdb.backends.shared.upgrades import LATEST
from proteusdb.errors import ConnectionError

NUMBERS = count()
FILES = [(engine, schema) for engine in ENGINES for schema in range(1, LATEST + 1)]


@pytest.fixture(params=FILES, ids=lambda each: f"{each[0]}-{each[1]}")
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    engine, schema = request.param
    return put(engine, unpacked(engine, schema), tmp_path, f"compat_{os.getpid()}_{next(NUMBERS)}")


def expected(url: str) -> Any:
    told = json.loads((FOLDER / "content.json").read_text(encoding="utf-8"))
    # The first schema knew no quota.
    with DatabaseManager.from_url(url, read_only=True) as db:
        told["past"]["quota"] = [db.quota()["max_bytes"], db.quota()["warn_at"]]
    return told


def told(url: str) -> Any:
    with DatabaseManager.from_url(url, read_only=True) as db:
        assert db.verify_integrity().ok
        return json.loads(json.dumps(content(db)))


def test_it_says_what_it_said_when_it_was_written(url: str) -> None:
    assert told(url) == expected(url)


def test_it_is_upgraded_downgraded_and_upgraded_and_loses_nothing(url: str, tmp_path: Path) -> None:
    before = expected(url)
    with DatabaseMigrator(url) as migrator:
        schema = migrator.current_version
        if schema < LATEST:
            with pytest.raises(ConnectionError, match=r"upgrade_schema\(\).*proteusdb migrate"):
                DatabaseManager.from_url(url)
        migrator.backup(tmp_path / "as it was.backup")
        for target in (LATEST, schema, LATEST):
            migrator._go(target, allow_loss=False, backup=None)
            assert (migrator.current_version, told(url)) == (target, before)
        migrator.restore(tmp_path / "as it was.backup", overwrite=True)
    assert told(url) == before
    with DatabaseManager.from_url(url) as db:
        db.update_prediction("raw", {"job": "later"})
        db.store_prediction("MKT", None, prediction_id="new")
        db.backup(tmp_path / "later.backup")
        assert db.verify_integrity().ok
