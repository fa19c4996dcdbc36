"""Layers round a back end: what fails is tried again where that does no harm, what is known is not asked again."""

import random
from collections import Counter
from typing import Any

import pytest

from proteusdb import DatabaseManager
from proteusdb.backends.layers import Cache, Chaos, Retry, harmless, stacked
from proteusdb.backends.memory import MemoryBackend
from proteusdb.errors import ConflictError, ConnectionError, StorageError, TimeoutError


def _manager(*layers: Any) -> DatabaseManager:
    return DatabaseManager._on(stacked(MemoryBackend(), layers))


def _quick(attempts: int = 3, timeout: float = 30.0) -> Retry:
    return Retry(attempts, timeout, first=0.0001, most=0.001)


class _Cut:
    """Breaks the first calls of a name."""

    def __init__(self, name: str, times: int, moment: str = "before", error: Exception | None = None) -> None:
        self.calls: Counter[tuple[str, str]] = Counter()
        self._place = (name, moment)
        self._times = times
        self._error = error or ConnectionError("the line was cut")

    def __call__(self, name: str, moment: str) -> Exception | None:
        self.calls[name, moment] += 1
        return self._error if (name, moment) == self._place and self.calls[name, moment] <= self._times else None


def test_a_read_is_tried_again_and_a_caller_sees_nothing_of_it() -> None:
    cut = _Cut("query", 3)
    db = _manager(_quick(), Chaos(cut))
    db.store_prediction("MKT", None, prediction_id="a")
    assert db.query_ids() == ["a"]
    assert cut.calls["query", "before"] == 4


def test_a_read_fails_in_the_end_with_the_last_error() -> None:
    cut = _Cut("query", 99)
    with pytest.raises(ConnectionError, match="cut"):
        _manager(_quick(attempts=2), Chaos(cut)).query_ids()
    assert cut.calls["query", "before"] == 3
    with pytest.raises(ConnectionError):
        _manager(_quick(attempts=0), Chaos(cut)).query_ids()
    assert cut.calls["query", "before"] == 4


def test_no_attempt_begins_after_the_timeout() -> None:
    cut = _Cut("query", 10**9)
    with pytest.raises(ConnectionError):
        _manager(Retry(10**6, 0.05, first=0.01, most=0.01), Chaos(cut)).query_ids()
    assert cut.calls["query", "before"] < 100


def test_a_write_whose_fate_is_unknown_is_not_repeated() -> None:
    cut = _Cut("apply", 1, "after")
    db = _manager(_quick(), Chaos(cut))
    with pytest.raises(ConnectionError):
        db.store_prediction("MKT", None, prediction_id="a")
    assert db.query_ids() == ["a"], "it had taken place"
    assert cut.calls["apply", "before"] == 1


def test_a_write_of_which_nothing_was_kept_is_repeated() -> None:
    db = _manager(_quick(), Chaos(_Cut("apply", 2, error=harmless(StorageError("rolled back for another")))))
    db.store_prediction("MKT", None, prediction_id="a")
    assert [version.version for version in db.history("a")] == [1]


def test_an_error_that_would_come_again_is_raised_at_once() -> None:
    calls = _Calls()
    db = _manager(_quick(), calls)
    db.store_prediction("MKT", None, prediction_id="a")
    with pytest.raises(ConflictError):
        db.store_prediction("MKT", None, prediction_id="a")
    assert calls.made["apply"] == 2


def test_a_driver_s_own_timeout_becomes_the_library_s() -> None:
    import builtins

    cut = _Cut("count", 1, error=builtins.TimeoutError("socket"))
    with pytest.raises(TimeoutError, match="count"):
        _manager(_quick(), Chaos(cut)).count()


def test_under_chaos_no_read_fails_and_no_write_is_done_twice() -> None:
    chance = random.Random(7)

    def fail(name: str, moment: str) -> Exception | None:
        if chance.random() > 0.3 or name == "close":
            return None
        if name == "apply" and moment == "after":
            return None
        return harmless(ConnectionError("before")) if name == "apply" else ConnectionError("a read")

    db = _manager(_quick(attempts=60), Chaos(fail))
    for number in range(30):
        db.store_prediction("MKT", None, prediction_id=f"{number:02}")
        db.update_prediction(f"{number:02}", {"metadata": {"n": number}})
    assert db.count() == 30
    assert [len(db.history(key)) for key in db.query_ids()] == [2] * 30


class _Calls:
    """A layer that counts calls by name."""

    def __init__(self) -> None:
        self.made: Counter[str] = Counter()

    def around(self, name: str, call: Any) -> Any:
        def counted(*given: Any, **named: Any) -> Any:
            self.made[name] += 1
            return call(*given, **named)

        return counted


class TestCache:
    """Answers are given again while the token says that nothing was written."""

    @staticmethod
    def manager(most: int = 1 << 20) -> tuple[DatabaseManager, Cache, _Calls]:
        backend, calls = MemoryBackend(), _Calls()
        cache = Cache(lambda: backend._last_commit, most)
        db = DatabaseManager._on(stacked(backend, [cache, calls]))
        for key in "ab":
            db.store_prediction("MKT", None, prediction_id=key, job="x")
        return db, cache, calls

    def test_an_answer_is_computed_once_and_anew_after_a_write(self) -> None:
        db, cache, calls = self.manager()
        assert [db.query_ids(job="x") for _ in range(3)] == [["a", "b"]] * 3
        assert (cache.hits, cache.misses) == (2, 1)
        db.delete_prediction("a")
        assert db.query_ids(job="x") == ["b"]
        assert calls.made["query"] == 2

    def test_questions_that_look_alike_are_kept_apart(self) -> None:
        db, _, _ = self.manager()
        db.store_prediction("MKT", None, {"n": 1}, prediction_id="c", seed=1)
        assert db.count(job="x") == 2
        assert db.query_ids(job="x", limit=1) == ["a"]
        assert db.query_ids(job="x") == ["a", "b"]
        assert db.query_ids(metadata={"n": 1}) == ["c"]
        assert db.query_ids(metadata={"n": True}) == []
        assert db.best("confidence", "job").ids == []

    def test_times_that_pass_and_odd_values_are_asked_anew(self) -> None:
        db, cache, _ = self.manager()
        for _ in range(2):
            assert db.query_ids(where="created_at > '1 hour ago'") == ["a", "b"]
            assert db.query_ids(date_range=("today", None)) == ["a", "b"]
        assert (cache.hits, cache.misses) == (0, 0)

    def test_little_room_keeps_the_latest(self) -> None:
        db, cache, _ = self.manager(most=1200)
        for limit in range(1, 20):
            assert len(db.query_ids(limit=limit)) == min(2, limit)
        assert db.query_ids(limit=19) == ["a", "b"]
        assert cache.hits == 1
        assert cache._bytes <= 1200
