"""A question as a filter and a sort of MongoDB.

::

    Question(asks=[("range", "confidence", (0.9, True), None)], order=[("confidence", True)])

    {"born": {"$lte": 17}, "$and": [{"gone": {"$gt": 17}}, ..., {"confidence": {"$gte": 0.9}}]}
    [("confidence", -1), ("prediction_id", 1)]

Names and versions of models are looked up beforehand, since a store has few of them.

Invariants: every value of a caller is a value of the filter, never a name in it or an operator; patterns hold letters
alone and are escaped all the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pymongo import ASCENDING, DESCENDING

from ..shared.question import ORDERED, Ask, Question
from ..shared.tables import Record
from .schema import NULLABLE, Document, View

__all__ = ["SORTED", "Sort", "filter_of", "sort_of"]

SORTED = ORDERED - {"model", "model_version"}
"""Fields a document holds itself."""

Sort = list[tuple[str, int]]

_NEVER: Document = {"_id": {"$in": []}}
_OF_MODELS = {"model": "name", "model_version": "version"}


def filter_of(question: Question, view: View, models: Sequence[Record], names: Mapping[int, str]) -> Document:
    """What finds the versions a question leads to.

    Parameters
    ----------
    question : Question
        The question.
    view : View
        What the reader sees.
    models : sequence of Record
        Every model.
    names : mapping of int to str
        Number of a declared index to the name its keys stand under.
    """
    terms: list[Document] = [{"deleted": False}]
    terms += [_spans(names[number], spans) for number, spans in question.spans]
    terms += [_ask(ask, models) for ask in question.asks]
    return view.newest(*terms) if question.as_of is None else view.before(question.as_of, *terms)


def sort_of(question: Question) -> Sort:
    """The order of a question, what is missing last, ties by id; empty where it has none."""
    if question.order is None:
        return []
    keys: Sort = []
    for field, descending in question.order:
        if field == "id":
            break
        # A field that comes again changes nothing, and to MongoDB it would stand for the first.
        if any(key == field for key, _ in keys):
            continue
        # Missing values are the least to MongoDB: last by themselves where the greatest come first.
        if field in NULLABLE and not descending:
            keys.append((f"none.{field}", ASCENDING))
        keys.append((field, DESCENDING if descending else ASCENDING))
    else:
        return [*keys, ("prediction_id", ASCENDING)]
    return [*keys, ("prediction_id", DESCENDING if descending else ASCENDING)]


def _spans(name: str, spans: Sequence[tuple[bytes, bytes]]) -> Document:
    within = [{"$gte": f"{name}:{low.hex()}", "$lt": f"{name}:{high.hex()}"} for low, high in spans]
    return {"$or": [{"keys": {"$elemMatch": each}} for each in within]} if within else _NEVER


def _ask(ask: Ask, models: Sequence[Record]) -> Document:
    kind = ask[0]
    if kind in ("and", "or"):
        parts = [_ask(part, models) for part in ask[1]]
        return {f"${kind}": parts} if parts else (_NEVER if kind == "or" else {})
    if kind == "not":
        return {"$nor": [_ask(ask[1], models)]}
    if kind == "starts":
        residues = ask[1]
        return {"starts": {"$elemMatch": {"$gte": residues, "$lt": residues[:-1] + chr(ord(residues[-1]) + 1)}}}
    if kind == "holds":
        return {"$and": [{"sequence": {"$regex": re.escape(text)}} for text in ask[1]]}
    if kind in ("in", "range", "null"):
        if ask[1] in _OF_MODELS:
            return _of_model(ask, models)
        return {"prediction_id" if ask[1] == "id" else ask[1]: _of_column(ask)}
    return _NEVER


def _of_column(ask: Ask) -> Any:
    if ask[0] == "null":
        return None
    if ask[0] == "in":
        return {"$in": list(ask[2])}
    low, high = ask[2:]
    term = {} if low is None else {"$gte" if low[1] else "$gt": low[0]}
    if high is not None:
        term["$lte" if high[1] else "$lt"] = high[0]
    return term or {"$ne": None}


def _of_model(ask: Ask, models: Sequence[Record]) -> Document:
    """By the models whose name or version is asked for."""
    column = _OF_MODELS[ask[1]]
    if ask[0] == "null":
        having = [model["model_id"] for model in models if model[column] is None]
        return {"model_id": {"$in": [None, *having]}}
    wanted = set(ask[2]) if ask[0] == "in" else None
    found = [
        model["model_id"]
        for model in models
        if model[column] is not None
        and (model[column] in wanted if wanted is not None else _between(model[column], *ask[2:]))
    ]
    return {"model_id": {"$in": found}}


def _between(value: Any, low: tuple[Any, bool] | None, high: tuple[Any, bool] | None) -> bool:
    above = low is None or (value >= low[0] if low[1] else value > low[0])
    return above and (high is None or (value <= high[0] if high[1] else value < high[0]))
