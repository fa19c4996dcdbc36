"""All or nothing: what one writer does becomes visible at one moment, or never.

::

    begin     store.pending = [N]           before anything else is written
    ...       documents born, replaced or gone with N: nobody sees them yet
    commit    store.committed = N, pending = []              one update of one document
    recover   a pending N of a writer that died: everything that bears N is taken back

Where the server has transactions (a replica set, a cluster), what lies between `begin` and `commit` is one, and the
server takes it back by itself. Where it has none, the next writer does. Readers need to know neither.

Invariants: a commit names the writer's token, so who lost the lease commits nothing; a number that was taken back stays
in `undone` as long as a late message of its writer may arrive, and what bears it is invisible.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pymongo import ReturnDocument

from ...errors import CorruptionError, StorageError
from ..layers.retry import harmless
from .blobs import drop_unnamed
from .connections import Store
from .schema import COLLECTIONS, FOREVER, View, portions

__all__ = ["Unit", "sweep", "view_of"]

_LIVING = tuple(name for name in COLLECTIONS if name != "blobs")


class Unit:
    """What one writer writes at once.

    Parameters
    ----------
    store : Database
        The database.
    token : str
        Of the lease that is held.
    transactions : bool
        Whether the server has them.

    Attributes
    ----------
    view : View
        What the writer sees, its own changes included.
    within : dict
        Arguments that put an operation into the server's transaction.
    """

    def __init__(self, store: Store, token: str, *, transactions: bool) -> None:
        self.store = store
        self.within: dict[str, Any] = {}
        self._token = token
        self._transactions = transactions
        self._session: Any = None
        self._numbers: list[int] = []
        self.view = View(0)
        self._claim()

    @property
    def number(self) -> int:
        """That of the commit that is under way."""
        return self._numbers[-1]

    def begin(self, number: int) -> None:
        """Announces a commit; called again, what follows is part of it under a later number."""
        if number <= self.view.at:
            raise StorageError(f"commit {number} does not come after {self.view.at}")
        self._numbers.append(number)
        # What a transaction has seen must not change outside of it.
        self._mark({"pending": self._numbers}, **self.within)
        if self._transactions and self._session is None:
            self._session = self.store.client.start_session()
            self._session.start_transaction()
            self.within = {"session": self._session}
        self.view = self.view._replace(at=number)

    def move(self, schema: int) -> None:
        """The schema of the store is another from this commit on."""
        self.view = self.view._replace(schema=schema)

    def commit(self) -> None:
        """Makes all of it visible."""
        if not self._numbers:
            return
        self._mark({"committed": self.number, "pending": [], "schema": self.view.schema}, **self.within)
        if self._session is not None:
            self._session.commit_transaction()
            self._end_session()

    def undo(self) -> None:
        """Takes back what was begun."""
        if self._session is not None:
            self._session.abort_transaction()
            self._end_session()
        self._take_back(self._numbers)

    def forget(self, numbers: list[int]) -> None:
        """Of these commits nothing can arrive any more."""
        left = tuple(number for number in self.view.undone if number not in numbers)
        self._mark({"undone": list(left)})
        self.view = self.view._replace(undone=left)

    def _end_session(self) -> None:
        session, self._session, self.within = self._session, None, {}
        session.end_session()

    def _claim(self) -> None:
        """Fences off every writer before, and takes back what the last of them left half-done."""
        found = self.store.meta.find_one_and_update(
            {"_id": "store"}, {"$set": {"writer": self._token}}, return_document=ReturnDocument.AFTER
        )
        self.view = view_of(found)
        self._take_back(found["pending"] if found else [])

    def _take_back(self, numbers: list[int]) -> None:
        if not numbers:
            return
        undone = (*self.view.undone, *numbers)
        self._mark({"undone": list(undone)})
        # What came late of others is taken back once more: it may be what stood in the way.
        take_back(self.store, undone)
        self._mark({"pending": []})
        self.view = self.view._replace(undone=undone)

    def _mark(self, values: dict[str, Any], **within: Any) -> None:
        mine = {"_id": "store", "writer": self._token}
        if not self.store.meta.update_one(mine, {"$set": values}, **within).matched_count:
            raise harmless(StorageError("another writer took over from a silent one, of which nothing was kept"))


def view_of(found: Any) -> View:
    """What is committed, by the store's own document."""
    if found is None:
        raise CorruptionError("meta has no document 'store': the store was removed, or is damaged")
    return View(int(found["committed"]), tuple(map(int, found["undone"])), int(found.get("schema", 0)))


def take_back(store: Store, numbers: Sequence[int]) -> None:
    """Makes everything as if commits had never begun; again and again, if need be."""
    brought = {n: [found["_id"] for found in store.blobs.find({"at": n}, {"_id": 1})] for n in numbers}
    for portion in portions(numbers):
        for name in _LIVING:
            store[name].delete_many({"born": {"$in": portion}})
    # Once all that came is away: what one of them let go may stand where another put something.
    for portion in portions(numbers):
        for name in _LIVING:
            for field, mirror in (("replaced", "ended"), ("gone", "dead")):
                ended = {mirror: {"$in": portion}}
                store[name].update_many(ended, {"$set": {field: FOREVER}, "$unset": {mirror: ""}})
    for number, keys in brought.items():
        drop_unnamed(store, keys, {"born": {"$ne": number}}, number)


def sweep(store: Store, unit: Unit, before: int) -> None:
    """Removes for good what no reader can want any more: gone, or undone, before a time (µs)."""
    gone = {"dead": {"$lt": before}}
    named = {key["key"] for found in store.predictions.find(gone, {"blobs": 1}) for key in found["blobs"]}
    staying = {"$or": [{"dead": None}, {"dead": {"$gte": before}}]}
    # Blobs first: whoever is interrupted finds the documents that name them once more.
    drop_unnamed(store, sorted(named), staying, before)
    for dropped in store.meta.find({**gone, "kind": "index"}):
        keys = {"$gte": f"{dropped['name']}:", "$lt": f"{dropped['name']};"}
        store.predictions.update_many({"keys": {"$elemMatch": keys}}, {"$pull": {"keys": keys}})
    for name in _LIVING:
        store[name].delete_many(gone)
    old = [number for number in unit.view.undone if number < before]
    if old:
        take_back(store, old)
        unit.forget(old)
