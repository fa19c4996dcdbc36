"""What a back end does that looks after its past, its size and the form of its metadata.

::

    capabilities.past     tags, differences between moments, cleanup
    capabilities.quota    a limit of its size
    capabilities.schema   types of metadata fields

A back end that lacks one of these says so in its `Capabilities`, and is not asked for it.

Invariants: what `clean` takes away makes `as_of` a moment find what it found before, or nothing; a tagged moment, and
every moment from `older_than` on, finds what it found before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from .base import Backend

__all__ = ["Declared", "Keeping", "Policy"]

Declared = tuple[str, list[str], bool]
"""A field (`metadata.` and a path), the names of its types, whether it is required."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What `clean` may take.

    Attributes
    ----------
    older_than : int or None
        Versions that were no longer current at this commit time (µs), and deletions that were committed by then.
    keep_versions : int or None
        Versions that are not among the newest so many of their prediction. Where both limits are given, both must allow
        a version to go; where neither is, no version goes but with its prediction.
    predictions : list of (str, int)
        Predictions to be removed, where they are still at this version.
    until : int or None
        Only as many of them, from the first, as it takes until `size` is so small.
    cascade : bool
        Whether those that analyses refer to go, with their analyses; else they stay.
    """

    older_than: int | None = None
    keep_versions: int | None = None
    predictions: list[tuple[str, int]] = field(default_factory=list)
    until: int | None = None
    cascade: bool = False


class Keeping(Backend, Protocol):
    """A back end with all of these capabilities."""

    def create_tag(self, name: str, moment: int | None) -> int:
        """Names a commit time (µs) that has passed, or that of now; returns it.

        ConflictError where the name is taken."""

    def drop_tag(self, name: str) -> None:
        """Forgets a tag; QueryError where there is none, naming those there are."""

    def tags(self) -> list[tuple[str, int, int]]:
        """(name, moment, when it was named), by moment and then by name."""

    def changes(
        self, first: int | None, second: int | None, after: str | None, limit: int
    ) -> tuple[list[tuple[str, int | None, int | None]], str | None]:
        """Up to `limit` (id, version at the first moment, version at the second) that differ, of the ids after one, in
        order, and the id to go on after; `None` where all were looked at. A moment of `None` is now."""

    def clean(self, policy: Policy, *, rehearse: bool) -> dict[str, Any]:
        """Takes away what a policy names, or with `rehearse` tells what it would take.

        Of a removed prediction the versions that tags name stay, behind a deletion. The dict: `versions` (those that
        went, deletions among them), `deletions` (predictions of which nothing else was left), `predictions` (ids that
        were current), `analyses`, `referred` (ids that analyses refer to), `bytes`."""

    def size(self) -> int:
        """Bytes that what is stored takes."""

    def set_quota(self, max_bytes: int | None, warn_at: int | None) -> None:
        """A limit for every process: a write that passes it is a StorageError, and nothing is stored."""

    def quota(self) -> tuple[int | None, int | None, int]:
        """(`max_bytes`, `warn_at`, bytes in use)."""

    def pressure(self) -> int | None:
        """Bytes in use, where they are `warn_at` or more."""

    def define_schema(self, fields: Sequence[tuple[str, list[str]]], required: Sequence[str], check: bool) -> None:
        """What metadata must be like from now on; with `check` a ValidationError where stored predictions are not."""

    def schema(self) -> list[Declared]:
        """The fields of the schema, in order; empty where none is defined."""
