"""What users hold: `db.ledger()`.

::

    ledger.add(sequences, model="boltz-2", seeds=(1, 2))
    for task in ledger.claim(10):                               worker after worker, on as many hosts as reach the store
        db.store_prediction(structure=fold(task.sequence), **task.record())
        ledger.complete(task)

Invariant: what is stored is the truth; a ledger only says who is at what.
"""

from __future__ import annotations

import os
import socket
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from ...errors import ConflictError, PredictionNotFoundError, ValidationError
from ..session import Session
from ..times import from_micros
from .adding import Added, Adding
from .claiming import Claim, settle
from .clock import read_clock
from .options import seconds_of, shard_of
from .pages import CLAIMED, DONE, FAILED, OPEN, Pages, State
from .status import LedgerStatus
from .stored import Shelves
from .task import Failure, Place, Task, Wanted, place_of, prediction_id_of, wanted_of

__all__ = ["Ledger"]

_REASON = 2000
"""Characters of a reason that are kept."""


class Ledger:
    """A list of what is to be predicted, shared by all who open the database; `DatabaseManager.ledger` makes it.

    Parameters
    ----------
    session : Session
        The open database.
    name : str
        Of the ledger; letters, digits, `-`, `_` and `.`.
    shard : (int, int), optional
        Shard i of n: of all tasks those that fall to this host.
    """

    def __init__(self, session: Session, name: str = "default", *, shard: tuple[int, int] | None = None) -> None:
        self._session = session
        self._shard = shard_of(shard)
        self._pages = Pages(name, lambda: session.outside("ledger"), session.config.timeout)
        self._adding = Adding(self._pages)
        self.name = name

    def __repr__(self) -> str:
        shard = "" if self._shard is None else f", shard {self._shard[0]} of {self._shard[1]}"
        return f"<Ledger {self.name!r} of {self._session.url}{shard}>"

    # --- what is to be done -------------------------------------------------------------------------------------------

    def add(
        self, sequences: str | Iterable[str], *, model: str | None = None, seeds: Iterable[int | None] = (None,)
    ) -> Added:
        """Adds every sequence with every seed; each task once, and none that is stored already.

        A task that had failed, or whose prediction is gone, is open again.

        Parameters
        ----------
        sequences : iterable of str
            Chains joined by `:`. It is read as it is written, 1,024 tasks a transaction; after an error those before
            it stay, and adding again adds the rest.
        model : str, optional
            The name of a model, in any version, or its id; it need not be registered. `None`: any.
        seeds : iterable of int or None
            `None` is any seed.

        Returns
        -------
        Added
            `added`, `reopened`, `known`, `stored`: how many tasks.

        Raises
        ------
        ValidationError
            A sequence, the model or a seed is not allowed.
        """
        self._session.check_writable()
        wanted = (each for each in wanted_of(sequences, model, seeds) if each.in_shard(self._shard))
        return self._adding.add(wanted, Shelves(self._session))

    def missing(
        self,
        sequences: str | Iterable[str] | None = None,
        *,
        model: str | None = None,
        seeds: Iterable[int | None] = (None,),
    ) -> list[Wanted]:
        """What is not stored; nothing is written.

        Parameters
        ----------
        sequences, model, seeds
            As in `add`. Without sequences, the tasks of the ledger that are not done.

        Returns
        -------
        list of Wanted
            (sequence, model, seed), each once, in the order of the sequences.

        Raises
        ------
        ValidationError
            A sequence, the model or a seed is not allowed.
        """
        asked = self._undone() if sequences is None else wanted_of(sequences, model, seeds)
        shelves = Shelves(self._session)
        wanted = dict.fromkeys(each for each in asked if each.in_shard(self._shard))
        return [each for each in wanted if shelves.find(each) is None]

    def _undone(self) -> Iterator[Wanted]:
        for page, state in self._states():
            tasks = self._pages.tasks(page, len(state.states))
            yield from (tasks[index][0] for index, letter in enumerate(state.states) if letter != DONE)

    def _states(self) -> Iterator[tuple[int, State]]:
        return self._pages.states(range(self._pages.count()[1]))

    # --- who does it --------------------------------------------------------------------------------------------------

    def claim(self, n: int = 1, lease: str | float | timedelta = "2h", worker: str | None = None) -> list[Task]:
        """Hands out up to `n` tasks that nobody is at, those least often tried first.

        What was stored meanwhile is not handed out. A task whose lease is over is handed out again: see
        `DatabaseManager.ledger` for how that is measured.

        Parameters
        ----------
        n : int
            The most tasks.
        lease : str, float or timedelta
            How long they are held, unless renewed: `"90s"`, `"30m"`, `"2h"`, `"1d"`, or seconds.
        worker : str, optional
            Who has them; host and process unless given.

        Returns
        -------
        list of Task
            Empty where nothing is left to hand out; others may still be at theirs, as `status()` tells.

        Raises
        ------
        ValidationError
            An argument is not allowed.

        Warns
        -----
        ClockWarning
            Leases are left alone since clocks disagree on whether they are over.
        """
        if isinstance(n, bool) or not isinstance(n, int) or n < 1:
            raise ValidationError(f"n {n!r}: allowed is an int from 1 on")
        if worker is not None and not (isinstance(worker, str) and 0 < len(worker) <= 255):
            raise ValidationError(f"worker {worker!r:.80}: allowed is a str of 1 to 255 characters")
        seconds = seconds_of(lease)
        self._session.check_writable()
        claim = Claim(self._pages, Shelves(self._session), read_clock(self._session.backend))
        return claim(n, seconds, worker or f"{socket.gethostname()}:{os.getpid()}")

    def renew(
        self, tasks: Task | str | Iterable[Task | str], lease: str | float | timedelta = "2h"
    ) -> list[Task | str]:
        """Holds tasks for so long from now on, and with each what the same claim handed out beside it.

        Parameters
        ----------
        tasks : Task, or its id, or several
        lease : str, float or timedelta
            As in `claim`.

        Returns
        -------
        list of Task
            The same with their new `until`; ids as they were given.

        Raises
        ------
        ConflictError
            Some are not held under their lease any more: done, given back, or with another worker. The others are
            renewed.
        """
        given = _several(tasks)
        now = read_clock(self._session.backend)
        seconds = seconds_of(lease)
        self._session.check_writable()
        lost: list[str] = []
        for page, places in _by_page(given).items():

            def renewed(state: State, places: Sequence[Place] = places) -> list[str]:
                gone = [place for place in places if state.held.get(str(place.row)) != place.lease]
                for place in places:
                    if place not in gone:
                        worker = state.leases[place.lease]["worker"]
                        state.leases[place.lease] = now.lease(seconds, worker)
                return ["-".join(map(str, place)) for place in gone]

            lost += self._pages.change(page, renewed)
        if lost:
            raise ConflictError(
                f"ledger {self.name!r}: {', '.join(lost[:5])} ({len(lost)} in all) are not held any more"
            )
        until = from_micros(now.lease(seconds, "")["wall"])
        return [replace(task, until=until) if isinstance(task, Task) else task for task in given]

    def complete(self, task: Task | str, prediction_id: str | None = None) -> bool:
        """Says that a task is done, whoever holds it by now.

        Storing alone completes a task too: the next `claim` or `status` that meets it finds the prediction.

        Parameters
        ----------
        task : Task or its id
        prediction_id : str, optional
            Its prediction; what is stored of the task unless given.

        Returns
        -------
        bool
            False where it was done already: of two workers, one is told True.

        Raises
        ------
        PredictionNotFoundError
            Nothing of it is stored.
        ValidationError
            The prediction is of another sequence, model or seed.
        """
        self._session.check_writable()
        place = place_of(task)
        wanted, own = self._wanted(place)
        shelves = Shelves(self._session)
        if prediction_id is None:
            prediction_id = shelves.find(wanted)
            if prediction_id is None:
                raise PredictionNotFoundError(
                    f"task {'-'.join(map(str, place))}: no prediction of its sequence, model and seed is stored; store "
                    "it first"
                )
        else:
            differs = shelves.differs(self._session.require(prediction_id), wanted)
            if differs is not None:
                raise ValidationError(f"prediction {prediction_id!r} is none of the task: {differs}")
        named = None if prediction_id == own else prediction_id

        def completed(state: State) -> bool:
            new = state.states[place.row] != DONE
            if new:
                state.finish(place.row, named)
            return new

        return self._pages.change(place.page, completed)

    def fail(self, task: Task | str, reason: str, retry: bool = True) -> bool:
        """Gives a task back.

        Parameters
        ----------
        task : Task or its id
        reason : str
            What went wrong; `failures()` tells it.
        retry : bool
            Whether it is handed out again, after those less often tried; else it has failed, until it is added again.

        Returns
        -------
        bool
            False where it was not held under this lease any more; nothing changes then.
        """
        self._session.check_writable()
        place = place_of(task)

        def failed(state: State) -> bool:
            if state.held.get(str(place.row)) != place.lease:
                return False
            state.put(place.row, OPEN if retry else FAILED)
            state.reasons[str(place.row)] = str(reason)[:_REASON]
            return True

        return self._pages.change(place.page, failed)

    def release(self, worker: str | None = None) -> int:
        """Ends leases at once: those of a worker that is known to be dead, or all.

        Returns
        -------
        int
            How many tasks are open again.
        """
        self._session.check_writable()

        def released(state: State) -> int:
            freed = [index for index, _ in enumerate(state.states) if _holds(state, index, worker)]
            for index in freed:
                state.put(index, OPEN)
            return len(freed)

        return sum(self._pages.change(page, released) for page, state in self._states() if state.held)

    def _wanted(self, place: Place) -> tuple[Wanted, str]:
        """What a task is, and the id that is its own."""
        tasks = self._pages.tasks(place.page)
        if place.row >= len(tasks):
            known = len(self._pages.state(place.page)[1].states)
            if place.row >= known:
                raise ValidationError(f"ledger {self.name!r} has no task {place.page}-{place.row}")
            tasks = self._pages.tasks(place.page, known)
        wanted, added = tasks[place.row]
        return wanted, prediction_id_of(wanted, added)

    # --- how it stands ------------------------------------------------------------------------------------------------

    def status(self) -> LedgerStatus:
        """How many tasks are open, claimed, done and failed, and who holds what.

        Claimed tasks are looked up: those that are stored are done, those whose lease is over are open. That is noted
        unless the database is open to be read only.

        Returns
        -------
        LedgerStatus
        """
        now = read_clock(self._session.backend)
        shelves = Shelves(self._session)
        letters: Counter[str] = Counter()
        workers: Counter[str] = Counter()
        ends: list[int] = []
        for page, state in self._states():
            if state.held:
                settled = settle(self._pages, page, shelves, now)
                state = settled(state) if self._session.config.read_only else self._pages.change(page, settled)
            letters.update(state.states)
            for token in state.held.values():
                workers[state.leases[token]["worker"]] += 1
                ends.append(state.leases[token]["until"] - now.at)
        return LedgerStatus(
            name=self.name,
            total=letters.total(),
            open=letters[OPEN],
            claimed=letters[CLAIMED],
            done=letters[DONE],
            failed=letters[FAILED],
            workers=dict(sorted(workers.items())),
            next_end=_ahead(now.host, ends),
            clock=now.complaint(),
        )

    def failures(self) -> list[Failure]:
        """Tasks that have failed, or were given back and are not done: with how often they were handed out, the last
        reason, and whether they are tried again."""
        found = []
        for page, state in self._states():
            tasks = self._pages.tasks(page, len(state.states)) if state.reasons else []
            for place, reason in state.reasons.items():
                wanted, again = tasks[int(place)][0], state.states[int(place)] != FAILED
                found.append(Failure(*wanted, state.attempts.get(place, 0), reason, again))
        return found


def _several(tasks: Any) -> list[Task | str]:
    return [tasks] if isinstance(tasks, Task | str) else list(tasks)


def _by_page(tasks: Iterable[Task | str]) -> dict[int, list[Place]]:
    pages: dict[int, list[Place]] = defaultdict(list)
    for place in map(place_of, tasks):
        pages[place.page].append(place)
    return pages


def _holds(state: State, index: int, worker: str | None) -> bool:
    lease = state.lease(index)
    return lease is not None and worker in (None, lease["worker"])


def _ahead(now: int, micros: list[int]) -> datetime | None:
    return from_micros(now + min(micros)) if micros else None
