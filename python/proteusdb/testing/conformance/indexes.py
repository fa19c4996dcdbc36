"""Indexes that users declare: they come and go, and no answer changes."""

from __future__ import annotations

from typing import Any

import pytest

from proteusdb import DatabaseManager
from proteusdb.errors import QueryError

from .base import Base, several

__all__ = ["Indexes"]

_VALUES: dict[str, Any] = {
    "a": 1,
    "b": 1.0,
    "c": True,
    "d": None,
    "e": "E. coli",
    "f": "E. coli K12",
    "g": [1, "x"],
    "h": 2**53 + 1,
    "i": float(2**53),
    "j": "x" * 500 + "1",
    "k": "x" * 500 + "2",
    "l": "",
    "m": -0.0,
}
_QUESTIONS = [
    ("metadata.v == 1", "ab"),
    ("metadata.v == true", "c"),
    ("metadata.v is null", "d"),
    ("metadata.v == null", "d"),
    ("metadata.v != 1", "cdefghijklm"),
    ("metadata.v is missing", "z"),
    ("metadata.v exists", "abcdefghijklm"),
    ("metadata.v == 'E. coli'", "e"),
    ("metadata.v glob 'E. coli*'", "ef"),
    ("metadata.v glob 'E?*K*'", "f"),
    ("metadata.v matches 'K12$'", "f"),
    ("metadata.v in [1, 'E. coli', null]", "abde"),
    ("metadata.v > 1", "hi"),
    ("metadata.v > 9007199254740992", "h"),
    ("metadata.v <= 0", "m"),
    ("metadata.v between 'E' and 'F'", "ef"),
    ("metadata.v >= '' and metadata.v < 'E. coli '", "el"),
    (f"metadata.v == '{'x' * 500}1'", "j"),
    (f"metadata.v > '{'x' * 500}1'", "k"),
    ("metadata.v contains 'x'", "gjk"),
    ("metadata.v == 1 or metadata.v is null", "abd"),
    ("metadata.v == 1 and not metadata.v == 1", ""),
    ("metadata.v > 1 and length > 100", ""),
]


class Indexes(Base):
    """`create_index`, `drop_index`, `list_indexes`."""

    @pytest.mark.parametrize("early", [True, False])
    def test_no_answer_changes(self, db: DatabaseManager, early: bool) -> None:
        if early:
            db.create_index("metadata.v")
        for key, value in _VALUES.items():
            db.store_prediction("MKT", None, {"v": value}, prediction_id=key)
        db.store_prediction("MKT", None, prediction_id="z")
        if not early:
            assert db.create_index("metadata.v") is True
        for text, expected in _QUESTIONS:
            assert db.query_ids(where=text) == list(expected), text
            assert db.count(where=text) == len(expected), text
        assert db.query_ids(metadata={"v": [1, "x"]}) == ["g"]
        assert db.query_ids(metadata={"v": (0, 1)}) == ["a", "b", "m"]
        assert db.query_ids(where="metadata.v > 0", order_by="-metadata.v", limit=2) == ["h", "i"]
        db.drop_index("metadata.v")
        assert [db.query_ids(where=text) for text, _ in _QUESTIONS] == [list(expected) for _, expected in _QUESTIONS]
        assert db.verify_integrity().ok

    @several
    def test_every_write_keeps_it(self, db: DatabaseManager) -> None:
        db.create_index("metadata.v")
        db.create_index("rank")
        with db.transaction():
            for key in "abc":
                db.store_prediction("MKT", None, {"v": 1}, prediction_id=key, rank=1)
        db.update_prediction("a", {"metadata": {"v": 2}})
        db.update_prediction("b", {"metadata": {"v": None}})
        db.delete_prediction("c", purge=True)
        assert db.list_indexes() == {"metadata.v": 1, "rank": 2}
        assert db.query_ids(where="metadata.v == 2 and rank == 1") == ["a"]
        moment = db.get_prediction("a").updated_at
        db.store_prediction("MKT", None, {"v": 5}, prediction_id="a", on_conflict="replace")
        assert (db.query_ids(where="metadata.v == 2"), db.query_ids(where="metadata.v >= 5")) == ([], ["a"])
        assert db.query_ids(where="metadata.v == 2", as_of=moment) == ["a"]
        db.revert("a", 2)
        assert db.query_ids(where="metadata.v == 2") == ["a"]
        assert db.verify_integrity().ok

    def test_they_are_listed_in_the_order_of_declaration(self, db: DatabaseManager) -> None:
        assert db.list_indexes() == {}
        assert [db.create_index(name) for name in ("seed", "metadata.a b.c", "seed")] == [True, True, False]
        assert list(db.list_indexes()) == ["seed", "metadata.a b.c"]
        db.drop_index("seed")
        assert list(db.list_indexes()) == ["metadata.a b.c"]

    @pytest.mark.parametrize(
        ("field", "message"),
        [
            ("organism", "metadata.organism"),
            ("job", "always has an index"),
            ("version", "metadata.<path>"),
            ("metadata.", "empty step"),
            ("", "unknown field"),
        ],
    )
    def test_a_field_that_needs_none_is_told_so(self, db: DatabaseManager, field: str, message: str) -> None:
        with pytest.raises(QueryError, match=message):
            db.create_index(field)
        with pytest.raises(QueryError):
            db.drop_index(field)

    def test_dropping_what_is_not_there_names_what_is(self, db: DatabaseManager) -> None:
        db.create_index("metadata.v")
        with pytest.raises(QueryError, match=r"no index is declared on seed; declared are: metadata\.v"):
            db.drop_index("seed")

    def test_inside_a_transaction_they_are_refused(self, db: DatabaseManager) -> None:
        with db.transaction(), pytest.raises(QueryError, match="create_index inside"):
            db.create_index("seed")
