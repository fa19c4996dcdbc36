"""Tasks out of a ledger, and what comes back.

::

    claim ─ pick ─ open, or held under a lease that is over ─ stored meanwhile? ─ yes: done
                   the least often tried first                                └ no: held under a new lease

A worker that is killed after it stored, before it said so, leaves a task that the next claim finds done.

Invariant: a task changes hands in one exchange of its page's state, which fails where anybody else changed the page.
"""

from __future__ import annotations

import heapq
import secrets
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from ...errors import ClockWarning
from ..times import from_micros
from .clock import Now
from .pages import CLAIMED, OPEN, Pages, State
from .stored import Shelves
from .task import Task, prediction_id_of

__all__ = ["Claim", "Pick", "settle"]


class Pick(NamedTuple):
    """A task that may be handed out; the least often tried come first, and of these the first added."""

    attempts: int
    page: int
    row: int


class Claim:
    """One call of `claim`.

    Parameters
    ----------
    pages : Pages
        The ledger.
    shelves : Shelves
        What is stored.
    now : Now
        The clocks.
    """

    def __init__(self, pages: Pages, shelves: Shelves, now: Now) -> None:
        self._pages = pages
        self._shelves = shelves
        self._now = now
        self._token = secrets.token_hex(8)

    def __call__(self, most: int, seconds: float, worker: str) -> list[Task]:
        """Up to so many tasks, held by this worker for so long."""
        lease = self._now.lease(seconds, worker)
        until = from_micros(lease["wall"])
        taken: list[Task] = []
        while len(taken) < most and (picks := self._pick(most - len(taken))):
            places = defaultdict(list)
            for pick in sorted(picks, key=lambda pick: pick.page):
                places[pick.page].append(pick.row)
            for page, indices in places.items():

                def take(state: State, page: int = page, indices: Sequence[int] = indices) -> list[Task]:
                    state.leases[self._token] = lease
                    return list(self._take(state, page, indices, until))

                taken += self._pages.change(page, take)
        return taken

    def _pick(self, most: int) -> list[Pick]:
        """The next so many; no further than there are enough that nobody has tried yet."""
        picks: list[Pick] = []
        fresh = 0
        disputed = False
        for page, state in self._pages.states(range(self._pages.count()[1])):
            for index in self._candidates(state):
                attempts = state.attempts.get(str(index), 0)
                picks.append(Pick(attempts, page, index))
                fresh += not attempts
            disputed = disputed or any(self._now.disputed(lease) for lease in state.leases.values())
            if fresh >= most:
                break
        if disputed and (complaint := self._now.complaint()):
            warnings.warn(f"ledger {self._pages.name!r}: {complaint}", ClockWarning, stacklevel=5)
        return heapq.nsmallest(most, picks)

    def _candidates(self, state: State) -> Iterator[int]:
        over = {token for token, lease in state.leases.items() if self._now.over(lease)}
        for index, letter in enumerate(state.states):
            if letter == OPEN or (letter == CLAIMED and state.held[str(index)] in over):
                yield index

    def _take(self, state: State, page: int, indices: Sequence[int], until: datetime) -> Iterator[Task]:
        tasks = self._pages.tasks(page, max(indices) + 1)
        still = set(self._candidates(state))
        for index in indices:
            mine = state.held.get(str(index)) == self._token
            if index not in still and not mine:
                continue
            wanted, added = tasks[index]
            own = prediction_id_of(wanted, added)
            found = self._shelves.find(wanted)
            if found is not None:
                state.finish(index, None if found == own else found)
                continue
            # It is mine already where the answer to the exchange was lost, and another changed the page since.
            if not mine:
                state.hand_out(index, self._token)
            attempts = state.attempts[str(index)]
            yield Task(f"{page}-{index}-{self._token}", *wanted, own, attempts, until)


def settle(pages: Pages, page: int, shelves: Shelves, now: Now) -> Callable[[State], State]:
    """What makes a state true: a claimed task that is stored is done, and one whose lease is over is open."""

    def settled(state: State) -> State:
        claimed = [index for index, letter in enumerate(state.states) if letter == CLAIMED]
        tasks = pages.tasks(page, max(claimed) + 1) if claimed else []
        for index in claimed:
            wanted, added = tasks[index]
            found = shelves.find(wanted)
            if found is not None:
                state.finish(index, None if found == prediction_id_of(wanted, added) else found)
            elif now.over(state.lease(index) or {"until": 0, "wall": 0, "at": 0}):
                state.put(index, OPEN)
        return state

    return settled
