"""Tasks into a ledger: each once, and none that is done already.

::

    wanted ─ stored? ─ in the ledger? ─ to the last page, or a new one
               └ no task                └ failed, or its prediction is gone: open again

Invariant: pages before the last are full and never grow, so what was read of them stays true; the head, the page and
its state change in one transaction, or nothing does.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any

from ..._core import now
from .pages import DONE, FAILED, OPEN, Pages, State, is_full
from .stored import Shelves
from .task import Wanted

__all__ = ["Added", "Adding"]

_PORTION = 1024
"""Tasks that are looked at before they are written."""

Place = tuple[int, int]


@dataclass(slots=True)
class Added:
    """What `Ledger.add` did.

    Attributes
    ----------
    added : int
        New tasks.
    reopened : int
        Tasks that had failed, or whose prediction is gone, and are open again.
    known : int
        Tasks that were there.
    stored : int
        Not added, since they are predicted already.
    """

    added: int = 0
    reopened: int = 0
    known: int = 0
    stored: int = 0


class Adding:
    """Which tasks a ledger has, as far as they were read; and new ones to it.

    Parameters
    ----------
    pages : Pages
        The ledger.
    """

    def __init__(self, pages: Pages) -> None:
        self._pages = pages
        self._places: dict[bytes, Place] = {}
        self._read = 0
        """Pages that were read and are full."""

    def add(self, wanted: Iterable[Wanted], shelves: Shelves) -> Added:
        """Adds what is neither stored nor there."""
        told = Added()
        rest = iter(wanted)
        while portion := list(dict.fromkeys(islice(rest, _PORTION))):
            found = {each: shelves.find(each) for each in portion}
            missing = [each for each, prediction_id in found.items() if prediction_id is None]
            told.stored += len(portion) - len(missing)
            self._pages.insist(partial(self._put, missing, told))
        return told

    def _put(self, missing: list[Wanted], told: Added) -> tuple[bool, None]:
        """One try; False where another writer came before."""
        text, pages, tasks = self._pages.count()
        self._learn(pages)
        new = [each for each in missing if each.digest() not in self._places]
        known = [self._places[each.digest()] for each in missing if each.digest() in self._places]
        if new and not self._pages.exchange(self._exchange(text, pages, tasks, new)):
            return False, None
        told.added += len(new)
        told.known += len(known)
        for page in sorted({page for page, _ in known}):
            told.reopened += self._pages.change(page, partial(_reopen, page, known))
        return True, None

    def _learn(self, pages: int) -> None:
        if pages < self._read:
            # The store was put back to an earlier state.
            self._places, self._read = {}, 0
        for page in range(self._read, pages):
            [text] = self._pages.raw([self._pages.key("tasks", page)])
            rows = [] if text is None else json.loads(text)
            for index, row in enumerate(rows):
                self._places.setdefault(Wanted(*row[:3]).digest(), (page, index))
        self._read = max(self._read, pages - 1)

    def _exchange(self, head: str | None, pages: int, tasks: int, new: list[Wanted]) -> dict[str, Any]:
        """The notes that change."""
        added = now()
        page = max(pages - 1, 0)
        names = [self._pages.key("tasks", page), self._pages.key("state", page)]
        before = self._pages.raw(names) if pages else [None, None]
        rows = [(Wanted(*row[:3]), row[3]) for row in json.loads(before[0])] if before[0] else []
        state = State.read(before[1], names[1]) if before[1] else State()
        exchange: dict[str, Any] = {}
        for wanted in new:
            if is_full(rows):
                exchange |= self._filled(page, before, rows, state)
                page, rows, state, before = page + 1, [], State(), [None, None]
            rows.append((wanted, added))
            state.states.append(OPEN)
        exchange |= self._filled(page, before, rows, state)
        counted = json.dumps({"pages": page + 1, "tasks": tasks + len(new)})
        return {self._pages.head: (head, counted), **exchange}

    def _filled(
        self, page: int, before: Sequence[str | None], rows: list[tuple[Wanted, int]], state: State
    ) -> dict[str, Any]:
        tasks = self._pages.write_tasks(rows)
        if tasks == before[0]:
            return {}
        names = [self._pages.key("tasks", page), self._pages.key("state", page)]
        after = [tasks, state.as_mine()]
        return {name: (old, new) for name, old, new in zip(names, before, after, strict=True)}


def _reopen(page: int, known: list[Place], state: State) -> int:
    """Opens tasks of a page that are over and not stored; how many."""
    again = [index for at, index in known if at == page and state.states[index] in (DONE, FAILED)]
    for index in again:
        state.put(index, OPEN)
        state.stored.pop(str(index), None)
        state.reasons.pop(str(index), None)
    return len(again)
