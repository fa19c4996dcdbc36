"""criteria -> parse -> plan -> scan -> verify: asking for predictions by what they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from ..criteria import gather
from ..moments import with_moment
from ..query import QueryResult
from .base import Verbs

__all__ = ["QueryVerbs"]

Moment = datetime | date | str


class QueryVerbs(Verbs):
    """Reading predictions by criteria."""

    def query_predictions(
        self,
        criteria: Mapping[str, Any] | None = None,
        *,
        sequence_pattern: str | None = None,
        confidence_threshold: float | None = None,
        model_name: str | None = None,
        model_version: str | None = None,
        date_range: tuple[Moment | None, Moment | None] | None = None,
        job: str | None = None,
        seed: int | None = None,
        sample: int | None = None,
        metadata: Mapping[str, Any] | None = None,
        length_range: tuple[int | None, int | None] | None = None,
        where: str | None = None,
        order_by: str | Sequence[str] | None = None,
        limit: int | None = None,
        offset: int | None = None,
        as_of: Moment | None = None,
    ) -> QueryResult:
        """Finds the predictions for which all given criteria hold.

        Parameters
        ----------
        criteria : dict, optional
            The names below; a name may be given in one of the two ways only.
        sequence_pattern : str, optional
            A glob (`MLS*`, `?`, `[AG]`, `[!P]`) that matches one whole chain, or with `:` the whole sequence;
            `re:...` a regular expression and `prosite:...` a PROSITE pattern, anywhere within a chain.
        confidence_threshold : float, optional
            `confidence >= x`, 0-1.
        model_name, model_version : str, optional
            The model, exactly.
        date_range : (start, end), optional
            Of `created_at`, both inclusive; either may be None; a bare date is a whole UTC day.
        job, seed, sample : str, int, int, optional
            As stored.
        metadata : dict, optional
            Dotted path to value, or to an inclusive range as a tuple (low, high).
        length_range : (low, high), optional
            Residues, both inclusive; either may be None.
        where : str, optional
            An expression, such as `length > 100 and metadata.organism == 'E. coli'`.
        order_by : str or sequence of str, optional
            Fields, `-` before one for descending. Ties go by id, which is also the order unless given; None is last.
        limit, offset : int, optional
            How many at most, after leaving out how many.
        as_of : datetime, date, text or tag, optional
            The store as it was then; a prediction whose version of then was cleaned up is left out.

        Returns
        -------
        QueryResult
            A lazy sequence; structures are decoded when they are looked at.

        Raises
        ------
        QueryError
            A criterion is unknown or not allowed; the message says what is.
        TimeoutError
            The `timeout` of the manager passed.

        Examples
        --------
        >>> [p.sequence[:5] for p in db.query_predictions(sequence_pattern="MLS*", confidence_threshold=0.8)]
        ['MLSDE']
        """
        names = {name: value for name, value in locals().items() if name not in ("self", "criteria")}
        wanted = with_moment(self._session, gather(criteria, names))
        backend = self._session.outside("query_predictions")
        timeout = self._session.config.timeout
        pins = backend.query(wanted, timeout)
        return QueryResult(self._session, pins, lambda: self._session.backend.count(wanted, timeout))

    def count(self, criteria: Mapping[str, Any] | None = None, **keywords: Any) -> int:
        """How many predictions match the criteria of `query_predictions`, whatever `limit` and `offset` say.

        Raises
        ------
        QueryError
            A criterion is unknown or not allowed.
        """
        return self._session.outside("count").count(
            with_moment(self._session, gather(criteria, keywords)), self._session.config.timeout
        )

    def query_ids(self, criteria: Mapping[str, Any] | None = None, **keywords: Any) -> list[str]:
        """Ids of the predictions that match the criteria of `query_predictions`, in the order asked for.

        Raises
        ------
        QueryError
            A criterion is unknown or not allowed.
        """
        pins = self._session.outside("query_ids").query(
            with_moment(self._session, gather(criteria, keywords)), self._session.config.timeout
        )
        return [prediction_id for prediction_id, _ in pins]

    def explain(self, criteria: Mapping[str, Any] | None = None, **keywords: Any) -> dict[str, Any]:
        """How a query with these criteria is answered: which index, how many rows were looked at and matched.

        Raises
        ------
        QueryError
            A criterion is unknown or not allowed.
        """
        return self._session.outside("explain").explain(
            with_moment(self._session, gather(criteria, keywords)), self._session.config.timeout
        )

    def best(
        self,
        by: str = "ranking_score",
        per: str = "job",
        criteria: Mapping[str, Any] | None = None,
        **keywords: Any,
    ) -> QueryResult:
        """The best prediction of each job, or of each sequence.

        Parameters
        ----------
        by : {"ranking_score", "confidence"} or str
            What is highest in the best; or the path of a number, such as `metadata.scores.ptm`. A tie goes to the first
            id.
        per : {"job", "sequence"}
            Of what there is one best.
        criteria : dict, optional
            Those of `query_predictions`, which come before choosing; order, limit and offset are of what was chosen.
        **keywords
            The same by name.

        Returns
        -------
        QueryResult
            One prediction a group; those without the value are in none.

        Raises
        ------
        QueryError
            `by`, `per` or a criterion is not allowed.
        """
        wanted = with_moment(self._session, gather(criteria, keywords))
        backend = self._session.outside("best")
        timeout = self._session.config.timeout
        pins = backend.best(wanted, by, per, timeout)
        unpaged = {name: value for name, value in wanted.items() if name not in ("limit", "offset", "order_by")}
        return QueryResult(self._session, pins, lambda: len(self._session.backend.best(unpaged, by, per, timeout)))
