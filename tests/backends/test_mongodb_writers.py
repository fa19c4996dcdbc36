"""Writers of MongoDB that die half-way, wake up again, or meet; readers beside them; commits with transactions."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from pymongo import errors as failures

from backends.mongodb_stores import Failed, declare, fail, fresh_database, opened, store_two
from proteusdb import DatabaseManager
from proteusdb.backends.mongodb import MongodbBackend, blobs, lease
from proteusdb.backends.mongodb import backend as opening
from proteusdb.backends.mongodb.unit import Unit
from proteusdb.errors import ProteusError, StorageError, TimeoutError


@pytest.fixture
def database() -> Iterator[Any]:
    """An empty database, by pymongo."""
    with fresh_database() as database:
        yield database


class Died(BaseException):
    """The process ended here."""


def dies(backend: MongodbBackend, monkeypatch: pytest.MonkeyPatch, work: Callable[[DatabaseManager], Any]) -> str:
    """Lets a writer do all but commit, as one that is killed then: nothing is undone or given back. Its token."""

    def die(unit: Unit) -> None:
        tokens.append(unit._token)
        raise Died

    tokens: list[str] = []
    with monkeypatch.context() as patch:
        patch.setattr(Unit, "commit", die)
        patch.setattr(Unit, "undo", lambda unit: None)
        patch.setattr(lease.Lease, "_give_back", lambda self, token: None)
        with pytest.raises(Died):
            work(DatabaseManager._on(backend))
    return tokens[0]


# --- writers ----------------------------------------------------------------------------------------------------------


def test_what_a_dead_writer_began_is_seen_by_nobody_and_taken_back(
    database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "STALE", 0.2)
    first, second = opened(database), opened(database)
    db = DatabaseManager._on(second)
    db.store_prediction("MKT", None, {"n": 1}, prediction_id="a")
    dies(first, monkeypatch, store_two)
    assert database.predictions.count_documents({}) == 3
    assert db.query_ids() == ["a"]
    assert db.get_prediction("a").metadata == {"n": 1}
    db.store_prediction("MKY", None, prediction_id="c")
    assert database.predictions.count_documents({}) == 2
    assert database.blobs.count_documents({}) == 0, "a blob that nobody names"
    assert [len(db.history(key)) for key in "ac"] == [1, 1]
    db.update_prediction("a", {"metadata": {"n": 3}})
    assert db.get_prediction("a").version == 2
    assert db.verify_integrity().ok


def test_a_writer_that_was_thought_dead_commits_nothing(database: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "STALE", 0.2)
    monkeypatch.setattr(lease, "_BEAT", 60.0)
    slow, quick = opened(database), opened(database)
    DatabaseManager._on(quick).store_prediction("MKT", None, prediction_id="a")
    with pytest.raises(StorageError, match="took over"):
        declare(slow, lambda: DatabaseManager._on(quick).store_prediction("MKT", None, prediction_id="b"))
    assert slow.list_indexes() == []
    assert slow.ids(None, 9) == ["a", "b"]
    DatabaseManager._on(slow).store_prediction("MKT", None, prediction_id="c")
    assert quick.ids(None, 9) == ["a", "b", "c"]


def test_a_late_message_of_a_dead_writer_changes_nothing(database: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "STALE", 0.2)
    backend = opened(database)
    db = DatabaseManager._on(backend)
    db.store_prediction("MKT", None, {"n": 1}, prediction_id="a")
    dies(opened(database), monkeypatch, store_two)
    before = {name: list(database[name].find()) for name in ("predictions", "blobs")}
    db.store_prediction("MKT", None, prediction_id="c")
    number = database.meta.find_one({"_id": "store"})["undone"][0]
    # All that the dead writer had written arrives once more.
    database.predictions.insert_many([one for one in before["predictions"] if one["born"] == number])
    ended = {"$set": {"replaced": number, "ended": number}}
    database.predictions.update_one({"prediction_id": "a", "version": 1}, ended)
    assert db.query_ids() == ["a", "c"]
    assert db.get_prediction("a").metadata == {"n": 1}
    assert [one.replaced_at for batch in _lives(backend) for one in batch] == [None, None]
    # It stands in the way of a version of the same number, is removed, and the write is tried again.
    with pytest.raises(StorageError, match="duplicate"):
        db.store_prediction("MKI", None, prediction_id="b")
    db.store_prediction("MKI", None, prediction_id="b")
    db.update_prediction("a", {"metadata": {"n": 5}})
    assert [db.get_prediction("a", version=number).metadata for number in (1, 2)] == [{"n": 1}, {"n": 5}]
    monkeypatch.setattr(opening, "_ago", lambda seconds: 1 << 62)
    backend.compact(None)
    assert database.meta.find_one({"_id": "store"})["undone"] == []
    assert db.query_ids() == ["a", "b", "c"]
    assert db.verify_integrity().ok


def _lives(backend: MongodbBackend) -> list[Any]:
    with backend.reading() as tables:
        return list(tables.lives(None))


def test_an_error_in_the_midst_leaves_nothing(database: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    backend = opened(database)
    db = DatabaseManager._on(backend)
    db.store_prediction("MKT", None, {"n": 1}, prediction_id="a")
    before = list(database.predictions.find())
    with monkeypatch.context() as patch:
        patch.setattr(Unit, "commit", lambda unit: (_ for _ in ()).throw(failures.OperationFailure("no", 1)))
        with pytest.raises(ProteusError):
            store_two(db)
    # What was not committed is taken back by whoever writes next.
    db.store_prediction("MKT", None, prediction_id="c")
    after = list(database.predictions.find())
    assert [one for one in after if one["prediction_id"] != "c"] == before
    with pytest.raises(Failed):
        declare(backend, fail)
    assert database.meta.find_one({"_id": "store"})["pending"] == []
    assert backend.list_indexes() == []
    assert db.verify_integrity().ok


def test_who_waits_for_a_writer_waits_no_longer_than_the_timeout(database: Any) -> None:
    holding, waiting = opened(database), opened(database, timeout=0.4)
    with holding.writing():
        with pytest.raises(TimeoutError, match="another process was writing"):
            DatabaseManager._on(waiting).store_prediction("MKT", None, prediction_id="a")
        busy: list[BaseException] = []
        thread = threading.Thread(target=_note_error, args=(waiting, busy))
        thread.start()
        thread.join()
    assert isinstance(busy[0], TimeoutError)
    DatabaseManager._on(waiting).store_prediction("MKT", None, prediction_id="a")
    assert holding.ids(None, 9) == ["a"]


def _note_error(backend: MongodbBackend, errors: list[BaseException]) -> None:
    try:
        DatabaseManager._on(backend).store_prediction("MKT", None)
    except ProteusError as error:
        errors.append(error)


# --- readers ----------------------------------------------------------------------------------------------------------


def test_a_reader_sees_one_commit_whatever_is_written_meanwhile(database: Any) -> None:
    backend = opened(database)
    db = DatabaseManager._on(backend)
    db.store_prediction("MKT", None, {"n": 1}, prediction_id="a", arrays={"log": np.arange(5)})
    db.store_prediction("MKT", None, prediction_id="gone")
    with backend.reading() as tables:
        before = (tables.newest(["a", "gone"]), tables.ids(None, 9), list(tables.lives(None)), tables.figures())
        db.update_prediction("a", {"metadata": {"n": 2}})
        db.delete_prediction("gone", purge=True)
        db.store_prediction("MKV", None, prediction_id="new")
        db.store_model("m", "1")
        db.create_index("metadata.n")
        assert tables.newest(["a", "gone"]) == before[0]
        assert tables.ids(None, 9) == before[1]
        assert list(tables.lives(None)) == before[2]
        figures = tables.figures()
        assert {name: figures[name] for name in figures if name != "file_bytes"} == {
            name: before[3][name] for name in before[3] if name != "file_bytes"
        }
        assert tables.models() == []
        assert tables.declared() == {}
    assert backend.ids(None, 9) == ["a", "new"]
    assert backend.list_indexes() == [("metadata.n", 1)]


def test_what_is_gone_is_swept_up(database: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    backend = opened(database)
    db = DatabaseManager._on(backend)
    db.create_index("metadata.n")
    for key in "ab":
        db.store_prediction(
            "MKT", None, {"n": 1}, prediction_id=key, arrays={"log": np.arange(5), "own": np.full(3, ord(key))}
        )
    db.delete_prediction("a", purge=True)
    db.drop_index("metadata.n")
    assert database.predictions.count_documents({}) == 2
    backend.compact(None)
    assert database.predictions.count_documents({}) == 2, "a reader may still want it"
    monkeypatch.setattr(opening, "_ago", lambda seconds: 1 << 62)
    backend.compact(None)
    assert database.predictions.count_documents({}) == 1
    assert database.blobs.count_documents({}) == 2
    assert database.predictions.find_one()["keys"] == []
    assert database.meta.count_documents({"kind": "index"}) == 0
    assert db.verify_integrity().ok


def test_blobs_larger_than_a_document_come_in_pieces(database: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blobs, "PIECE", 1000)
    backend = opened(database)
    db = DatabaseManager._on(backend)
    data = np.random.default_rng(1).random(500)
    for key in "ab":
        db.store_prediction("MKT", None, prediction_id=key, arrays={"noise": data})
    pieces = database.blobs.count_documents({})
    assert pieces > 3
    assert max(len(one["data"]) for one in database.blobs.find()) == 1000
    assert np.array_equal(db.get_prediction("b").arrays["noise"], data)
    monkeypatch.setattr(opening, "_ago", lambda seconds: 1 << 62)
    db.delete_prediction("a", purge=True)
    backend.compact(None)
    assert database.blobs.count_documents({}) == pieces
    db.delete_prediction("b", purge=True)
    backend.compact(None)
    assert database.blobs.count_documents({}) == 0


# --- with transactions of the server ----------------------------------------------------------------------------------


class Session:
    """Notes what is asked of a session. It rolls nothing back: that is the server's part."""

    def __init__(self, said: list[str]) -> None:
        self.said = said

    def __getattr__(self, name: str) -> Any:
        return lambda: self.said.append(name)


class Recorded:
    """A database, a client or a collection whose calls are noted, with those within a transaction marked."""

    def __init__(self, inner: Any, said: list[str], name: str = "") -> None:
        self._inner = inner
        self._said = said
        self._name = name

    @property
    def client(self) -> Recorded:
        return self

    def start_session(self) -> Session:
        return Session(self._said)

    def command(self, *given: Any) -> Any:
        self._said.append("command")
        return self._inner.command(*given)

    def __getitem__(self, name: str) -> Recorded:
        return Recorded(self._inner[name], self._said, name)

    def __getattr__(self, name: str) -> Any:
        if not self._name:
            return self[name]

        def call(*given: Any, **named: Any) -> Any:
            within = named.pop("session", None) is not None
            self._said.append(f"{self._name}.{name}{' within' * within}")
            return getattr(self._inner, name)(*given, **named)

        return call


@pytest.fixture
def recorded(database: Any, monkeypatch: pytest.MonkeyPatch) -> tuple[MongodbBackend, list[str]]:
    """A back end whose server is said to have transactions, and what it was asked since."""
    backend = opened(database)
    said: list[str] = []
    begin = Unit.__init__

    def record(unit: Unit, store: Any, token: str, *, transactions: bool) -> None:
        begin(unit, Recorded(store, said), token, transactions=True)

    monkeypatch.setattr(Unit, "__init__", record)
    return backend, said


def test_with_transactions_a_commit_is_one(recorded: tuple[MongodbBackend, list[str]]) -> None:
    backend, said = recorded
    db = DatabaseManager._on(backend)
    db.store_prediction("MKT", None, prediction_id="a")
    del said[:]
    store_two(db)
    begun, ended = said.index("start_transaction"), said.index("commit_transaction")
    assert said[ended - 1] == "meta.update_one within"
    assert "predictions.insert_many within" in said
    assert "predictions.bulk_write within" in said
    # Blobs say nothing by themselves, and would make the transaction long.
    outside = [each for each in said[begun + 1 : ended] if "within" not in each]
    assert outside
    assert all(each.startswith("blobs.") for each in outside)
    assert "abort_transaction" not in said
    assert db.query_ids() == ["a", "b"]
    assert db.verify_integrity().ok


def test_with_transactions_a_failure_is_rolled_back(recorded: tuple[MongodbBackend, list[str]]) -> None:
    backend, said = recorded
    with pytest.raises(Failed):
        declare(backend, fail)
    assert said.index("start_transaction") < said.index("abort_transaction") < said.index("end_session")
    assert "commit_transaction" not in said
    assert backend.list_indexes() == []


def test_a_conflict_within_the_server_may_be_tried_again(database: Any) -> None:
    backend = opened(database)
    conflict = failures.OperationFailure("write conflict", 112, {"errorLabels": ["TransientTransactionError"]})
    with pytest.raises(StorageError, match="conflict") as told, backend.writing():
        raise conflict
    assert told.value._nothing_was_kept  # type: ignore[attr-defined]
