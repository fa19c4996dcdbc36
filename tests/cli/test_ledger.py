"""The command `ledger`: jobs of a shell share a list of sequences."""

import pytest

from proteusdb import DatabaseManager
from shell import Shell

FASTA = ">one first\nMKT\nAYI\n\n>two\nmkt:gg\n"


@pytest.fixture
def shared(fresh: Shell) -> Shell:
    """A folder with a ledger of three tasks."""
    fresh("ledger", "add", "MKTAYI", "MKT:GG", "MKV", "--model", "boltz-2", "--seed", "1")
    return fresh


def test_sequences_are_added_from_anywhere(fresh: Shell) -> None:
    (fresh.folder / "wanted.fasta").write_text(FASTA)
    (fresh.folder / "wanted.txt").write_text("MKTAYI\nMKV\n")
    told = fresh.json("ledger", "add", "--file", "wanted.fasta", "--seed", "1", "--seed", "2")
    assert told == {"added": 4, "reopened": 0, "known": 0, "stored": 0}
    ran = fresh("ledger", "add", "--file", "wanted.txt", "--seed", "1")
    assert (ran.stdout, ran.stderr) == ("", "1 added, 0 reopened, 1 known, 0 stored\n")
    assert "1 added" in fresh("ledger", "add", "-", "--seed", "2", stdin="MKV").stderr
    assert "2 added" in fresh("ledger", "add", "-", "--name", "other", stdin=FASTA).stderr
    assert (fresh.json("ledger", "status")["open"], fresh.json("ledger", "status", "--name", "other")["open"]) == (6, 2)
    shards = [fresh.json("ledger", "add", "MKT", "--name", "s", "--shard", f"{i}/2")["added"] for i in range(2)]
    assert sorted(shards) == [0, 1]


def test_tasks_are_claimed_renewed_completed_failed_and_released(shared: Shell) -> None:
    first, second = shared.lines("ledger", "claim", "-n", "2", "--worker", "w")
    assert (first["sequence"], first["model"], first["seed"], first["attempts"]) == ("MKTAYI", "boltz-2", 1, 1)
    header, row = shared("ledger", "claim", "--lease", "5m").stdout.splitlines()
    assert header == "id\tprediction_id\tmodel\tseed\tattempts\tuntil\tsequence"
    assert row.endswith("\tMKV")
    assert shared.lines("ledger", "claim") == []
    assert "1 changed" in shared("ledger", "renew", first["id"], "--lease", "1d").stderr
    told = shared("ledger", "complete", first["id"], code=1).stderr
    assert "store it first" in told
    with DatabaseManager(database_path=shared.folder / "proteus.db") as db:
        made = {name: first[name] for name in ("sequence", "model", "seed", "prediction_id")}
        db.store_prediction(**made, structure=None, arrays={"pae": [[1.0]]})
    assert shared.json("ledger", "complete", first["id"]) == {"changed": 1}
    assert shared.json("ledger", "complete", first["id"]) == {"changed": 0}
    assert shared.json("ledger", "fail", second["id"], "--reason", "no memory", "--final") == {"changed": 1}
    [failure] = shared.lines("ledger", "failures")
    assert (failure["sequence"], failure["reason"], failure["retry"]) == ("MKT:GG", "no memory", False)
    assert shared("ledger", "failures").stdout.splitlines()[1] == "boltz-2\t1\t1\tfalse\tno memory\tMKT:GG"
    assert shared.json("ledger", "release") == {"released": 1}
    status = dict(line.split("\t") for line in shared("ledger", "status").stdout.splitlines())
    assert [status[name] for name in ("total", "open", "claimed", "done", "failed")] == ["3", "1", "0", "1", "1"]


def test_what_makes_no_sense_is_refused(shared: Shell) -> None:
    assert "SEQUENCE" in shared("ledger", "add", code=2).stderr
    assert "no ITEM" in shared("ledger", "claim", "MKT", code=2).stderr
    assert "TASK" in shared("ledger", "complete", code=2).stderr
    assert "takes no --model" in shared("ledger", "claim", "--model", "m", code=2).stderr
    assert "takes no --lease" in shared("ledger", "status", "--lease", "2h", code=2).stderr
    assert "I/N" in shared("ledger", "add", "MKT", "--shard", "half", code=2).stderr
    assert "lease" in shared("ledger", "claim", "--lease", "soon", code=1).stderr
    assert "claim() gave" in shared("ledger", "complete", "what", code=1).stderr
    assert "absent.fasta" in shared("ledger", "add", "--file", "absent.fasta", code=1).stderr
    assert "'-' at position 3" in shared("ledger", "add", "MK-T", code=1).stderr
    assert shared.json("ledger", "status")["total"] == 3


def test_who_asks_makes_no_database(fresh: Shell) -> None:
    fresh("ledger", "status", code=1)
    assert list(fresh.folder.iterdir()) == []
