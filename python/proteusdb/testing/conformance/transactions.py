"""Many calls as one: all or nothing, own writes seen by id."""

from __future__ import annotations

import threading

import pytest

from proteusdb import DatabaseManager
from proteusdb.errors import ConflictError, PredictionNotFoundError, ProteusError, QueryError, ValidationError

from .base import Base, several

__all__ = ["Transactions"]


class _Stop(Exception):
    """Raised by a test inside a transaction."""


class Transactions(Base):
    """`transaction()`."""

    @several
    def test_everything_is_there_afterwards(self, db: DatabaseManager) -> None:
        db.store_prediction("MKT", None, prediction_id="old")
        with db.transaction():
            db.store_prediction("MKT", None, prediction_id="new")
            assert db.update_prediction("old", {"seed": 1}) == 2
            db.update_prediction("new", {"seed": 2})
        assert db.query_ids() == ["new", "old"]
        assert [db.get_prediction(key).version for key in ("new", "old")] == [2, 2]

    @several
    def test_an_exception_rolls_everything_back(self, db: DatabaseManager) -> None:
        db.store_prediction("MKT", None, {"n": 1}, prediction_id="old")

        def fails() -> None:
            with db.transaction():
                db.store_prediction("MKT", None, prediction_id="new")
                db.update_prediction("old", {"metadata": {"n": 2}})
                db.delete_prediction("old")
                db.store_prediction("ACD", None, model="esm2")
                raise _Stop

        with pytest.raises(_Stop):
            fails()
        assert db.query_ids() == ["old"]
        assert (db.get_prediction("old").version, db.get_prediction("old").metadata) == (1, {"n": 1})
        assert list(db.list_models()) == []

    def test_reads_by_id_see_its_own_writes_and_others_do_not(self, db: DatabaseManager) -> None:
        seen: list[int] = []
        with db.transaction():
            db.store_prediction("MKT", None, {"n": 1}, prediction_id="p", seed=1)
            db.update_prediction("p", {"metadata": {"n": 2}})
            assert (db.get_prediction("p").metadata, db.get_prediction("p").seed) == ({"n": 2}, 1)
            other = threading.Thread(target=lambda: seen.append(db.count()))
            other.start()
            other.join()
            db.delete_prediction("p")
            with pytest.raises(PredictionNotFoundError):
                db.get_prediction("p")
        assert seen == [0]
        assert db.count() == 0

    def test_errors_come_at_the_call_that_makes_them(self, db: DatabaseManager) -> None:
        db.store_prediction("MKT", None, prediction_id="p")
        with db.transaction():
            with pytest.raises(ConflictError):
                db.store_prediction("MKT", None, prediction_id="p")
            with pytest.raises(PredictionNotFoundError):
                db.update_prediction("q", {"seed": 1})
            with pytest.raises(ValidationError):
                db.store_prediction("M-T", None)
            db.store_prediction("ACD", None, prediction_id="q")
        assert db.query_ids() == ["p", "q"]

    @several
    def test_a_change_from_outside_is_a_conflict_and_nothing_is_applied(self, db: DatabaseManager) -> None:
        db.store_prediction("MKT", None, prediction_id="p")

        def interrupted() -> None:
            with db.transaction():
                db.store_prediction("ACD", None, prediction_id="q")
                db.update_prediction("p", {"seed": 1})
                other = threading.Thread(target=lambda: db.update_prediction("p", {"seed": 7}))
                other.start()
                other.join()

        with pytest.raises(ConflictError):
            interrupted()
        assert db.query_ids() == ["p"]
        assert (db.get_prediction("p").version, db.get_prediction("p").seed) == (2, 7)

    def test_queries_inside_and_nesting_are_refused(self, db: DatabaseManager) -> None:
        with db.transaction():
            db.store_prediction("MKT", None, prediction_id="p")
            with pytest.raises(ProteusError):
                db.query_predictions()
            with pytest.raises(ProteusError), db.transaction():
                pass
        assert db.query_ids() == ["p"]

    def test_a_second_prediction_is_refused_where_each_is_its_own_unit(self, db: DatabaseManager) -> None:
        if db._session.backend.capabilities.transactions:
            pytest.skip("this back end writes several as one unit")
        with db.transaction():
            db.store_prediction("MKT", None, prediction_id="o")
            with pytest.raises(QueryError, match="one transaction for each"):
                db.store_prediction("MKT", None, prediction_id="q")
        with db.transaction():
            db.store_prediction("MKT", None, prediction_id="p")
            db.store_analysis("p", {"rmsd": 1.0})
        assert (db.query_ids(), len(db.list_analyses("p"))) == (["o", "p"], 1)

    def test_models_and_analyses_take_part(self, db: DatabaseManager) -> None:
        with db.transaction():
            db.store_prediction("MKT", None, prediction_id="p", model="esm2")
            db.store_analysis("p", {"rmsd": 1.0})
        assert db.get_prediction("p").model == "esm2"
        assert len(db.list_analyses("p")) == 1

    def test_an_empty_transaction_does_nothing(self, db: DatabaseManager) -> None:
        with db.transaction():
            pass
        assert db.count() == 0
