"""The commands `tag`, `diff`, `cleanup` and `history`: for people and for programs, refused where they must be."""

from pathlib import Path

import pytest

from proteusdb import DatabaseManager
from shell import Shell


@pytest.fixture
def past(fresh: Shell) -> Shell:
    """A folder with a database that has three versions of `p`, and a tag before the last two."""
    with DatabaseManager(database_path=fresh.folder / "proteus.db") as db:
        db.store_prediction("MKT", None, {"n": 1, "confidence": 0.2}, prediction_id="p")
        db.store_prediction("MKT", None, {"confidence": 0.9}, prediction_id="gone")
        db.tag("before")
        db.update_prediction("p", {"metadata": {"n": 2}})
        db.update_prediction("p", {"metadata": {"n": 3}})
        db.delete_prediction("gone")
        db.store_prediction("MKT", None, prediction_id="new")
    return fresh


def test_history_lists_what_changed(past: Shell) -> None:
    told = past.json("history", "p")
    assert [(one["version"], one["changed"]) for one in told] == [
        (1, ["created"]),
        (2, ["metadata.n"]),
        (3, ["metadata.n"]),
    ]
    assert past("history", "gone").stdout.splitlines()[2].endswith("\tdeleted")


def test_tags_are_created_listed_used_and_dropped(past: Shell) -> None:
    assert past.json("tag", "create", "after")["name"] == "after"
    assert [tag["name"] for tag in past.json("tag", "list")] == ["before", "after"]
    assert past("tag", "list").stdout.splitlines()[0] == "tag\tmoment\tnamed"
    assert past("count", "--as-of", "before").stdout == "2\n"
    assert "after: 20" in past("tag", "create", "copy", "--as-of", "after").stderr.replace("copy", "after")
    assert past.json("tag", "drop", "copy") == {"name": "copy", "dropped": True}
    assert "before, after" in past("tag", "drop", "copy", code=1).stderr
    assert "names" in past("tag", "create", "before", code=1).stderr
    assert "date" in past("tag", "create", "2024-01-01", code=1).stderr
    assert "needs a NAME" in past("tag", "create", code=2).stderr
    assert "takes no NAME" in past("tag", "list", "before", code=2).stderr
    assert "takes no time" in past("tag", "drop", "before", "--as-of", "now", code=2).stderr


def test_diff_tells_what_differs(past: Shell) -> None:
    assert past("diff", "before").stdout == (
        "kind\tid\tchanged\nremoved\tgone\t\nadded\tnew\t\nchanged\tp\tmetadata.n\n"
    )
    told = past.lines("diff", "now", "before")
    assert [(one["kind"], one["prediction_id"]) for one in told] == [
        ("added", "gone"),
        ("removed", "new"),
        ("changed", "p"),
    ]
    assert (told[2]["before"], told[2]["after"], told[2]["changed"]) == (3, 1, ["metadata.n"])
    assert "tags are before" in past("diff", "nothing", code=1).stderr


def test_cleanup_is_told_refused_and_done(past: Shell) -> None:
    told = past.json("cleanup", "--keep-versions", "1", "--dry-run")
    assert (told["dry_run"], told["versions"], told["predictions"], told["refused"]) == (True, 1, 0, None)
    assert past("cleanup", "--keep-versions", "1").stdout.splitlines()[1] == "versions\t1"
    assert [one["version"] for one in past.json("history", "p")] == [1, 3]
    assert "force=True" in past("cleanup", "--where", "length > 0", code=1).stderr
    assert "2 of 2" in past("cleanup", "--where", "length > 0", "--dry-run").stdout
    assert past.json("cleanup", "--min-confidence", "0.5")["ids"] == ["p"]
    assert past.json("cleanup", "--older-than", "now", "--max-bytes", "0", "--force")["ids"] == ["new"]
    assert "no rule" in past("cleanup", code=1).stderr
    assert past("count", "--as-of", "before").stdout == "2\n"
    assert past("verify").stdout == "ok\n"


def test_an_absent_database_is_not_made(fresh: Shell) -> None:
    for words in (("tag", "list"), ("diff", "now"), ("cleanup", "--keep-versions", "1", "--dry-run")):
        fresh(*words, code=1)
    assert list(Path(fresh.folder).iterdir()) == []
