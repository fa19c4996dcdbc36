"""The grammar of `where`."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from proteusdb import DatabaseManager
from proteusdb.errors import QueryError

from .base import Base

__all__ = ["Where"]

_ROWS: dict[str, dict[str, Any]] = {
    "a": {"sequence": "MKLS", "metadata": {"organism": "E. coli", "n": 1, "confidence": 0.9}, "job": "x", "seed": 1},
    "b": {"sequence": "MK:GG", "metadata": {"organism": None, "n": 2.5}, "job": "it's", "seed": 2, "model": "esm2"},
    "c": {"sequence": "ACDEFG", "metadata": {"n": "1", "deep": {"a b": {"c": True}}}, "created_at": "2024-01-02"},
}


class Where(Base):
    """`where=`, in Python as on the command line."""

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("length > 4", "c"),
            ("length >= 4 and length <= 4", "ab"),
            ("length == 4.0", "ab"),
            ("length != 4", "c"),
            ("id == 'a' or id == 'c'", "ac"),
            ("prediction_id in ['a', 'c', 'z']", "ac"),
            ("id not in ['a']", "bc"),
            ("length between 4 and 5", "ab"),
            ("length not between 4 and 5", "c"),
            ("metadata.organism == 'E. coli'", "a"),
            ('metadata.organism == "E. coli"', "a"),
            ("metadata.organism == 'e. coli'", ""),
            # Values of different types are never equal and have no order.
            ("metadata.n == 1", "a"),
            ("metadata.n == '1'", "c"),
            ("metadata.n > 0", "ab"),
            ("metadata.n != 1", "bc"),
            # Missing is not null; a comparison with what is missing is false, whichever it is.
            ("metadata.organism is missing", "c"),
            ("metadata.organism is null", "b"),
            ("metadata.organism is not null", "ac"),
            ("metadata.organism == null", "b"),
            ("metadata.organism != 'E. coli'", "b"),
            ("not metadata.organism == 'E. coli'", "bc"),
            # A column without a value is both.
            ("job is missing", "c"),
            ("job is null", "c"),
            ("job != 'x'", "b"),
            ("seed < 2 or model == 'esm2'", "ab"),
            ("confidence >= 0.9", "a"),
            ("job == 'it''s'", "b"),
            ("metadata.deep.'a b'.c == true", "c"),
            ("sequence glob 'MK*'", "ab"),
            ("sequence not glob 'MK*'", "c"),
            ("sequence matches 'K.S$'", "a"),
            ("sequence prosite 'C-x(2)-F'", "c"),
            ("sequence == 'MK:GG'", "b"),
            ("created_at == '2024-01-02'", "c"),
            ("created_at < '2024-01-03T00:00:00Z'", "c"),
            ("created_at > '2024-01-02'", "ab"),
            ("version == 1 and updated_at > '2020-01-01'", "abc"),
            # `and` binds closer than `or`, `not` closer than both.
            ("id == 'a' or id == 'b' and length > 100", "a"),
            ("(id == 'a' or id == 'b') and length > 100", ""),
            ("not id == 'a' and not id == 'b'", "c"),
            ("NOT (id == 'a' OR id == 'b')", "c"),
        ],
    )
    def test_an_expression_finds_exactly(self, db: DatabaseManager, text: str, expected: str) -> None:
        for key, row in _ROWS.items():
            given = dict(row)
            if "created_at" in given:
                given["created_at"] = dt.datetime.fromisoformat(given["created_at"])
            db.store_prediction(structure=None, prediction_id=key, **given)
        assert db.query_ids(where=text) == list(expected)
        assert db.count(where=text) == len(expected)

    def test_an_expression_joins_the_other_criteria(self, db: DatabaseManager) -> None:
        for number in range(6):
            db.store_prediction("M" * (number + 1), None, seed=number % 2, prediction_id=str(number))
        assert db.query_ids(where="length > 2", seed=1, order_by="-length", limit=1) == ["5"]

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("", ""),
            ("length >", ""),
            ("length = 4", "=="),
            ("lenght > 4", "length"),
            ("length > 'four'", "number"),
            ("id > 4", "text"),
            ("created_at > 'soon'", "date"),
            ("length > 4 seed < 2", ""),
            ("(length > 4", r"\)"),
            ("id in []", ""),
            ("job == x", "quotes"),
            ("job == 'x", "closed"),
            ("length between 5 and 4", ""),
            ("job glob 'x*'", "sequence"),
            ("sequence glob 'M['", ""),
            ("metadata == 5", ""),
            ("not " * 5_000 + "seed == 1", ""),
        ],
    )
    def test_a_bad_expression_is_refused(self, db: DatabaseManager, text: str, message: str) -> None:
        db.store_prediction("MKT", None)
        with pytest.raises(QueryError, match=message or None):
            db.query_predictions(where=text)
