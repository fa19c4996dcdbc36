"""Cleanup: from the rules a caller gives to what the back end takes away, looked at before it is done.

::

    rules ── query ──> predictions ── rehearse ──> refused?  ── clean ──> report
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from .. import _core
from ..backends.keeping import Keeping, Policy
from ..errors import ValidationError
from .config import positive
from .moments import Moment, moment_of
from .session import Session
from .times import from_micros

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["CleanupReport", "Rules", "cleanup"]

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The rules of `DatabaseManager.cleanup`."""

    older_than: Moment | timedelta | None
    keep_versions: int | None
    min_confidence: float | None
    where: str | None
    max_bytes: int | None

    def check(self) -> None:
        """Raises a ValidationError that names the first rule that is not allowed, or says that none was given."""
        if self.keep_versions is not None:
            positive("keep_versions", self.keep_versions)
        least = self.min_confidence
        if least is not None and not (_is_number(least) and 0 <= least <= 1):
            raise ValidationError(f"min_confidence {least!r}: allowed are 0 to 1")
        if self.where is not None:
            _core.parse_criteria({"where": self.where})
        if self.max_bytes is not None and (not _is_int(self.max_bytes) or self.max_bytes < 0):
            raise ValidationError(f"max_bytes {self.max_bytes!r}: allowed are 0 or more")
        if not self.about_versions and not self.about_predictions:
            raise ValidationError(
                "cleanup: no rule was given; allowed are older_than, keep_versions, min_confidence, where, max_bytes"
            )

    @property
    def about_versions(self) -> bool:
        """Whether versions may go."""
        return self.older_than is not None or self.keep_versions is not None

    @property
    def about_predictions(self) -> bool:
        """Whether predictions may go."""
        return not (self.min_confidence is None and self.where is None and self.max_bytes is None)

    def criteria(self, older_than: int | None) -> dict[str, Any]:
        """What the predictions that may go have in common, those that go first in front."""
        tests = [] if self.where is None else [f"({self.where})"]
        if self.min_confidence is not None:
            tests.append(f"confidence < {float(self.min_confidence)!r}")
        if older_than is not None:
            tests.append(f"updated_at <= '{from_micros(older_than).isoformat()}'")
        criteria: dict[str, Any] = {"where": " and ".join(tests)} if tests else {}
        return {**criteria, "order_by": "created_at"} if self.max_bytes is not None else criteria


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanupReport:
    """What a cleanup took away, or would take.

    Attributes
    ----------
    dry_run : bool
        Whether nothing was done.
    versions : int
        Versions that went, those of removed predictions and those that said "deleted" among them.
    predictions : int
        Predictions that were current and are removed.
    ids : list of str
        Their ids.
    deletions : int
        Predictions that had been deleted, of which now nothing is left.
    analyses : int
        Analyses that went with their predictions.
    bytes : int
        Bytes that no version needs any more. Later writes use them; `compact` gives them back to the file system.
    refused : str or None
        With `dry_run`: why this would be refused without `force`.
    """

    dry_run: bool
    versions: int
    predictions: int
    ids: list[str]
    deletions: int
    analyses: int
    bytes: int
    refused: str | None = None

    def __repr__(self) -> str:
        would = "would remove" if self.dry_run else "removed"
        versions, predictions = f"{self.versions:,} versions", f"{self.predictions:,} predictions"
        return f"<CleanupReport: {would} {versions}, {predictions}, {self.bytes:,} bytes>"

    def __rich__(self) -> Table:
        from rich.table import Table

        title = "Cleanup, not done" if self.dry_run else "Cleanup"
        table = Table(title=title, title_justify="left", show_header=False, box=None)
        for name in ("versions", "predictions", "deletions", "analyses", "bytes"):
            table.add_row(name, f"{getattr(self, name):,}")
        if self.refused is not None:
            table.add_row("refused", self.refused)
        return table


def cleanup(session: Session, rules: Rules, *, dry_run: bool, force: bool) -> CleanupReport:
    """See `DatabaseManager.cleanup`."""
    for name, flag in (("dry_run", dry_run), ("force", force)):
        if not isinstance(flag, bool):
            raise ValidationError(f"{name} {flag!r}: allowed are True, False")
    rules.check()
    if not dry_run:
        session.check_writable()
    keeping = session.keeping("cleanup", "past")
    older_than = _older_than(session, rules.older_than)
    pins = keeping.query(rules.criteria(older_than), None) if rules.about_predictions else []
    policy = Policy(
        older_than=older_than,
        keep_versions=rules.keep_versions,
        predictions=pins,
        until=rules.max_bytes,
        cascade=force,
    )
    said = keeping.clean(policy, rehearse=True)
    refused = _refusal(keeping, said)
    if dry_run:
        return _report(said, dry_run=True, refused=refused)
    if refused is not None and not force:
        raise ValidationError(f"cleanup: {refused}")
    return _report(keeping.clean(policy, rehearse=False), dry_run=False)


def _refusal(keeping: Keeping, said: dict[str, Any]) -> str | None:
    """Why a policy needs `force`."""
    going, referred = len(said["predictions"]), said["referred"]
    if going == 0:
        return None
    all_there_are = keeping.count({}, None)
    if going >= all_there_are:
        return (
            f"it would remove {going:,} of {all_there_are:,} predictions, which empties the database; dry_run=True "
            "shows what would go, force=True does it"
        )
    if referred:
        return (
            f"{len(referred):,} of the {going:,} predictions it would remove have analyses, "
            f"{', '.join(map(repr, referred[:3]))} among them; leave these out by where=, or force=True removes their "
            "analyses too"
        )
    return None


def _report(said: dict[str, Any], *, dry_run: bool, refused: str | None = None) -> CleanupReport:
    return CleanupReport(
        dry_run=dry_run,
        versions=said["versions"],
        predictions=len(said["predictions"]),
        ids=said["predictions"],
        deletions=said["deletions"],
        analyses=said["analyses"],
        bytes=said["bytes"],
        refused=refused,
    )


def _older_than(session: Session, given: Moment | timedelta | None) -> int | None:
    """The commit time; a bare date is the beginning of its day, and a length of time is counted back from now."""
    if given is None:
        return None
    if isinstance(given, timedelta):
        return _core.now() - given // _MICROSECOND
    if isinstance(given, date) and not isinstance(given, datetime):
        given = given.isoformat()
    if isinstance(given, str) and (told := _core.read_moment(given)) is not None:
        return told[0]
    return moment_of(session, "older_than", given)


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
