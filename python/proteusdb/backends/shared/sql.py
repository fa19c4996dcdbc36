"""A question as SQL, for the engines that speak it.

::

    Question(asks=[("range", "confidence", (0.9, True), None)], order=[("confidence", True)], limit=20)

    SELECT v.prediction_id, v.version FROM versions v
    WHERE v.replaced_at IS NULL AND NOT v.deleted AND v.confidence >= ?
    ORDER BY v.confidence DESC NULLS LAST, v.prediction_id LIMIT 20

The tables are those of every engine: `versions v` with the columns of `rows.COLUMNS`, `replaced_at`, and `key_<n>` for
the declared index n, and `models m`. An engine's `Dialect` says the rest.

Invariants: every value of a caller is a parameter; what is put into the text are names of this package's own columns
and whole numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from .question import Ask, Question

__all__ = ["Dialect", "Statement", "count_of", "rows_of"]

_COLUMNS = {"id": "v.prediction_id", "model": "m.name", "model_version": "m.version"}
"""Fields whose column is called otherwise, or stands in another table."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How an engine says what SQL leaves open.

    Attributes
    ----------
    mark : str
        Stands for a parameter.
    current : str
        Condition of the current versions, word for word that of the partial indexes.
    among : callable
        (column, values) to (text, parameters): the column holds one of the values, however many.
    starts : callable
        (residues, the first text after all that begin so) to (text, parameters): some chain begins with the residues.
    holds : callable
        (texts) to (text, parameters): each stands within the sequence.
    unindexed : str
        Stands before a column that the engine is to sort by after it has found the rows, rather than to walk an index
        in that order and look at all of them.
    """

    mark: str
    current: str
    among: Callable[[str, Sequence[Any]], tuple[str, list[Any]]]
    starts: Callable[[str, str], tuple[str, list[Any]]]
    holds: Callable[[Sequence[str]], tuple[str, list[Any]]]
    unindexed: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL and its parameters."""

    text: str
    parameters: list[Any]


def rows_of(question: Question, dialect: Dialect) -> Statement:
    """The rows (id, version, *columns) of a question, in its order."""
    builder = _Builder(dialect)
    where = builder.where(question)
    columns = [builder.column(name) for name in ("id", "version", *question.columns)]
    order = builder.order(question)
    text = f"SELECT {', '.join(columns)} {builder.source}{where}{order}"
    if question.limit is not None or question.offset:
        # Both are whole numbers that the core read; SQLite takes no OFFSET without a LIMIT.
        text += f" LIMIT {int(question.limit if question.limit is not None else (1 << 63) - 1)}"
        text += f" OFFSET {int(question.offset)}" if question.offset else ""
    return Statement(text, builder.parameters)


def count_of(question: Question, dialect: Dialect) -> Statement:
    """How many rows a question leads to."""
    builder = _Builder(dialect)
    where = builder.where(question)
    return Statement(f"SELECT count(*) {builder.source}{where}", builder.parameters)


class _Builder:
    """One statement on its way; parameters in the order of their marks."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._models = False
        self.parameters: list[Any] = []

    @property
    def source(self) -> str:
        """Where the rows come from."""
        join = " LEFT JOIN models m ON m.model_id = v.model_id" if self._models else ""
        return f"FROM versions v{join}"

    def column(self, field: str) -> str:
        """The column of a field."""
        self._models |= field in ("model", "model_version")
        return _COLUMNS.get(field, f"v.{field}")

    def order(self, question: Question) -> str:
        """The ORDER BY of a question, ties by id."""
        if question.order is None:
            return ""
        narrowed = bool(question.asks or question.spans)
        first = self._dialect.unindexed if narrowed and not question.early else ""
        terms = []
        for field, descending in question.order:
            terms.append(first + self.column(field) + (" DESC" if descending else "") + self._nulls(field))
            if field == "id":
                break
        else:
            terms.append(f"{first}v.prediction_id")
        return " ORDER BY " + ", ".join(terms)

    @staticmethod
    def _nulls(field: str) -> str:
        # Where there are none, saying where they stand would only keep an index from being used.
        never = ("id", "version", "sequence", "length", "created_at", "updated_at")
        return "" if field in never else " NULLS LAST"

    def where(self, question: Question) -> str:
        """The WHERE of a question."""
        terms = [self._visible(question.as_of)]
        terms += [self._spans(number, spans) for number, spans in question.spans]
        terms += [self._ask(ask) for ask in question.asks]
        return " WHERE " + " AND ".join(terms)

    def _visible(self, as_of: int | None) -> str:
        if as_of is None:
            return self._dialect.current
        first, second = self._put(as_of), self._put(as_of)
        return f"v.updated_at <= {first} AND (v.replaced_at IS NULL OR v.replaced_at > {second}) AND NOT v.deleted"

    def _spans(self, number: int, spans: Sequence[tuple[bytes, bytes]]) -> str:
        column = f"v.key_{int(number)}"
        any_of = [f"({column} >= {self._put(low)} AND {column} < {self._put(high)})" for low, high in spans]
        return f"({' OR '.join(any_of)})"

    def _ask(self, ask: Ask) -> str:
        kind = ask[0]
        if kind in ("and", "or"):
            return f"({f' {kind.upper()} '.join(self._ask(part) for part in ask[1])})"
        if kind == "not":
            return f"({self._ask(ask[1])}) IS NOT TRUE"
        if kind == "null":
            return f"{self.column(ask[1])} IS NULL"
        if kind == "in":
            return self._in(ask[1], ask[2])
        if kind == "range":
            return self._range(*ask[1:])
        if kind == "starts":
            return self._given(self._dialect.starts(ask[1], ask[1][:-1] + chr(ord(ask[1][-1]) + 1)))
        if kind == "holds":
            return self._given(self._dialect.holds(ask[1]))
        return "FALSE"

    def _in(self, field: str, values: Sequence[Any]) -> str:
        if field in ("model", "model_version"):
            # So that the index on the model is used.
            name = "name" if field == "model" else "version"
            return f"v.model_id IN (SELECT model_id FROM models WHERE {self._among(name, values)})"
        return self._among(self.column(field), values)

    def _among(self, column: str, values: Sequence[Any]) -> str:
        if len(values) == 1:
            return f"{column} = {self._put(values[0])}"
        return self._given(self._dialect.among(column, values))

    def _range(self, field: str, low: tuple[Any, bool] | None, high: tuple[Any, bool] | None) -> str:
        column = self.column(field)
        terms = []
        if low is not None:
            terms.append(f"{column} >{'=' if low[1] else ''} {self._put(low[0])}")
        if high is not None:
            terms.append(f"{column} <{'=' if high[1] else ''} {self._put(high[0])}")
        return f"({' AND '.join(terms)})" if terms else f"{column} IS NOT NULL"

    def _given(self, part: tuple[str, list[Any]]) -> str:
        self.parameters += part[1]
        return part[0]

    def _put(self, value: Any) -> str:
        self.parameters.append(value)
        return self._dialect.mark
