"""What an engine does within one transaction: read rows, answer a question, write changes.

::

    class Tables             one transaction of one connection
        newest numbered at versions ids          rows, see `rows.COLUMNS`
        blobs                                    bytes by key
        models analysis analyses_of users_of     records as dicts
        scan count plan                          a `Question`
        last_commit write declare undeclare      the changes of one commit
        committed touched clear alter            the history as a whole, and the form of the tables

An engine implements this and the two ways to begin one (`Engine.reading`, `Engine.writing`); everything a user sees is
made of it in `engine.py`.

Invariants: all reads of one `Tables` see one state of the store; between the reads of a writing one and its commit no
other writer commits what would change them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from .question import Question
from .rows import Blobs, Row, Version

__all__ = ["Changes", "Declared", "Life", "Place", "Record", "Tables"]

Record = dict[str, Any]
"""A model (`model_id, name, version, configuration, created_at`) or an analysis (`analysis_id, prediction_id, results,
parameters, created_at`); times in µs, what is a dict there is a dict here."""

Declared = Mapping[str, int]
"""The declared indexes: field to number, in the order of declaration."""


Place = tuple[int, str, int]
"""Where a version stands among all: the commit that brought it (µs), its prediction, its number."""


class Life(NamedTuple):
    """When a version was what its prediction showed: from `updated_at` on, until `replaced_at` (µs)."""

    prediction_id: str
    version: int
    updated_at: int
    replaced_at: int | None
    deleted: bool

    def seen_at(self, moment: int) -> bool:
        """Whether a look at that time found it."""
        return (
            not self.deleted and self.updated_at <= moment and (self.replaced_at is None or self.replaced_at > moment)
        )


@dataclass(slots=True)
class Changes:
    """What one commit changes. Purges come first, then all else in any order.

    Attributes
    ----------
    now : int
        The commit time, µs.
    purged : list of str
        Predictions whose versions go, all of them.
    versions : list of Version
        New versions. Of several of one prediction, only the last may be the newest.
    replaced : list of (str, int, int)
        (prediction_id, version, time) of versions that were the newest before.
    removed : list of (str, int)
        Versions that go alone, never the newest of a prediction.
    rewritten : list of Version
        Versions that are there already and name other blobs from now on: of their rows `parts` changes, nothing else.
    blobs : dict of str to bytes
        Bytes of blobs that may be new.
    uses : Counter
        Key to how many versions more, or less, name that blob. Where none is left, the blob goes.
    notes : dict of str to str or None
        Short texts by name that the store keeps about itself; `None` removes one.
    models, analyses : dict of str to Record or None
        Id to the record as it is from now on; `None` where it goes. With a model goes its id in every version.
    """

    now: int
    purged: list[str] = field(default_factory=list)
    versions: list[Version] = field(default_factory=list)
    replaced: list[tuple[str, int, int]] = field(default_factory=list)
    removed: list[tuple[str, int]] = field(default_factory=list)
    rewritten: list[Version] = field(default_factory=list)
    blobs: Blobs = field(default_factory=dict)
    uses: Counter[str] = field(default_factory=Counter)
    notes: dict[str, str | None] = field(default_factory=dict)
    models: dict[str, Record | None] = field(default_factory=dict)
    analyses: dict[str, Record | None] = field(default_factory=dict)

    def __bool__(self) -> bool:
        what = (self.purged, self.versions, self.replaced, self.removed, self.rewritten, self.uses)
        return any(what) or bool(self.notes or self.models or self.analyses)


class Tables(Protocol):
    """One transaction."""

    # --- reading ------------------------------------------------------------------------------------------------------

    def newest(self, ids: Collection[str]) -> dict[str, Row]:
        """The newest version of each id that has one, a deletion included."""

    def numbered(self, keys: Collection[tuple[str, int]]) -> dict[tuple[str, int], Row]:
        """The versions with these numbers, as far as they are there."""

    def at(self, prediction_id: str, moment: int) -> Row | None:
        """The version that was the newest at a time (µs), a deletion included; `None` where it was removed since."""

    def versions(self, prediction_id: str) -> list[Row]:
        """Every version, oldest first."""

    def ids(self, after: str | None, limit: int) -> list[str]:
        """Ids of current predictions, in byte order, those after `after`."""

    def blobs(self, keys: Collection[str]) -> Blobs:
        """The bytes under these keys, as far as they are there."""

    def lives(self, ids: Collection[str] | None) -> Iterator[Sequence[Life]]:
        """When each version of these predictions, or of all, was shown, in the order of id and version."""

    def blob_uses(self, keys: Collection[str] | None = None) -> dict[str, int]:
        """These keys, or all, as far as they are there, and how many versions are counted to name each."""

    def note(self, name: str) -> str | None:
        """What the store keeps about itself under a name."""

    def notes(self, names: Collection[str]) -> dict[str, str]:
        """The same of several names, as far as it is there."""

    def models(self) -> list[Record]:
        """Every model, in the order of registration."""

    def analysis(self, analysis_id: str) -> Record | None:
        """One analysis."""

    def analyses_of(self, prediction_id: str | None) -> list[str]:
        """Ids of the analyses of a prediction, or of all, in order."""

    def users_of(self, model_id: str) -> tuple[int, str | None]:
        """How many current predictions use a model, and the id of one of them."""

    def declared(self) -> Declared:
        """The declared indexes."""

    # --- questions ----------------------------------------------------------------------------------------------------

    def scan(self, question: Question) -> Iterator[Sequence[Row]]:
        """Batches of rows (id, version, *question.columns), in the order of the question if it has one. Ends early when
        the iterator is closed."""

    def count(self, question: Question) -> int:
        """How many rows the question leads to."""

    def plan(self, question: Question) -> dict[str, Any]:
        """How the engine goes about it: what `explain` adds, such as `sql` and `access`."""

    # --- writing ------------------------------------------------------------------------------------------------------

    def last_commit(self) -> int:
        """Time of the last commit, µs; 0 for none."""

    def write(self, changes: Changes) -> None:
        """Writes what one commit changes, and its time."""

    def declare(self, field: str, number: int) -> None:
        """Takes note of an index, fills its keys in for every row, and builds it."""

    def undeclare(self, field: str, number: int) -> None:
        """Drops a declared index and its keys."""

    # --- histories ----------------------------------------------------------------------------------------------------

    def schema(self) -> int:
        """The version of the tables. What follows is there from 2 on; see `upgrades`."""

    def committed(self, start: Place, until: int, limit: int) -> list[tuple[int, Row]]:
        """Up to `limit` versions after a place, and up to a commit (µs), in the order of places; each after the commit
        that brought it. With schema 1 nobody knows what came from elsewhere."""

    def touched(self, after: int, until: int) -> tuple[list[str], list[str]]:
        """Ids of the models, and of the analyses, that commits after one (µs) and up to another stored, changed or
        deleted."""

    def clear(self) -> None:
        """Removes every version, blob, model and analysis, and what is known of when they were touched."""

    def alter(self, schema: int) -> None:
        """Makes the tables those of the schema before or after the present one."""

    # --- care ---------------------------------------------------------------------------------------------------------

    def filled(self, number: int) -> int:
        """How many current predictions have a key in a declared index."""

    def figures(self) -> dict[str, Any]:
        """Counts and sizes for `stats`: at least predictions, residues, versions, models, analyses, blobs, and
        `stored_bytes` (what blobs, sequences and metadata take)."""

    def faults(self) -> Iterator[str]:
        """What the engine's own check of its file or tables finds, one line a fault."""

    def every_version(self) -> Iterator[Sequence[Row]]:
        """Batches of all rows of all versions, in the order of id and version."""
