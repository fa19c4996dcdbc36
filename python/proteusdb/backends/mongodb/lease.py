"""One writer at a time, whoever of many processes it is.

::

    with lease.held() as token:       {"_id": "lease", "token": "5f3a...", "beat": 41}
        ...                           while it is held, the beat goes on

A process that dies holding the lease leaves a beat that stands still. Who has watched that for `STALE` seconds, by its
own clock, takes the lease; clocks of different machines are never compared.

Invariants: a lease is taken from the very holder that was watched, in one atomic update; whoever lost it finds so out
at its commit, which names the token (see `unit`).
"""

from __future__ import annotations

import os
import random
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from pymongo.errors import PyMongoError

from ...errors import ProteusError, TimeoutError
from .connections import Connections, Store

__all__ = ["STALE", "Lease"]

STALE = 10.0
"""Seconds without a beat after which a holder counts as dead."""
_BEAT = 2.0
_PATIENCE = 2.0
"""Seconds to give a lease back in; who could not does so when it writes again."""
_FIRST_PAUSE, _LAST_PAUSE = 0.001, 0.05


class Lease:
    """The right to write, as one handle asks for it.

    Parameters
    ----------
    connections : Connections
        To the database.
    timeout : float
        Seconds to wait for it.
    """

    def __init__(self, connections: Connections, timeout: float) -> None:
        self._connections = connections
        self._timeout = timeout
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._left: set[str] = set()
        """Tokens of this handle that it could not give back, or does not know whether it got."""
        self._watched: tuple[tuple[Any, Any], float] = ((None, None), 0.0)

    @contextmanager
    def held(self) -> Iterator[str]:
        """Waits for the lease and holds it; the token it is held under."""
        if self._pid != os.getpid():
            # A thread that held the lock is not in this process, and the tokens are its parent's.
            self._pid, self._lock, self._left = os.getpid(), threading.Lock(), set()
        end = time.monotonic() + self._timeout
        if not self._lock.acquire(timeout=min(self._timeout, threading.TIMEOUT_MAX)):
            raise self._late("another thread of this process")
        try:
            with self._connections.use() as store:
                token = self._take(store, end)
            over = threading.Event()
            threading.Thread(target=self._beat, args=(token, over), daemon=True).start()
            try:
                yield token
            finally:
                over.set()
                self._give_back(token)
        finally:
            self._lock.release()

    def _take(self, store: Store, end: float) -> str:
        token = uuid.uuid4().hex
        # An answer that is lost leaves it open whether the lease was given.
        free = [None, *self._left]
        self._left.add(token)
        pause = _FIRST_PAUSE
        change = {"$set": {"token": token}, "$inc": {"beat": 1}}
        while True:
            if store.meta.find_one_and_update({"_id": "lease", "token": {"$in": free}}, change) is not None:
                break
            seen = store.meta.find_one({"_id": "lease"}) or {}
            holder = (seen.get("token"), seen.get("beat", 0))
            if holder != self._watched[0]:
                self._watched = (holder, time.monotonic())
            elif time.monotonic() - self._watched[1] > STALE:
                dead = {"_id": "lease", "token": holder[0], "beat": holder[1]}
                if store.meta.find_one_and_update(dead, change) is not None:
                    break
            if time.monotonic() > end:
                self._left.discard(token)
                raise self._late("another process")
            time.sleep(pause * random.uniform(0.5, 1.5))
            pause = min(pause * 2, _LAST_PAUSE)
        self._left.clear()
        return token

    def _give_back(self, token: str) -> None:
        try:
            with self._connections.use(min(_PATIENCE, self._timeout)) as store:
                store.meta.update_one({"_id": "lease", "token": token}, {"$set": {"token": None}})
        except ProteusError:
            self._left.add(token)

    def _beat(self, token: str, over: threading.Event) -> None:
        while not over.wait(_BEAT):
            with suppress(PyMongoError, ProteusError):
                self._connections.store().meta.update_one({"_id": "lease", "token": token}, {"$inc": {"beat": 1}})

    def _late(self, who: str) -> TimeoutError:
        return TimeoutError(
            f"{self._connections.where}: {who} was writing for longer than the timeout of {self._timeout:g} s"
        )
