"""The counters alone: nothing is lost between threads, nothing grows without bound, and numbers are right."""

import os
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proteusdb.errors import ValidationError
from proteusdb.metrics.counters import BOUNDS, SAMPLED, Metrics, Reads, Series
from proteusdb.metrics.plans import Plans, plan_name, shape_of


@given(st.lists(st.integers(0, 200 * 10**9), max_size=50))
def test_every_duration_is_in_its_bucket(durations: list[int]) -> None:
    series = Series()
    for duration in durations:
        series.add(duration)
    told = series.fold()
    assert (told.calls, told.failed) == (len(durations), 0)
    assert told.seconds == pytest.approx(sum(durations) / 1e9)
    for number, bound in enumerate(BOUNDS):
        assert sum(told.buckets[: number + 1]) == sum(1 for duration in durations if duration / 1e9 <= bound)
    assert told.slowest == max(durations, default=0) / 1e9
    if durations:
        ordered = sorted(durations)
        for share in (0.5, 0.9, 1.0):
            exact = ordered[max(0, -(-len(ordered) * share // 1).__int__() - 1)] / 1e9
            quantile = told.quantile(share)
            assert quantile is not None
            assert exact <= quantile + 1e-12
            # Beyond the last bound only the slowest is known.
            assert quantile <= (told.slowest if exact > BOUNDS[-1] else max(2 * exact, BOUNDS[0]))
    else:
        assert told.quantile(0.5) is None


def read(reads: Reads, nanoseconds: int = 1000) -> bool:
    """One read that takes so long, where it is timed; and whether it was."""
    try:
        reads.take()
    except IndexError:
        reads.timing(str)
        reads.add(nanoseconds)
        return True
    return False


def test_threads_lose_no_call() -> None:
    metrics = Metrics()
    reads = metrics.reads

    def work() -> None:
        for _ in range(20_000):
            metrics.observe("query", 1e-6, "job")
            read(reads)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        metrics.totals()  # folding meanwhile
    totals = metrics.totals()
    assert totals[("query", "job")].calls == 80_000
    assert totals[("read", None)].calls == 80_000


def test_one_read_in_many_is_timed_the_first_among_them() -> None:
    reads = Reads()
    last = 0.0
    for number in range(1, 200):
        assert read(reads, 1000 + 10 * (200 - number)) == (number % SAMPLED == 1)
        told = reads.fold() if number % 7 == 1 else None
        if told is not None:
            assert told.calls == number
            assert told.seconds >= last > -1  # it never falls, though what is timed later is faster
            last = told.seconds
    assert 200 * 1e-6 < last < 200 * 3e-6


def test_a_timed_read_is_the_function_s_own() -> None:
    reads = Reads()
    assert reads.timing(int)("ff", base=16) == 255
    with pytest.raises(ValueError, match="invalid literal"):
        reads.timing(int)("x")
    reads.fail()
    assert reads.fold().timed == 1


def test_nothing_grows_without_bound() -> None:
    metrics = Metrics(slow_seconds=0)
    for number in range(3000):
        metrics.observe("query", 0.001, f"plan {number}")
        metrics.slow("query", 1.0, {"where": "x" * 10_000}, None)
    assert len(metrics.totals()) <= 1025
    assert sum(told.calls for told in metrics.totals().values()) == 3000
    count, kept = metrics.slow_queries()
    assert (count, len(kept)) == (3000, 100)
    assert max(len(query.criteria) for query in kept) == 500
    plans = Plans()
    assert len({plans.key({"where": f"metadata.k{'x' * number} exists"}) for number in range(1000)}) <= 257


def test_failures_counts_and_caches() -> None:
    metrics = Metrics()
    metrics.observe("retry", 0.1, failed=True)
    metrics.observe("retry", 0.2)
    metrics.count("operations", 3)
    metrics.count("operations")
    for hit in (True, True, False):
        metrics.cache("models", hit)
    told = metrics.totals()[("retry", None)]
    assert (told.calls, told.failed, told.seconds) == (1, 1, pytest.approx(0.2))
    assert (metrics.counts(), metrics.caches()) == ({"operations": 4}, {"models": (2, 1)})


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_counts_for_itself() -> None:
    metrics = Metrics()
    metrics.observe("query", 1.0)
    held = metrics.series("query")._lock
    held.acquire()  # as another thread may at the moment of the fork
    child = os.fork()
    if child == 0:
        totals = metrics.totals()
        os._exit(0 if all(told.calls == 0 for told in totals.values()) else 1)
    held.release()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert metrics.totals()[("query", None)].calls == 1


def test_the_threshold_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROTEUSDB_SLOW_SECONDS", "0.25")
    assert Metrics().slow_seconds == 0.25
    for wrong in ("soon", "-1", "nan", "inf"):
        monkeypatch.setenv("PROTEUSDB_SLOW_SECONDS", wrong)
        with pytest.raises(ValidationError, match="PROTEUSDB_SLOW_SECONDS"):
            Metrics()


@pytest.mark.parametrize(
    ("criteria", "shape"),
    [
        ({}, ""),
        ({"where": "length > 100 and job == 'it''s'"}, "where: length > # and job == #"),
        ({"where": 'job in ["a", "b"] and metadata.x1 < -2.5e3'}, "where: job in [#, #] and metadata.x1 < #"),
        ({"limit": 5, "model_name": "esm"}, "limit; model_name"),
        ({"sequence_pattern": "MK*"}, "sequence_pattern prefix"),
        ({"sequence_pattern": "*MK"}, "sequence_pattern inner"),
        ({"sequence_pattern": "MK"}, "sequence_pattern whole"),
        ({"sequence_pattern": "re:M.K"}, "sequence_pattern re"),
        ({"metadata": {"b": "secret", "a": 1}}, "metadata a, b"),
    ],
)
def test_shapes_hold_no_values(criteria: dict[str, object], shape: str) -> None:
    assert shape_of(criteria) == shape


@pytest.mark.parametrize(
    ("access", "name"),
    [
        ("every prediction in id order", "full scan"),
        ("every prediction as of 2024-01-01", "as of"),
        ("all", "full scan"),
        ("3 model(s), created .. to 2024", "model"),
        ("chains that begin with MKT", "sequence prefix"),
        ('job "secret"', "job"),
        ("confidence from 0.5", "confidence"),
        ("length 3 to 9", "length"),
        ("12 id(s)", "ids"),
        ("index on metadata.organism, 2 range(s)", "index on metadata.organism"),
        ("something new: 'secret'", "something new"),
        ("'secret'", "other"),
    ],
)
def test_names_of_plans_hold_no_values(access: str, name: str) -> None:
    assert plan_name(access) == name
