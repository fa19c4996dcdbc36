"""`ledger`, and the notes that back ends exchange for it."""

from __future__ import annotations

import time
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from proteusdb import DatabaseManager
from proteusdb.core.ledger import Added, Ledger, Wanted
from proteusdb.errors import ConflictError, PredictionNotFoundError, StorageError, ValidationError

from .base import Base, folded

__all__ = ["Ledgers"]

THREE = ["MKT", "MKTA", "GG:MK"]
BAD: list[dict[str, Any]] = [
    {"sequences": "MK-T"},
    {"sequences": [3]},
    {"sequences": THREE, "model": ""},
    {"sequences": THREE, "seeds": (1, "2")},
    {"sequences": THREE, "seeds": (True,)},
    {"sequences": THREE, "seeds": (1 << 63,)},
    {"sequences": THREE, "seeds": 5},
]
SHORT = 0.001


def made(task: Any) -> dict[str, Any]:
    """What a worker stores of a task: an array is enough to be a prediction."""
    return {**task.record(), "structure": None, "arrays": {"pae": [[1.0]]}}


class Ledgers(Base):
    """What many workers share."""

    def test_notes_are_exchanged_whole_or_not_at_all(self, db: DatabaseManager) -> None:
        backend = db._session.backend
        assert backend.notes([]) == []
        assert backend.exchange_notes({"a": (None, "1"), "b": (None, "ü" * 3000)})
        assert not backend.exchange_notes({"a": ("1", "2"), "b": ("else", None)})
        assert not backend.exchange_notes({"a": ("1", "2"), "c": ("there", "3")})
        assert backend.notes(["b", "none", "a"]) == ["ü" * 3000, None, "1"]
        assert backend.exchange_notes({"a": ("1", None), "c": (None, "3")})
        assert backend.notes(["a", "b", "c"]) == [None, "ü" * 3000, "3"]
        assert db.verify_integrity().ok

    def test_notes_are_no_part_of_what_is_stored(self, db: DatabaseManager) -> None:
        key = db.store_prediction("MKT", None)
        db.ledger().add(THREE)
        db.ledger().claim(1)
        assert db.query_ids() == [key]
        assert [version.version for version in db.history(key)] == [1]

    def test_each_task_is_added_once(self, db: DatabaseManager) -> None:
        ledger = db.ledger()
        assert ledger.add(["mkt", "MKT", "GG:MK"]) == Added(added=2)
        assert ledger.add(THREE) == Added(added=1, known=2)
        assert ledger.add("MKT", model="esm2", seeds=(1, 2, None)) == Added(added=3)
        assert ledger.status().total == ledger.status().open == 6
        assert db.ledger("other").status().total == 0

    def test_many_tasks_take_many_pages_in_the_order_they_came(self, db: DatabaseManager) -> None:
        wanted = ["M" * (5 + n) for n in range(300)] + ["G" * 40_000, "A" * 40_000, "C" * 70_000, "MKT"]
        assert db.ledger().add(wanted) == Added(added=304)
        assert db.ledger().add(iter(wanted)) == Added(known=304)
        tasks = db.ledger().claim(1000)
        assert [task.sequence for task in tasks] == wanted
        ids = [task.prediction_id for task in tasks]
        assert len(set(ids)) == 304
        assert {Counter(task.id.split("-")[0] for task in tasks)["0"]} == {256}

    def test_what_is_stored_is_not_wanted(self, db: DatabaseManager) -> None:
        ledger = db.ledger()
        db.store_prediction(**folded(), model="esm2", seed=1)
        db.store_prediction("MKT", None)
        sequence = folded()["sequence"]
        assert ledger.missing([sequence, "MKT"]) == [Wanted("MKT")]
        assert ledger.missing(sequence, seeds=(1, 2)) == [Wanted(sequence, None, 2)]
        assert ledger.missing(sequence, model="esm2", seeds=(1,)) == []
        assert ledger.missing(sequence, model="boltz-2") == [Wanted(sequence, "boltz-2")]
        assert ledger.add([sequence, "MKT"], model="esm2") == Added(added=1, stored=1)
        assert ledger.missing() == [Wanted("MKT", "esm2")]

    def test_every_task_is_handed_out_once(self, db: DatabaseManager) -> None:
        db.ledger().add(THREE, seeds=(1, 2))
        tasks = [db.ledger().claim(2, worker=name) for name in "abcd"]
        assert [len(some) for some in tasks] == [2, 2, 2, 0]
        assert len({(task.sequence, task.seed) for some in tasks for task in some}) == 6
        status = db.ledger().status()
        assert (status.open, status.claimed, status.workers) == (0, 6, {"a": 2, "b": 2, "c": 2})
        assert status.next_end is not None
        assert status.clock is None

    def test_a_worker_stores_and_completes(self, db: DatabaseManager) -> None:
        ledger = db.ledger()
        ledger.add("MKT", model="esm2", seeds=(7,))
        [task] = ledger.claim()
        with pytest.raises(PredictionNotFoundError, match=task.id):
            ledger.complete(task)
        assert db.store_prediction(**made(task)) == task.prediction_id
        found = db.get_prediction(task.prediction_id)
        assert (found.sequence, found.model, found.seed) == ("MKT", "esm2", 7)
        assert [ledger.complete(task), ledger.complete(task.id)] == [True, False]
        assert ledger.status().done == 1
        assert ledger.claim() == []

    def test_a_prediction_of_something_else_completes_nothing(self, db: DatabaseManager) -> None:
        ledger = db.ledger()
        ledger.add("MKT", model="esm2", seeds=(7,))
        [task] = ledger.claim()
        right: dict[str, Any] = {"sequence": "MKT", "structure": None, "model": "esm2", "seed": 7}
        for wrong, what in (({"sequence": "MKTA"}, "sequence"), ({"model": "else"}, "model"), ({"seed": 8}, "seed")):
            key = db.store_prediction(**{**right, **wrong})
            with pytest.raises(ValidationError, match=what):
                ledger.complete(task, key)
        assert ledger.complete(task, db.store_prediction(**right))

    def test_storing_alone_completes_a_task(self, db: DatabaseManager) -> None:
        ledger = db.ledger()
        ledger.add(THREE)
        first, second = ledger.claim(2)
        db.store_prediction(**made(first))
        db.store_prediction(THREE[2], None, arrays={"pae": [[1.0]]})
        assert ledger.claim(5) == []
        status = ledger.status()
        assert (status.done, status.claimed) == (2, 1)
        assert not ledger.complete(first)
        assert ledger.missing() == [Wanted(second.sequence)]

    def test_what_failed_is_tried_after_all_others_or_not_again(self, db: DatabaseManager) -> None:
        ledger = db.ledger()
        ledger.add(THREE)
        first, second = ledger.claim(2)
        assert ledger.fail(first, "out of memory")
        assert not ledger.fail(first, "twice")
        assert ledger.fail(second.id, "no such residue", retry=False)
        again = ledger.claim(5)
        assert [(task.sequence, task.attempts) for task in again] == [(THREE[2], 1), (THREE[0], 2)]
        told = {(failure.sequence, failure.attempts, failure.reason, failure.retry) for failure in ledger.failures()}
        assert told == {(THREE[0], 2, "out of memory", True), (THREE[1], 1, "no such residue", False)}
        assert ledger.status().failed == 1
        assert ledger.add(THREE) == Added(known=3, reopened=1)
        assert [task.sequence for task in ledger.claim(5)] == [THREE[1]]

    def test_a_lease_that_is_over_is_handed_out_again(self, db: DatabaseManager) -> None:
        ledger = db.ledger()
        ledger.add("MKT")
        [first] = ledger.claim(1, lease=SHORT, worker="slow")
        time.sleep(0.05)
        assert ledger.status().open == 1
        [second] = ledger.claim(1, worker="quick")
        assert (second.sequence, second.attempts, second.prediction_id) == ("MKT", 2, first.prediction_id)
        assert not ledger.fail(first, "too late")
        with pytest.raises(ConflictError, match=first.id):
            ledger.renew(first)
        for task in (second, first):
            db.store_prediction(**made(task))
        assert [ledger.complete(first), ledger.complete(second)] == [True, False]
        assert db.count() == 1

    def test_a_lease_is_renewed(self, db: DatabaseManager) -> None:
        ledger = db.ledger()
        ledger.add(THREE)
        tasks = ledger.claim(2, lease=SHORT)
        longer: list[Any] = ledger.renew(tasks, lease=timedelta(hours=3))
        assert all(task.until > tasks[0].until for task in longer)
        time.sleep(0.05)
        assert [task.sequence for task in ledger.claim(5)] == THREE[2:]
        assert ledger.renew(tasks[0].id) == [tasks[0].id]

    def test_what_a_dead_worker_held_is_released(self, db: DatabaseManager) -> None:
        ledger = db.ledger()
        ledger.add(THREE)
        ledger.claim(2, worker="dead")
        ledger.claim(1, worker="alive")
        assert ledger.release("dead") == 2
        assert ledger.status().workers == {"alive": 1}
        assert [ledger.release(), ledger.release()] == [1, 0]
        assert ledger.status().open == 3

    def test_what_was_deleted_is_wanted_again(self, db: DatabaseManager) -> None:
        ledger = db.ledger()
        ledger.add("MKT")
        [task] = ledger.claim()
        db.store_prediction(**made(task))
        assert ledger.complete(task)
        db.delete_prediction(task.prediction_id)
        assert ledger.add("MKT") == Added(known=1, reopened=1)
        [again] = ledger.claim()
        assert db.store_prediction(**made(again)) == again.prediction_id == task.prediction_id

    def test_shards_have_all_tasks_between_them(self, db: DatabaseManager) -> None:
        wanted = [Wanted("M" * (5 + n)) for n in range(40)]
        sequences = [each.sequence for each in wanted]
        shards = [db.ledger(f"of-{i}", shard=(i, 3)) for i in range(3)]
        missing = [shard.missing(sequences) for shard in shards]
        assert sorted(each for some in missing for each in some) == wanted
        assert [shard.add(sequences).added for shard in shards] == [len(some) for some in missing]
        assert all(missing)

    def test_a_ledger_is_there_after_reopening(self, db: DatabaseManager, tmp_path: Path) -> None:
        db.ledger("kept").add(THREE)
        [task] = db.ledger("kept").claim(1, worker="before")
        with self.reopened(db, tmp_path) as again:
            assert again.ledger("kept").status().workers == {"before": 1}
            again.store_prediction(**made(task))
            assert again.ledger("kept").complete(task)

    @pytest.mark.parametrize("given", BAD, ids=str)
    def test_what_cannot_be_wanted_is_refused(self, db: DatabaseManager, given: dict[str, Any]) -> None:
        with pytest.raises(ValidationError):
            db.ledger().add(**given)
        assert db.ledger().status().total == 0

    def test_wrong_arguments_are_named(self, db: DatabaseManager) -> None:
        ledger = db.ledger()
        for name in ("", "a b", "ü", "x" * 65, 3):
            with pytest.raises(ValidationError, match="ledger"):
                db.ledger(name)  # type: ignore[arg-type]
        for shard in ((3, 3), (-1, 2), (0,), 1, (0.0, 2)):
            with pytest.raises(ValidationError, match="shard"):
                db.ledger(shard=shard)  # type: ignore[arg-type]
        for lease in ("2", "h", "-1s", "nan s", 0, True, timedelta(0), None):
            with pytest.raises(ValidationError, match="lease"):
                ledger.claim(1, lease=lease)  # type: ignore[arg-type]
        for number in (0, -1, True, 1.5):
            with pytest.raises(ValidationError, match="n "):
                ledger.claim(number)  # type: ignore[arg-type]
        for task in ("0-0", "x", "0-0-", 5, None):
            with pytest.raises(ValidationError, match="task"):
                ledger.complete(task)  # type: ignore[arg-type]
        self._not_there(ledger)

    def _not_there(self, ledger: Ledger) -> None:
        for call in (ledger.complete, lambda task: ledger.fail(task, ""), ledger.renew):
            with pytest.raises(ValidationError, match="no page"):
                call("0-0-00")
        ledger.add("MKT")
        with pytest.raises(ValidationError, match="no task"):
            ledger.complete("0-9-00")
        with pytest.raises(ConflictError, match="0-9-00"):
            ledger.renew("0-9-00")
        assert not ledger.fail("0-9-00", "never held")

    def test_who_only_reads_sees_how_it_stands(self, db: DatabaseManager, tmp_path: Path) -> None:
        db.ledger().add(THREE)
        db.ledger().claim(1)
        if not self.persistent:
            pytest.skip("this back end keeps nothing between managers")
        with DatabaseManager.from_url(db._session.url, read_only=True) as reader:
            ledger = reader.ledger()
            assert (ledger.status().open, ledger.status().claimed) == (2, 1)
            assert len(ledger.missing()) == 3
            for call in (ledger.claim, ledger.release, lambda: ledger.add("MK")):
                with pytest.raises(StorageError, match="read_only"):
                    call()
