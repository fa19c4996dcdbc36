"""The command `bench`: it measures both ways, leaves nothing, and touches no database."""

from pathlib import Path

from shell import Shell

STEPS = ["store", "header", "read", "find", "size"]


def test_both_ways_are_measured_and_nothing_is_left(fresh: Shell) -> None:
    told = fresh.json("bench", "--count", "2", "--in", ".")
    assert [step["name"] for step in told["steps"]] == STEPS
    assert (told["records"], told["rounds"], told["folder"]) == (2, 3, str(fresh.folder.resolve()))
    assert all(step["database"] > 0 for step in told["steps"])
    assert {step["name"] for step in told["steps"] if step["files"] is None} == {"header"}
    assert list(fresh.folder.iterdir()) == []


def test_predictions_of_a_database_are_used_and_it_is_only_read(loaded: Shell) -> None:
    before = (loaded.folder / "proteus.db").read_bytes()
    ran = loaded("bench", "-n", "3", "--db", "proteus.db")
    header, *rows = (line.split("\t") for line in ran.stdout.splitlines())
    assert header == ["step", "unit", "proteusdb", "plain files"]
    assert [row[0] for row in rows] == STEPS
    assert ran.stderr.startswith("3 predictions, ")
    assert (loaded.folder / "proteus.db").read_bytes() == before


def test_what_cannot_be_measured_is_told(fresh: Shell, tmp_path: Path) -> None:
    assert "--count" in fresh("bench", "-n", "0", code=2).stderr
    assert "--in" in fresh("bench", "--in", "nowhere", code=2).stderr
    assert "nowhere.db" in fresh("bench", "--db", "nowhere.db", code=1).stderr
    assert list(fresh.folder.iterdir()) == []
