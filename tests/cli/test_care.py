"""Commands that look after a database: backup, restore, export, verify, migrate."""

from pathlib import Path

import pytest

from proteusdb import DatabaseManager
from shell import Shell


def test_a_chain_of_backups_is_restored(changed: Shell, tmp_path: Path) -> None:
    full = changed.json("backup", "monday.backup")
    assert (full["kind"], Path(full["path"]).name) == ("full", "monday.backup")
    ids = changed("query", "--ids").stdout.split()
    changed("update", ids[0], "--set", "organism=yeast")
    changed("delete", ids[1])
    assert "incremental" in changed("backup", "tuesday.backup", "--since", "monday.backup").stderr
    told = changed.json("restore", "tuesday.backup", "--db", "restored.db")
    assert (told["predictions"], len(told["files"])) == (8, 2)
    assert changed("query", "--ids", "--db", "restored.db").stdout.split() == [ids[0], *ids[2:]]
    assert changed.json("get", ids[0], "--db", "restored.db")["metadata"]["organism"] == "yeast"
    assert "overwrite" in changed("restore", "monday.backup", "--db", "restored.db", code=1).stderr
    assert "9 predictions" in changed("restore", "monday.backup", "--db", "restored.db", "--overwrite").stderr
    assert "exists" in changed("backup", "monday.backup", code=1).stderr
    assert changed("verify", "--backup", "monday.backup").stdout == "ok\n"
    assert changed.json("verify", "--backup", "tuesday.backup")["kind"] == "incremental"


def test_a_damaged_backup_is_refused(changed: Shell) -> None:
    changed("backup", "a.backup")
    path = changed.folder / "a.backup"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    assert "checksum" in changed("verify", "--backup", "a.backup", code=1).stderr
    assert "checksum" in changed("restore", "a.backup", "--db", "b.db", code=1).stderr
    assert "no backup" in changed("restore", "proteus.db", "--overwrite", code=1).stderr
    assert changed("count").stdout.strip() == "9"


def test_an_archive_is_exported_restored_and_added(changed: Shell, fresh: Shell) -> None:
    told = changed.json("export", "some.archive", "--format", "archive", "--where", "length > 40")
    wanted = int(changed("count", "--where", "length > 40").stdout)
    assert (told["kind"], told["versions"]) == ("archive", wanted)
    assert 0 < wanted < 9
    changed("restore", "some.archive", "--db", "other.db")
    changed("export", "all.archive", "--format", "archive")
    assert changed.json("restore", "all.archive", "--add", "--db", "other.db")["predictions"] == 9
    assert changed.json("restore", "all.archive", "--add", "--db", "other.db")["imported"] == 0
    assert changed("verify", "--db", "other.db").stdout == "ok\n"
    assert "one of them" in changed("restore", "all.archive", "--add", "--overwrite", code=2).stderr
    assert "pdf" in changed("export", "x", "--format", "pdf", code=2).stderr


def test_a_database_is_migrated_down_and_up(changed: Shell) -> None:
    assert changed.json("migrate", "--plan") == []
    down = changed.json("migrate", "--to", "1")
    assert [move["to_version"] for move in down] == [2, 1]
    kept = Path(down[0]["backup"])
    assert kept.is_file()
    assert "schema is version 1" in changed("update", "x", "--set", "a=1", code=1).stderr
    assert changed("count").stdout.strip() == "9"
    plan = changed.json("migrate", "--plan")
    assert [step["to_version"] for step in plan] == [2, 3]
    assert "changes" in changed("migrate", "--plan").stdout or plan[0]["description"]
    assert "schema 1 -> 3" in changed("migrate").stderr
    assert [move["to_version"] for move in changed.json("migrate", "--history")] == [2, 1, 2, 3]
    assert changed("verify").stdout == "ok\n"
    assert "allowed are 1 to 3" in changed("migrate", "--to", "0", code=1).stderr


def test_a_damaged_database_is_verified_and_repaired(changed: Shell) -> None:
    lmdb = pytest.importorskip("lmdb")
    with lmdb.open(str(changed.folder / "proteus.db"), subdir=False, max_dbs=40, lock=False) as environment:
        headers = environment.open_db(b"headers", create=False)
        lengths = environment.open_db(b"index", create=False)
        with environment.begin(write=True) as transaction:
            key, value = next(iter(transaction.cursor(headers)))
            transaction.put(key, value[:40] + bytes([value[40] ^ 1]) + value[41:], db=headers)
            transaction.drop(lengths, delete=False)
    assert "headers" in changed("verify", code=1).stderr
    told = changed("verify", "--repair")
    assert told.stdout == "ok\n"
    assert "set aside: " in told.stderr
    assert "was kept" in told.stderr
    assert changed.json("verify")["counts"]["quarantined"] == 3, "the version, its structure and its file"
    with DatabaseManager(database_path=changed.folder / "proteus.db") as db:
        assert db.count() == 8


def test_a_file_with_damaged_pages_is_named_and_salvaged(changed: Shell, tmp_path: Path) -> None:
    path = changed.folder / "proteus.db"
    assert changed("salvage", "sound.db").returncode == 0
    assert changed.json("verify", "--db", "sound.db")["counts"]["predictions"] == 9
    data = bytearray(path.read_bytes())
    for page in range(2, len(data) // 4096):
        # How many nodes it has: of every leaf but those of the largest values.
        data[page * 4096 + 14] ^= 0x80
    path.write_bytes(data)
    told = changed("verify", code=1)
    assert "page" in told.stderr
    assert "proteusdb salvage" in told.stderr
    found = changed.json("doctor", code=1)
    assert [one["check"] for one in found["findings"] if not one["ok"]] == ["pages"]
    told = changed("salvage", "saved.db", code=1)
    assert "lost: " in told.stderr
    assert "is there" in changed("salvage", "saved.db", code=1).stderr
    assert "--db" in changed("salvage", "x.db", "--db", "absent.db", code=2).stderr
    assert changed("verify", "--db", "saved.db").stdout == "ok\n"


def test_a_doctor_finds_nothing_in_a_sound_database_and_drift_in_another(changed: Shell) -> None:
    lmdb = pytest.importorskip("lmdb")
    findings = changed.json("doctor")["findings"]
    assert all(found["ok"] for found in findings), findings
    checks = {found["check"] for found in findings}
    assert checks == {
        "file system", "room", "pages", "clock", "readers", "map", "waste", "schema", "contents",
    }  # fmt: skip
    assert changed("doctor", "--quick").stdout.startswith("check\tstate\tfound\tcure\n")
    with lmdb.open(str(changed.folder / "proteus.db"), subdir=False, max_dbs=40, lock=False) as environment:
        index = environment.open_db(b"index", create=False)
        with environment.begin(write=True) as transaction:
            transaction.drop(index, delete=False)
    findings = {found["check"]: found for found in changed.json("doctor", code=1)["findings"]}
    assert not findings["index drift"]["ok"]
    assert "--repair" in findings["index drift"]["cure"]


def test_a_published_file_is_read_by_all_and_written_by_none(changed: Shell) -> None:
    ids = changed("query", "--ids").stdout
    told = changed.json("publish", "release.db")
    assert told["bytes"] == (changed.folder / "release.db").stat().st_size
    assert changed("query", "--ids", "--db", "release.db").stdout == ids
    assert changed("verify", "--db", "release.db").stdout == "ok\n"
    assert "was published" in changed("delete", ids.split()[0], "--db", "release.db", code=1).stderr
    assert not (changed.folder / "release.db-lock").exists()
    changed("delete", ids.split()[0])
    assert "overwrite" in changed("publish", "release.db", code=1).stderr
    assert "bytes" in changed("publish", "release.db", "--overwrite").stderr
    assert changed("count", "--db", "release.db").stdout.strip() == "8"
    changed("copy", "writable.db", "--db", "release.db")
    changed("delete", ids.split()[1], "--db", "writable.db")
    data = bytearray((changed.folder / "release.db").read_bytes())
    data[len(data) // 2] ^= 1
    (changed.folder / "flipped.db").write_bytes(data)
    assert "not those that were published" in changed("verify", "--db", "flipped.db", code=1).stderr


def test_compacting_gives_room_back(changed: Shell) -> None:
    for name in changed("query", "--ids").stdout.split()[1:]:
        changed("delete", name)
    changed("cleanup", "--keep-versions", "1", "--older-than", "now")
    told = changed.json("compact")
    assert told["after"] < told["before"]
    assert changed("verify").stdout == "ok\n"
    assert "after" in changed("compact", "--compression", "small").stderr
