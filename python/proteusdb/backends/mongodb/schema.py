"""The collections of a MongoDB store, and what of them a reader sees.

::

    predictions  a document for each version of each prediction: the columns of `rows.COLUMNS`, and
                 starts (beginnings of its chains), keys ("<index>:<hex of the key>"), blobs (key, size), none
    blobs        structures, arrays, files: bytes by the hash of their content
    models       model_id, name, version, configuration, created_at
    analyses     analysis_id, prediction_id, results, parameters, created_at
    meta         store (the commit number and who writes), lease, notes, declared indexes
    gone         ids of models and analyses that a commit deleted (schema 2)
    quarantine   what a repair set aside (schema 2)

A document is never changed in what it says. It is `born` with a commit and `gone` with another; what changes is a new
document. A reader learns the number of the last commit first and sees what was born by then and is not gone, so all it
reads is of one state, also without transactions of the server, and half a commit is seen by nobody.

    {"prediction_id": "a", "version": 1, "born": 17, "replaced": 23, "gone": FOREVER, ...}
    {"prediction_id": "a", "version": 2, "born": 23, "replaced": FOREVER, "gone": FOREVER, ...}

Invariants: a commit number is the commit's time in µs; `ended` and `dead` repeat `replaced` and `gone` once they are
set, for undoing and sweeping alone, and no index that a question may walk holds what changes; of one version of a
prediction one document at most is not gone; `came` is the commit that brought a version from elsewhere, and absent
where that is its own, `updated_at`. Metadata, configurations, results and parameters are the core's JSON text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple, TypeVar

from pymongo import ASCENDING, DESCENDING, IndexModel

__all__ = ["COLLECTIONS", "FOREVER", "INDEXES", "NULLABLE", "UPGRADES", "Document", "View", "portions"]

FOREVER = (1 << 63) - 1
"""Stands where nothing has ended: later than every commit."""
NULLABLE = ("model_id", "job", "seed", "sample", "rank", "ranking_score", "confidence")
"""Columns that may be null and are sorted by: `none.<column>` is 1 there, so that what is missing sorts last."""

Document = dict[str, Any]
T = TypeVar("T")

_PORTION = 5_000


def _by(*fields: str) -> IndexModel:
    return IndexModel([(name, ASCENDING) for name in fields])


def _set(field: str) -> IndexModel:
    return IndexModel([(field, ASCENDING)], sparse=True)


_BEST = [("confidence", DESCENDING), ("prediction_id", ASCENDING)]
_LIVES = [_by("born"), _set("dead")]

INDEXES = {
    "predictions": [
        IndexModel([(name, ASCENDING) for name in ("prediction_id", "version", "gone")], unique=True),
        *_LIVES,
        _set("ended"),
        _by("model_id", "created_at"),
        _by("created_at"),
        IndexModel(_BEST),
        _by("length"),
        _set("job"),
        _by("starts"),
        _by("keys"),
        _by("blobs.key"),
    ],
    "blobs": [_set("at")],
    "models": [_by("model_id"), *_LIVES],
    "analyses": [_by("analysis_id"), _by("prediction_id", "analysis_id"), *_LIVES],
    "meta": [_set("born"), _set("dead")],
}
"""The indexes of each collection of schema 1; `UPGRADES` are those of the later ones."""

UPGRADES: dict[int, dict[str, list[IndexModel]]] = {
    2: {
        "predictions": [_by("updated_at", "prediction_id", "version"), _set("came")],
        "gone": list(_LIVES),
        "quarantine": list(_LIVES),
    }
}
"""The indexes that a schema has and the one before has not."""

COLLECTIONS = (*INDEXES, "gone", "quarantine")


class View(NamedTuple):
    """What a reader sees.

    Attributes
    ----------
    at : int
        The number of a commit: that one and those before it.
    undone : tuple of int
        Numbers of commits that never came to be, of which something may still be on its way to the server.
    schema : int
        That of the store.
    """

    at: int
    undone: tuple[int, ...] = ()
    schema: int = 1

    def alive(self, *further: Document) -> Document:
        """A filter: documents that are there, and meet the others too."""
        return self._all([self._after("gone")], further)

    def newest(self, *further: Document) -> Document:
        """A filter: of each prediction the version that no other has replaced."""
        return self._all([self._after("gone"), self._after("replaced")], further)

    def before(self, moment: int, *further: Document) -> Document:
        """A filter: of each prediction the version that was the newest at a time."""
        # What is later than this view does not exist in it.
        moment = max(min(moment, self.at), -FOREVER)
        then = View(moment, self.undone)
        return self._all([self._after("gone"), {"updated_at": {"$lte": moment}}, then._after("replaced")], further)

    def _all(self, terms: Sequence[Document], further: Sequence[Document]) -> Document:
        born: Document = {"$lte": self.at}
        if self.undone:
            born["$nin"] = list(self.undone)
        return {"born": born, "$and": [*terms, *further]}

    def _after(self, field: str) -> Document:
        later: Document = {field: {"$gt": self.at}}
        return {"$or": [later, {field: {"$in": list(self.undone)}}]} if self.undone else later


def portions(items: Sequence[T] | Iterator[T], size: int = _PORTION) -> Iterator[list[T]]:
    """Pieces of a long list, each of which a filter can hold."""
    rest = iter(items)
    while portion := list(islice(rest, size)):
        yield portion
