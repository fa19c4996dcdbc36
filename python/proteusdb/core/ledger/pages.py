"""The bytes of a ledger: a few notes that all back ends keep, as JSON.

::

    ledger NAME             {"pages": 2, "tasks": 301}
    ledger NAME tasks 0     [["MKTAYIAK", "boltz-2", 7, 1711368000000000], ...]      sequence, model, seed, added (µs)
    ledger NAME state 0     {"states": "dcof...", "turn": "9c01d2e4", "attempts": {"1": 2}, "held": {"1": "5f3a..."},
                             "leases": {"5f3a...": {"worker", "at", "until", "wall", "start"}},
                             "reasons": {"3": "..."}, "stored": {"0": id}}

A page holds up to 256 tasks, and fewer long ones. Its tasks are written when they are added and never changed; its
state is small and is what claims rewrite. States: `o` open, `c` claimed, `d` done, `f` failed. `stored` names the
prediction where that is not the task's own `prediction_id`; `turn` tells the writer whether what stands there is his.

Invariants: `states` is as long as its page has tasks; a task is held if and only if it is claimed; every lease holds
something; whatever is written replaces exactly what was read, in one transaction, or nothing is.
"""

from __future__ import annotations

import json
import random
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ...backends.base import Backend, Exchange
from ...errors import CorruptionError, TimeoutError, ValidationError
from .task import Wanted

__all__ = ["CLAIMED", "DONE", "FAILED", "OPEN", "Pages", "State", "is_full"]

OPEN, CLAIMED, DONE, FAILED = "ocdf"

_TASKS = 256
_LETTERS = 65_536
"""Most tasks and letters of sequences of a page."""
_AT_ONCE = 64
"""States that are read in one transaction."""
_CACHED = 32
"""Pages of tasks that are remembered."""
_LONGEST = 64
_FIRST_PAUSE, _LAST_PAUSE = 0.001, 0.1

T = TypeVar("T")


@dataclass(slots=True)
class State:
    """What has become of the tasks of a page; places are numbers as text, as JSON has them."""

    states: list[str] = field(default_factory=list)
    turn: str = ""
    attempts: dict[str, int] = field(default_factory=dict)
    held: dict[str, str] = field(default_factory=dict)
    leases: dict[str, dict[str, Any]] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    stored: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, text: str, name: str) -> State:
        """From the note of this name."""
        try:
            told = json.loads(text)
            return cls(list(told.pop("states")), **told)
        except (ValueError, TypeError, KeyError) as error:
            raise CorruptionError(f"note {name!r}: it is no state of a ledger ({error})") from None

    def text(self) -> str:
        """As it is kept."""
        used = set(self.held.values())
        leases = {token: lease for token, lease in self.leases.items() if token in used}
        rest = {"turn": self.turn, "attempts": self.attempts, "held": self.held, "leases": leases}
        rest |= {"reasons": self.reasons, "stored": self.stored}
        told = {"states": "".join(self.states)} | {name: value for name, value in rest.items() if value}
        return json.dumps(told, separators=(",", ":"))

    def as_mine(self) -> str:
        """As it is kept from now on, unlike what any other writer may put there."""
        self.turn = secrets.token_hex(4)
        return self.text()

    def lease(self, index: int) -> dict[str, Any] | None:
        """The lease a task is held under."""
        return self.leases.get(self.held.get(str(index), ""))

    def put(self, index: int, state: str) -> None:
        """Gives a task a state that nobody holds it in."""
        self.states[index] = state
        self.held.pop(str(index), None)

    def finish(self, index: int, prediction_id: str | None) -> None:
        """A task is done; `prediction_id` where it is not the task's own."""
        self.put(index, DONE)
        self.attempts.pop(str(index), None)
        self.reasons.pop(str(index), None)
        if prediction_id is not None:
            self.stored[str(index)] = prediction_id

    def hand_out(self, index: int, token: str) -> None:
        """A task is claimed under a lease."""
        self.states[index] = CLAIMED
        self.held[str(index)] = token
        self.attempts[str(index)] = self.attempts.get(str(index), 0) + 1


def is_full(tasks: Sequence[tuple[Wanted, int]]) -> bool:
    """Whether a page takes no more tasks."""
    return len(tasks) >= _TASKS or sum(len(wanted.sequence) for wanted, _ in tasks) >= _LETTERS


class Pages:
    """The notes of one ledger.

    Parameters
    ----------
    name : str
        Of the ledger.
    backend : callable
        The back end, while the database is open.
    timeout : float
        Seconds that an exchange is tried for while others are in its way.

    Raises
    ------
    ValidationError
        The name is not allowed.
    """

    def __init__(self, name: str, backend: Callable[[], Backend], timeout: float) -> None:
        sound = isinstance(name, str) and 0 < len(name) <= _LONGEST and name.isascii()
        if not sound or not all(letter.isalnum() or letter in "-_." for letter in name):
            raise ValidationError(f"ledger {name!r:.80}: allowed are 1 to {_LONGEST} of A-Z, a-z, 0-9, '-', '_', '.'")
        self.name = name
        self.head = f"ledger {name}"
        self._backend = backend
        self._timeout = timeout
        self._tasks: OrderedDict[int, list[tuple[Wanted, int]]] = OrderedDict()

    def key(self, what: str, page: int) -> str:
        """The name of a note."""
        return f"{self.head} {what} {page}"

    def count(self) -> tuple[str | None, int, int]:
        """The head as it is kept, and how many pages and tasks there are."""
        [text] = self._backend().notes([self.head])
        told = {"pages": 0, "tasks": 0} if text is None else json.loads(text)
        return text, int(told["pages"]), int(told["tasks"])

    def tasks(self, page: int, least: int = 0) -> list[tuple[Wanted, int]]:
        """The tasks of a page and when each was added; at least so many, since what is remembered may have grown."""
        found = self._tasks.get(page)
        if found is None or len(found) < max(least, 1):
            [text] = self._backend().notes([self.key("tasks", page)])
            found = [] if text is None else [(Wanted(*row[:3]), row[3]) for row in json.loads(text)]
            if len(found) < least:
                raise CorruptionError(f"ledger {self.name!r}: page {page} has {len(found)} tasks of {least}")
            self._tasks[page] = found
            while len(self._tasks) > _CACHED:
                self._tasks.popitem(last=False)
        self._tasks.move_to_end(page)
        return found

    def state(self, page: int) -> tuple[str, State]:
        """The state of a page as it is kept, and as it is meant."""
        name = self.key("state", page)
        [text] = self._backend().notes([name])
        if text is None:
            raise ValidationError(f"ledger {self.name!r} has no page {page}; allowed are tasks that claim() gave")
        return text, State.read(text, name)

    def states(self, pages: Sequence[int]) -> Iterator[tuple[int, State]]:
        """The states of pages, many at a time."""
        for start in range(0, len(pages), _AT_ONCE):
            some = pages[start : start + _AT_ONCE]
            names = [self.key("state", page) for page in some]
            for page, name, text in zip(some, names, self._backend().notes(names), strict=True):
                if text is None:
                    raise CorruptionError(f"note {name!r} is missing")
                yield page, State.read(text, name)

    def write_tasks(self, tasks: Sequence[tuple[Wanted, int]]) -> str:
        """A page of tasks as it is kept."""
        return json.dumps([[*wanted, added] for wanted, added in tasks], separators=(",", ":"))

    def raw(self, names: Sequence[str]) -> list[str | None]:
        """See `Backend.notes`."""
        return self._backend().notes(names)

    def exchange(self, exchange: Exchange) -> bool:
        """See `Backend.exchange_notes`."""
        return self._backend().exchange_notes(exchange)

    def change(self, page: int, change: Callable[[State], T]) -> T:
        """Changes the state of a page; what `change` returns. It may be called again on another state."""
        name = self.key("state", page)

        def once() -> tuple[bool, T]:
            before, state = self.state(page)
            told = change(state)
            return state.text() == before or self.exchange({name: (before, state.as_mine())}), told

        return self.insist(once)

    def insist(self, once: Callable[[], tuple[bool, T]]) -> T:
        """Repeats what another writer came before, until it is done.

        Raises
        ------
        TimeoutError
            Others came before it for too long.
        """
        end = time.monotonic() + self._timeout
        pause = _FIRST_PAUSE
        while True:
            done, told = once()
            if done:
                return told
            if time.monotonic() > end:
                raise TimeoutError(
                    f"ledger {self.name!r}: others changed it for longer than the timeout of {self._timeout:g} s"
                )
            time.sleep(pause * random.uniform(0.5, 1.5))
            pause = min(2 * pause, _LAST_PAUSE)
