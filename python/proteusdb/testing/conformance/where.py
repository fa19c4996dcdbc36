"""The grammar of `where`."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest

from proteusdb import DatabaseManager
from proteusdb.errors import QueryError

from .base import Base

__all__ = ["Where"]

_A = {"organism": "E. coli", "n": 1, "confidence": 0.9, "tags": ["new", "x"]}
_B = {"organism": None, "n": 2.5, "tags": [1, None]}
_ARRAYS = {"pae": np.zeros((4, 4), np.float32)}
_ROWS: dict[str, dict[str, Any]] = {
    "a": {"sequence": "MKLS", "metadata": _A, "job": "x", "seed": 1, "arrays": _ARRAYS},
    "b": {"sequence": "MK:GG", "metadata": _B, "job": "it's", "seed": 2, "model": "esm2"},
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
            # A value may stand first, and a field between two.
            ("4 < length", "c"),
            ("4 <= length < 5", "ab"),
            ("not 4 <= length < 5", "c"),
            ("'x' == job", "a"),
            ("id in ('a', 'c')", "ac"),
            # A part of a text, an item of a list.
            ("metadata.organism contains 'coli'", "a"),
            ("metadata.tags contains 'new'", "a"),
            ("metadata.tags contains 1.0", "b"),
            ("'new' in metadata.tags", "a"),
            ("'new' not in metadata.tags", "bc"),
            ("job contains '''s'", "b"),
            ("metadata.organism exists", "ab"),
            ("metadata.organism not exists", "c"),
            ("metadata.organism is none", "b"),
            # On texts that are no sequence case counts, and a glob is the whole text.
            ("metadata.organism glob 'E.*'", "a"),
            ("metadata.organism glob 'e.*'", ""),
            ("metadata.organism glob 'E'", ""),
            ("job glob '[w-y]'", "a"),
            ("job glob '[!w-y]*'", "b"),
            ("id glob '?'", "abc"),
            ("model not glob 'esm*'", "ac"),
            ("metadata.organism matches 'col'", "a"),
            ("metadata.organism matches '(?i)^e[.] COLI$'", "a"),
            ("metadata.n matches '[0-9]'", "c"),
            # What a record has.
            ("chains == 2", "b"),
            ("chain_types contains 'protein'", "abc"),
            ("'rna' in chain_types", ""),
            ("structure exists", ""),
            ("structure is missing and length > 4", "c"),
            ("arrays contains 'pae'", "a"),
            ("'embedding' not in arrays", "abc"),
            # Told from now on.
            ("updated_at > '1 hour ago' and updated_at <= 'now'", "abc"),
            ("created_at < '2 weeks ago'", "c"),
            ("created_at < 'yesterday' and created_at < '3 months ago'", "c"),
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
            ("seed glob 'x*'", "texts"),
            ("job like 'x%'", "did you mean glob"),
            ("job prosite 'x'", "sequence"),
            ("structure == true", "exists, is missing"),
            ("arrays == 'pae'", "contains"),
            ("seed <> 4", "!="),
            ("organism == 'x'", "metadata.organism"),
            ("job glob 'x['", "not closed"),
            ("metadata.x matches '('", "unclosed"),
            (r"metadata.x matches '(\w{900}){900}'", "too large"),
            (" or ".join(["job glob 'x'"] * 51), "50 patterns"),
            (f"seed in [{', '.join(['1'] * 1_001)}]", "1000 values"),
            ("sequence glob 'M['", ""),
            ("metadata == 5", ""),
            ("not " * 5_000 + "seed == 1", ""),
        ],
    )
    def test_a_bad_expression_is_refused(self, db: DatabaseManager, text: str, message: str) -> None:
        db.store_prediction("MKT", None)
        with pytest.raises(QueryError, match=message or None):
            db.query_predictions(where=text)
