"""The past: versions of a prediction, names for moments, what changed between two, and cleaning up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from ..cleanup import CleanupReport, Rules, cleanup
from ..moments import Moment
from ..past import Difference, Tag, create_tag, diff, list_tags
from ..report import Version
from ..versions import history, revert
from .base import Verbs

__all__ = ["PastVerbs"]


class PastVerbs(Verbs):
    """What was, and how much of it stays."""

    def history(self, prediction_id: str) -> list[Version]:
        """Every version of a prediction, oldest first, with its time and what it changed.

        Raises
        ------
        PredictionNotFoundError
            The id was never stored, or was purged.
        """
        return history(self._session, prediction_id)

    def revert(self, prediction_id: str, version: int) -> int:
        """Writes an earlier version again, as the next one; brings back what was deleted.

        Parameters
        ----------
        prediction_id : str
            The prediction.
        version : int
            The version to write again.

        Returns
        -------
        int
            The new version's number.

        Raises
        ------
        PredictionNotFoundError
            There is no such version.
        """
        return revert(self._session, prediction_id, version)

    def tag(self, name: str, *, as_of: Moment | None = None) -> Tag:
        """Names a moment of the whole store, which cleanup and `keep_versions` then leave as it is.

        Parameters
        ----------
        name : str
            1 to 255 bytes that do not read as a date. `as_of=` and `diff` take it in the place of a time.
        as_of : datetime, date or text, optional
            A moment that has passed; now unless given. What was cleaned up before does not come back.

        Returns
        -------
        Tag

        Raises
        ------
        ConflictError
            The name is taken; `drop_tag` frees it.
        ValidationError
            The name is not allowed, or the moment is still to come.

        Examples
        --------
        >>> tag = db.tag("paper-v2")
        >>> db.delete_prediction("first")
        >>> db.query_ids(job="screen-7", as_of="paper-v2"), db.query_ids(job="screen-7")
        (['first'], [])
        """
        return create_tag(self._session, name, as_of)

    def drop_tag(self, name: str) -> None:
        """Forgets a tag; what it alone kept may go with the next cleanup.

        Parameters
        ----------
        name : str
            The tag.

        Raises
        ------
        QueryError
            There is no such tag; the message names those there are.
        """
        self._session.check_writable()
        self._session.keeping("drop_tag", "past").drop_tag(name)

    def tags(self) -> list[Tag]:
        """The tags, by their moments.

        Returns
        -------
        list of Tag
        """
        return list_tags(self._session.keeping("tags", "past"))

    def diff(self, a: Moment | None, b: Moment | None = None) -> Iterator[Difference]:
        """What differs between two moments of the store.

        Parameters
        ----------
        a, b : str, datetime, date or None
            A tag, a time (a bare date is the end of its day), or None for now. From `a` to `b`, whichever is earlier.

        Yields
        ------
        Difference
            In the order of ids, some fetched at a time. What was deleted and stored again with the same content is no
            difference; what was cleaned up is absent.

        Raises
        ------
        QueryError
            A name is neither a tag nor a time.

        Examples
        --------
        >>> version = db.update_prediction("first", {"metadata": {"checked": True}})
        >>> for difference in db.diff("paper-v1"):
        ...     print(difference.kind, difference.prediction_id, difference.changed)
        changed first ('metadata.checked',)
        """
        return diff(self._session, a, b)

    def cleanup(
        self,
        older_than: Moment | timedelta | None = None,
        keep_versions: int | None = None,
        min_confidence: float | None = None,
        where: str | None = None,
        max_bytes: int | None = None,
        dry_run: bool = False,
        force: bool = False,
    ) -> CleanupReport:
        """Takes away what is no longer wanted: old versions, and predictions.

        Each rule limits what may go, and all that are given must allow it, so every further rule removes less. The
        first two alone remove no current prediction; of the other three each does.

        ================  ============================================  ===============================================
        rule              versions that may go                          predictions that may go, with all their versions
        ================  ============================================  ===============================================
        `older_than`      superseded by then; deletions made by then    last written by then, if another rule is given
        `keep_versions`   not among the newest so many                  (says nothing of predictions)
        `min_confidence`                                                whose confidence is below; None is not below
        `where`                                                         for which it holds
        `max_bytes`                                                     the oldest by `created_at`, until the rest fits
        ================  ============================================  ===============================================

        The newest version of a prediction goes with the prediction only. A deletion that is all that is left of one
        goes too, and its id with it. What was visible at a tagged moment stays: a removed prediction then leaves these
        versions, and is deleted. Afterwards `as_of` a moment finds what it found before, or nothing where that was
        removed; never another version.

        It goes in many short transactions, so that others read and write meanwhile; after a crash or Ctrl-C the store
        is whole, and the same call goes on. What it frees is used by later writes; `compact` makes the file smaller.

        Parameters
        ----------
        older_than : datetime, date, text or timedelta, optional
            As `as_of`, and a timedelta before now; a bare date is the beginning of its day.
        keep_versions : int, optional
            Versions to keep of each prediction, the current one among them.
        min_confidence : float, optional
            0-1.
        where : str, optional
            An expression, as in `query_predictions`.
        max_bytes : int, optional
            What the database may take after `compact`. Versions go first, where rules let them.
        dry_run : bool
            Tells what would go, and does nothing.
        force : bool
            Does what is refused otherwise: removing every prediction, and removing predictions that have analyses,
            whose analyses then go with them.

        Returns
        -------
        CleanupReport
            Versions, predictions and bytes that went, or would go.

        Raises
        ------
        ValidationError
            No rule is given or one is not allowed; or it is refused without `force`, and nothing was removed.
        QueryError
            `where` does not parse.

        Examples
        --------
        >>> db.cleanup(older_than="90 days ago", keep_versions=2, dry_run=True).versions
        0
        >>> db.cleanup(min_confidence=0.3, where="job glob 'screen-*'").predictions
        0
        """
        rules = Rules(
            older_than=older_than,
            keep_versions=keep_versions,
            min_confidence=min_confidence,
            where=where,
            max_bytes=max_bytes,
        )
        return cleanup(self._session, rules, dry_run=dry_run, force=force)
