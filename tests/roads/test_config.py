"""Opening: arguments, URLs, environment, and what never shows."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from proteusdb import DatabaseManager
from proteusdb.core.config import Config
from proteusdb.core.url import place_of
from proteusdb.errors import ConnectionError, StorageError, ValidationError

WRONG: list[tuple[dict[str, Any], str]] = [
    ({"backend": "oracle"}, "lmdb, sqlite, postgresql, mongodb"),
    ({"backend": None}, "lmdb, sqlite, postgresql, mongodb"),
    ({"database_path": ""}, "path"),
    ({"database_path": 3}, "path"),
    ({"port": 0}, "1 to 65535"),
    ({"port": True}, "1 to 65535"),
    ({"host": ""}, "str"),
    ({"password": 3}, "str or None"),
    ({"compression": "zip"}, "'fast', 'small', False"),
    ({"max_connections": 0}, "1 or more"),
    ({"timeout": 0}, "above 0"),
    ({"timeout": float("nan")}, "above 0"),
    ({"retry_attempts": -1}, "0 or more"),
    ({"read_only": "yes"}, "True, False"),
    ({"durability": "none"}, "full, relaxed"),
    ({"precision": -0.1}, "'exact'"),
    ({"pae_precision": 0.3}, "0.1, 0.5, 1.0"),
    ({"cache_size": 1.5}, "an int"),
    ({"keep_versions": 0}, "None"),
    ({"keep_versions": True}, "1 or more"),
    ({"allow_network_fs": 1}, "True, False"),
    ({"mode": 0o1777}, "0o777"),
]


@pytest.mark.parametrize(("arguments", "allowed"), WRONG, ids=lambda value: str(value)[:40])
def test_each_wrong_argument_lists_what_is_allowed(tmp_path: Path, arguments: dict[str, Any], allowed: str) -> None:
    with pytest.raises(ValidationError, match=allowed) as caught:
        DatabaseManager(**{"database_path": tmp_path / "p.db", **arguments})
    assert next(iter(arguments)) in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("lmdb:///data/p.db", {"backend": "lmdb", "database_path": "/data/p.db"}),
        ("lmdb:p.db", {"backend": "lmdb", "database_path": "p.db"}),
        ("lmdb://sub/p.db", {"backend": "lmdb", "database_path": "sub/p.db"}),
        ("lmdb:///C:/data/p.db", {"backend": "lmdb", "database_path": "C:/data/p.db"}),
        ("run:1.db", {"backend": "lmdb", "database_path": "run:1.db"}),
        ("lmdb:///a%20b%3F.db", {"backend": "lmdb", "database_path": "/a b?.db"}),
        ("/data/p.db", {"backend": "lmdb", "database_path": "/data/p.db"}),
        ("C:\\data\\p.db", {"backend": "lmdb", "database_path": "C:\\data\\p.db"}),
        (
            "lmdb:p.db?read_only=true&timeout=5&mode=600&compression=small",
            {
                "backend": "lmdb",
                "database_path": "p.db",
                "read_only": True,
                "timeout": 5.0,
                "mode": 0o600,
                "compression": "small",
            },
        ),
        (
            "postgres://me:s%40cret@host:5433/base",
            {
                "backend": "postgresql",
                "host": "host",
                "port": 5433,
                "username": "me",
                "password": "s@cret",
                "database": "base",
            },
        ),
    ],
)
def test_urls_name_places(url: str, place: dict[str, Any]) -> None:
    assert place_of(url) == place


@pytest.mark.parametrize(
    "url", ["", "redis://x", "lmdb:", "lmdb:p.db?sise=3", "lmdb:p.db?timeout=soon", "mysql://me:secret@h/d"]
)
def test_wrong_urls_say_what_is_allowed(url: str) -> None:
    with pytest.raises(ValidationError, match=r"allowed|needed|without|could not") as caught:
        DatabaseManager.from_url(url)
    assert "secret" not in str(caught.value)


def test_a_password_is_never_shown() -> None:
    config = Config(password="hunter2", username="me")
    assert "hunter2" not in repr(config) + str(config)
    with pytest.raises(ConnectionError) as caught:
        DatabaseManager.from_url("postgresql://me:hunter2@host/base")
    assert "hunter2" not in str(caught.value)


def test_nothing_given_opens_the_url_of_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PROTEUSDB_URL", raising=False)
    with DatabaseManager() as db:
        assert db.url == (tmp_path / "proteus.db").as_uri().replace("file", "lmdb", 1)
    monkeypatch.setenv("PROTEUSDB_URL", "lmdb:other.db?durability=relaxed")
    with DatabaseManager() as db:
        db.store_prediction("MKV", None)
        assert db._session.config.durability == "relaxed"
    assert (tmp_path / "other.db").exists()
    with DatabaseManager(read_only=True) as db:
        assert db.stats()["predictions"] == 1
    with DatabaseManager(database_path="third.db") as db:
        assert db.url.endswith("third.db")


def test_an_environment_variable_that_is_no_number_is_named(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROTEUSDB_MAP_SIZE", "much")
    with pytest.raises(ValidationError, match="PROTEUSDB_MAP_SIZE"):
        DatabaseManager(database_path=path)


def test_closing_twice_is_fine_and_use_afterwards_says_the_cure(path: Path) -> None:
    db = DatabaseManager(database_path=path)
    prediction = db.get_prediction(db.store_prediction("MKV", None))
    assert repr(db) == f"<DatabaseManager {db.url}>"
    db.close()
    db.close()
    assert db.closed
    assert repr(db) == f"<DatabaseManager {db.url}, closed>"
    assert prediction.sequence == "MKV"
    for use in (
        lambda: db.get_prediction("x"),
        lambda: db.store_prediction("MKV", None),
        lambda: db.stats(),
        db.__enter__,
    ):
        with pytest.raises(ConnectionError, match="make a new DatabaseManager"):
            use()


def test_read_only_reads_and_refuses_to_write(path: Path) -> None:
    with DatabaseManager(database_path=path) as db:
        stored = db.store_prediction("MKV", None)
    with DatabaseManager(database_path=path, read_only=True) as db:
        assert db.get_prediction(stored).sequence == "MKV"
        for write in (
            lambda: db.store_prediction("MKV", None),
            lambda: db.delete_prediction(stored),
            lambda: db.update_prediction(stored, {"rank": 1}),
            lambda: db.store_predictions([]),
            lambda: db.load_files([]),
            lambda: db.store_model("m"),
            lambda: db.transaction().__enter__(),
        ):
            with pytest.raises(StorageError, match="read_only"):
                write()
    with pytest.raises(ConnectionError):
        DatabaseManager(database_path=path.with_name("absent.db"), read_only=True)


def test_importing_the_package_imports_no_optional_library(tmp_path: Path) -> None:
    program = (
        "import sys, proteusdb\n"
        "before = set(sys.modules)\n"
        "proteusdb.DatabaseManager('lmdb', 'p.db').close()\n"
        "heavy = {'gemmi', 'biotite', 'pandas', 'polars', 'pyarrow', 'typer', 'rich', 'torch', 'pytest'}\n"
        "print(sorted(heavy & set(sys.modules)), 'numpy' in before)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True, env={**os.environ}
    )
    assert done.stdout.strip() == "[] False"
