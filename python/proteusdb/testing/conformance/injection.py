"""Whatever text a caller gives is data: it comes back as it was, or is refused as it is everywhere."""

from __future__ import annotations

from typing import Any

import pytest

from proteusdb import DatabaseManager
from proteusdb.errors import ProteusError

from ..managers import memory_manager
from .base import Base

__all__ = ["HOSTILE", "Injection"]

HOSTILE = {
    "quote": "it's a '' quote",
    "double quote": 'say "yes"',
    "statement": "'; DROP TABLE predictions; --",
    "like": "100%_sure\\%",
    "parameter": "? :name $1 %s @x {0}",
    "operator": "$where",
    "operator within": '{"$gt": ""}',
    "dots": "a.b..c.",
    "json": '{"a": [1, 2]}',
    "tag": '{"$time": "now"}',
    "newline": "line\r\nline\ttab",
    "control": "bell\x07 escape\x1b del\x7f",
    "nul": "before\x00after",
    "emoji": "\U0001f9ec\U0001f469\U0001f3fd\u200d\U0001f52c",
    "combining": "e\u0301 is not \u00e9",
    "right to left": "\u202eevil\u202c \u0634\u0644\u0648\u0645",
    "last": "\U0010ffff",
    "space": " ",
    "long": "x" * 10_000,
    "surrogate": "half \ud83e",
    "empty": "",
}
"""Texts that have a meaning to some engine, or to none."""

_texts = pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)


def _stored(db: DatabaseManager, given: dict[str, Any]) -> Any:
    """What came of a record: everything that was stored, or the kind of error."""
    db.store_prediction("MKT", None, prediction_id="neighbour")
    try:
        key = db.store_prediction(**{"sequence": "MKT", "structure": None, "prediction_id": "a", **given})
    except (ProteusError, UnicodeError) as error:
        return type(error), db.query_ids()
    found = db.get_prediction(key).to_dict()
    return {name: found[name] for name in ("prediction_id", "metadata", "model", "job")}, db.query_ids()


def _answer(db: DatabaseManager, criteria: dict[str, Any]) -> Any:
    """Who matches, or the kind of error."""
    try:
        return db.query_ids(criteria), db.count(criteria)
    except (ProteusError, UnicodeError) as error:
        return type(error)


class Injection(Base):
    """Texts as ids, names, jobs, metadata and patterns; the memory store says what is right."""

    @_texts
    @pytest.mark.parametrize("place", ["prediction_id", "job", "model", "key", "value", "deep key", "array"])
    def test_a_text_is_data_in_every_place(self, db: DatabaseManager, place: str, text: str) -> None:
        records: dict[str, dict[str, Any]] = {
            "key": {"metadata": {text: 1}},
            "value": {"metadata": {"k": text, "list": [text, {"k": text}]}},
            "deep key": {"metadata": {"k": {text: {text: None}}}},
            "array": {"arrays": {text: [1.0]}},
        }
        record = records.get(place, {place: text})
        with memory_manager() as oracle:
            assert _stored(db, record) == _stored(oracle, record)

    @_texts
    @pytest.mark.parametrize("declared", [False, True])
    def test_a_text_is_data_in_every_question(self, db: DatabaseManager, declared: bool, text: str) -> None:
        quoted = "'" + text.replace("'", "''") + "'"
        questions: list[dict[str, Any]] = [
            {"job": text},
            {"model_name": text},
            {"sequence_pattern": text},
            {"metadata": {"k": text}},
            {"metadata": {text: 1}},
            {"metadata": {"k": (text, None)}},
            {"where": text},
            {"order_by": text},
            *({"where": f"{field} {test}"} for field in ("id", "job", "metadata.k") for test in _tests(quoted)),
        ]
        with memory_manager() as oracle:
            for side in (db, oracle):
                if declared:
                    side.create_index("metadata.k")
                for number, key in enumerate(("plain", text, f"{text}{text}", f"x{text}x")):
                    record = {"prediction_id": key, "job": key, "model": key, "metadata": {"k": key, "n": number}}
                    _stored_or_not(side, record)
                    _stored_or_not(side, {"prediction_id": f"{number}", "metadata": {key: 1}})
            for question in questions:
                assert _answer(db, question) == _answer(oracle, question), question


def _tests(quoted: str) -> list[str]:
    return [
        f"== {quoted}",
        f"!= {quoted}",
        f"in ['a', {quoted}]",
        f"> {quoted}",
        f"contains {quoted}",
        f"glob {quoted}",
    ]


def _stored_or_not(db: DatabaseManager, record: dict[str, Any]) -> None:
    try:
        db.store_prediction("MKT", None, **record)
    except (ProteusError, UnicodeError):
        # Whether it is refused is the other test's question.
        return
