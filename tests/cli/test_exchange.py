"""The commands `copy` and `export`, and `--db` with files of either kind."""

import json
import sqlite3
import tarfile

from shell import Shell


def test_predictions_are_copied_again_only_where_they_changed(changed: Shell) -> None:
    count = int(changed("count").stdout)
    told = changed.json("copy", "sqlite:other.db", "--length", "30-60")
    assert (told["copied"], told["skipped"]) == (count, 0)
    key = changed("query", "--ids", "--limit", "1").stdout.strip()
    changed("update", key, "--set", "note=new")
    told = changed.json("copy", "other.db")
    assert (told["copied"], told["skipped"]) == (1, count - 1)
    assert changed("get", key, "--db", "other.db").stdout
    assert int(changed("count", "--db", "sqlite:other.db").stdout) == count
    assert (changed.folder / "other.db").read_bytes().startswith(b"SQLite")
    assert "ok" in changed("verify", "--db", "other.db").stdout
    assert "itself" in changed("copy", "proteus.db", code=1).stderr
    assert "TARGET" in changed("copy", code=2).stderr


def test_predictions_are_exported_in_every_format(changed: Shell) -> None:
    count = int(changed("count").stdout)
    for format, name in (("csv", "x.csv"), ("jsonl", "x.jsonl"), ("fasta", "x.fasta"), ("sql", "x.sql")):
        told = changed.json("export", name, "--format", format)
        assert (told["predictions"], told["files"]) == (count, 1)
        assert (changed.folder / name).stat().st_size == told["bytes"]
    assert len((changed.folder / "x.jsonl").read_text().splitlines()) == count
    other = sqlite3.connect(":memory:")
    other.executescript((changed.folder / "x.sql").read_text())
    assert other.execute("SELECT count(*) FROM predictions").fetchone() == (count,)
    other.close()
    some = changed.json("export", "some.tar", "--format", "pdb", "--limit", "2")
    assert some["files"] == 2
    with tarfile.open(changed.folder / "some.tar") as tar:
        assert len(tar.getnames()) == 2
    changed("export", "back", "--format", "original")
    before = {file.name: file.read_bytes() for file in (changed.folder / "back").rglob("*.*")}
    assert len(before) == count


def test_wrong_exports_are_told_and_leave_nothing(changed: Shell) -> None:
    (changed.folder / "x.csv").write_text("mine")
    assert "overwrite" in changed("export", "x.csv", "--format", "csv", code=1).stderr
    assert (changed.folder / "x.csv").read_text() == "mine"
    changed("export", "x.csv", "--format", "csv", "--overwrite")
    assert "xls" in changed("export", "x.xls", "--format", "xls", code=2).stderr
    assert "lenght" in changed("export", "y.csv", "--format", "csv", "--where", "lenght > 1", code=1).stderr
    assert not (changed.folder / "y.csv").exists()


def test_explain_of_an_sqlite_file_shows_its_sql(changed: Shell) -> None:
    changed("copy", "sqlite:other.db")
    told = json.loads(changed("explain", "--db", "other.db", "--confidence", "0.5", "--json").stdout)
    assert "v.confidence >= ?" in told["sql"]
    assert told["pushed"] == ["confidence >= 0.5"]
