"""What happens to a ledger when another writer, a lost answer or damage comes between reading a page and writing it."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from proteusdb import DatabaseManager
from proteusdb.backends.memory import MemoryBackend
from proteusdb.core.ledger import Added
from proteusdb.errors import CorruptionError, QueryError, TimeoutError
from proteusdb.testing import memory_manager

Between = Callable[[Callable[[Any], Any]], None]


@pytest.fixture
def between(monkeypatch: pytest.MonkeyPatch) -> Between:
    """Something that is done once, just before the next exchange; what it returns is the answer unless it is None."""
    whole = MemoryBackend.exchange_notes
    todo: list[Callable[[Any], Any]] = []

    def exchange(self: MemoryBackend, notes: Any) -> bool:
        told = todo.pop()(notes) if todo else None
        return whole(self, notes) if told is None else told

    monkeypatch.setattr(MemoryBackend, "exchange_notes", exchange)
    return todo.append


@pytest.fixture
def db(between: Between) -> Iterator[DatabaseManager]:
    with memory_manager() as manager:
        yield manager


def test_a_claim_that_comes_second_takes_what_is_left(db: DatabaseManager, between: Between) -> None:
    db.ledger().add(["MKT", "MKTA", "MKTAY"])
    first: list[Any] = []
    between(lambda _: first.extend(db.ledger().claim(2, worker="quick")))
    second = db.ledger().claim(2, worker="slow")
    assert [task.sequence for task in first] == ["MKT", "MKTA"]
    assert [task.sequence for task in second] == ["MKTAY"]
    assert db.ledger().status().workers == {"quick": 2, "slow": 1}


def test_a_claim_whose_answer_was_lost_keeps_what_it_took(db: DatabaseManager, between: Between) -> None:
    db.ledger().add(["MKT", "MKTA", "MKTAY"])

    def lose(notes: Any) -> bool:
        assert db._session.backend.exchange_notes(notes)
        assert len(db.ledger().claim(1, worker="another")) == 1
        return False

    between(lose)
    tasks = db.ledger().claim(2, worker="mine")
    assert [(task.sequence, task.attempts) for task in tasks] == [("MKT", 1), ("MKTA", 1)]
    assert db.ledger().status().workers == {"another": 1, "mine": 2}


def test_what_two_writers_would_write_alike_differs(db: DatabaseManager, between: Between) -> None:
    db.ledger().add(["MKT"])
    [task] = db.ledger().claim()
    db.store_prediction(**task.record(), structure=None, arrays={"pae": [[1.0]]})
    lost: list[Any] = []
    between(lambda notes: bool(lost.append(notes)))
    assert db.ledger().complete(task)
    [(name, (_, first))] = lost[0].items()
    [second] = db._session.backend.notes([name])
    assert json.loads(first).pop("turn") != json.loads(second).pop("turn")
    assert json.loads(first)["states"] == json.loads(second)["states"] == "d"


def test_two_who_add_the_same_add_it_once(db: DatabaseManager, between: Between) -> None:
    between(lambda _: db.ledger().add(["MKTA", "MKT"]) and None)
    assert db.ledger().add(["MKT", "MKTAY"]) == Added(added=1, known=1)
    assert [task.sequence for task in db.ledger().claim(9)] == ["MKTA", "MKT", "MKTAY"]


def test_who_never_comes_first_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MemoryBackend, "exchange_notes", lambda self, notes: False)
    with memory_manager() as db:
        ledger = db.ledger()
        ledger._pages._timeout = 0.01
        with pytest.raises(TimeoutError, match="others changed it"):
            ledger.add("MKT")


def test_a_ledger_that_sees_tasks_of_others_learns_them(db: DatabaseManager) -> None:
    ours, theirs = db.ledger(), db.ledger()
    assert ours.add(["MKT"]) == theirs.add(["MKTA"]) == Added(added=1)
    assert ours.add(["MKTA"]) == Added(known=1)
    assert [task.sequence for task in ours.claim(5)] == ["MKT", "MKTA"]


@pytest.mark.parametrize("text", ["", "[]", '{"pages": 1}', '{"states": "o", "other": 1}', "{"])
def test_damage_is_named(db: DatabaseManager, text: str) -> None:
    db.ledger().add("MKT")
    [before] = db._session.backend.notes(["ledger default state 0"])
    assert db._session.backend.exchange_notes({"ledger default state 0": (before, text)})
    with pytest.raises(CorruptionError, match="ledger default state 0"):
        db.ledger().claim()


def test_a_transaction_has_no_ledger(db: DatabaseManager) -> None:
    db.ledger().add("MKT")
    with db.transaction(), pytest.raises(QueryError, match="inside transaction"):
        db.ledger().claim()
    assert db.ledger().status().open == 1
