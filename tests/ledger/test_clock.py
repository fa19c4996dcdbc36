"""A clock that is set while workers run steals nothing from them, and says so where that keeps a task from others."""

import warnings
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from proteusdb import DatabaseManager
from proteusdb.backends.memory import MemoryBackend
from proteusdb.core.ledger import clock
from proteusdb.errors import ClockWarning
from proteusdb.testing import memory_manager

HOUR = 3600 * 10**6
DAY = 24 * HOUR


class Clocks:
    """What the clocks show, µs; each may be set."""

    def __init__(self) -> None:
        self.wall = 1_700_000_000 * 10**6
        self.server: int | None = None
        self.since_start = 10**6
        self.start = "first"

    def pass_by(self, micros: int) -> None:
        """Time passes on all of them."""
        self.wall += micros
        self.since_start += micros
        if self.server is not None:
            self.server += micros


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> Clocks:
    made = Clocks()
    monkeypatch.setattr(clock, "wall_clock", lambda: made.wall)
    monkeypatch.setattr(clock, "this_start", lambda: made.start)
    monkeypatch.setattr(clock.time, "monotonic_ns", lambda: made.since_start * 1000)
    monkeypatch.setattr(MemoryBackend, "clock", lambda self: made.server)
    return made


@pytest.fixture
def db(clocks: Clocks) -> Iterator[DatabaseManager]:
    """A database with one task, which a worker holds for an hour."""
    with memory_manager() as manager:
        manager.ledger().add("MKT")
        yield manager


def claim(db: DatabaseManager) -> int:
    return len(db.ledger().claim(1, lease="1h"))


@pytest.mark.parametrize("jump", [DAY, -DAY], ids=["forward", "back"])
def test_of_a_file_the_wall_clock_means_nothing(db: DatabaseManager, clocks: Clocks, jump: int) -> None:
    assert claim(db) == 1
    clocks.wall += jump
    assert claim(db) == 0
    assert db.ledger().status().claimed == 1
    clocks.pass_by(HOUR - 1)
    assert claim(db) == 0
    clocks.pass_by(1)
    assert claim(db) == 1


def test_when_the_host_starts_anew_its_leases_are_over(db: DatabaseManager, clocks: Clocks) -> None:
    assert claim(db) == 1
    clocks.start, clocks.since_start = "second", 5
    assert db.ledger().status().open == 1
    assert claim(db) == 1


def test_where_no_start_is_named_a_lower_clock_is_another(db: DatabaseManager, clocks: Clocks) -> None:
    clocks.start = ""
    assert claim(db) == 1
    assert claim(db) == 0
    clocks.since_start = 5
    assert claim(db) == 1


def test_at_a_server_a_lease_is_over_by_both_clocks(db: DatabaseManager, clocks: Clocks) -> None:
    clocks.server = clocks.wall + 5
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert claim(db) == 1
        clocks.pass_by(HOUR - 1)
        assert claim(db) == 0
        clocks.pass_by(1)
        assert claim(db) == 1


@pytest.mark.parametrize("which", ["server", "wall"])
def test_at_a_server_a_clock_that_jumps_steals_nothing_and_is_named(
    db: DatabaseManager, clocks: Clocks, which: str
) -> None:
    clocks.server = clocks.wall
    assert claim(db) == 1
    setattr(clocks, which, getattr(clocks, which) + DAY)
    way = "86400 s ahead of" if which == "server" else "86400 s behind"
    with pytest.warns(ClockWarning, match=way) as caught:
        assert claim(db) == 0
    assert caught[0].filename == __file__
    status = db.ledger().status()
    assert (status.claimed, status.open) == (1, 0)
    assert status.clock is not None
    assert way in status.clock
    clocks.pass_by(HOUR)
    assert claim(db) == 1


def test_a_clock_that_is_set_back_keeps_a_task_until_it_is_released(db: DatabaseManager, clocks: Clocks) -> None:
    clocks.server = clocks.wall
    assert claim(db) == 1
    clocks.server -= DAY
    clocks.pass_by(2 * HOUR)
    with pytest.warns(ClockWarning, match="behind"):
        assert claim(db) == 0
    assert db.ledger().release() == 1
    assert claim(db) == 1


def test_a_lease_shows_its_end_by_the_wall_clock(db: DatabaseManager, clocks: Clocks) -> None:
    [task] = db.ledger().claim(1, lease="90s")
    end = datetime.fromtimestamp(clocks.wall / 1e6 + 90, UTC)
    assert task.until == db.ledger().status().next_end == end
