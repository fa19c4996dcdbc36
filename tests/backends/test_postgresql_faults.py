"""PostgreSQL that is killed, refuses, is silent, is asked by too many; and what its planner makes of our questions."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from backends.engines import postgresql_server
from backends.faults import Faults
from proteusdb import DatabaseManager
from proteusdb.errors import ConnectionError, StorageError, TimeoutError
from proteusdb.testing.rows import rows
from services.postgresql import PostgreSQL

SECRET = "correct-horse"


class TestPostgresqlFaults(Faults):
    @pytest.fixture
    def server(self) -> Iterator[PostgreSQL]:
        with PostgreSQL() as server:
            yield server

    @pytest.fixture
    def url(self, server: PostgreSQL) -> str:
        return server.create("faults")


@pytest.fixture(scope="module")
def guarded() -> Iterator[PostgreSQL]:
    """A server that asks for a password."""
    with PostgreSQL(password=SECRET) as server:
        yield server


@pytest.fixture(scope="module")
def own() -> Iterator[PostgreSQL]:
    """A server whose roles are ours to change: the common one, unless that is given."""
    common = postgresql_server()
    if isinstance(common, PostgreSQL):
        yield common
    else:
        with PostgreSQL() as server:
            yield server


def test_a_wrong_password_is_told_and_not_shown(guarded: PostgreSQL) -> None:
    wrong = guarded.url.replace(SECRET, "battery-staple")
    with pytest.raises(ConnectionError, match="password") as told:
        DatabaseManager.from_url(wrong, timeout=5)
    assert "battery-staple" not in str(told.value)


def test_a_right_password_opens_and_is_in_no_repr(guarded: PostgreSQL) -> None:
    with DatabaseManager.from_url(guarded.create("right")) as db:
        db.store_prediction("MKT", None, prediction_id="a")
        assert SECRET not in repr(db)
        assert SECRET not in db.url


def test_an_absent_database_says_how_to_make_it() -> None:
    with pytest.raises(ConnectionError, match="createdb"):
        DatabaseManager.from_url(postgresql_server().address("nowhere"))


def test_a_lock_that_is_held_ends_by_the_timeout() -> None:
    url = postgresql_server().create("locked")
    with DatabaseManager.from_url(url, timeout=0.5, retry_attempts=0) as db, psycopg.connect(url) as other:
        db.store_prediction("MKT", None, prediction_id="a")
        other.execute("LOCK TABLE proteusdb.versions IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(TimeoutError, match=r"0\.5 s"):
            db.count()
        with pytest.raises(TimeoutError):
            db.store_prediction("MKT", None, prediction_id="b")
        other.rollback()
        assert db.query_ids() == ["a"]


def test_a_statement_the_server_refuses_is_told_in_its_words(own: PostgreSQL) -> None:
    url = own.create("refused")
    with DatabaseManager.from_url(url) as db:
        db.store_prediction("MKT", None, prediction_id="a")
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute("CREATE ROLE reader LOGIN")
        admin.execute("GRANT USAGE ON SCHEMA proteusdb TO reader")
        admin.execute("GRANT SELECT ON ALL TABLES IN SCHEMA proteusdb TO reader")
    with DatabaseManager.from_url(url.replace("tester@", "reader@")) as db:
        assert db.query_ids() == ["a"]
        with pytest.raises(StorageError, match="permission denied"):
            db.store_prediction("MKT", None, prediction_id="b")
        assert db.query_ids() == ["a"]


def test_without_trigrams_the_answers_are_the_same(own: PostgreSQL) -> None:
    url = own.create("plain")
    with psycopg.connect(url, autocommit=True) as admin:
        # Whoever may not make extensions gets a store without this index.
        admin.execute("CREATE ROLE modest LOGIN")
        admin.execute("CREATE SCHEMA proteusdb AUTHORIZATION modest")
        admin.execute("REVOKE CREATE ON DATABASE plain FROM PUBLIC")
    with DatabaseManager.from_url(url.replace("tester@", "modest@")) as db:
        db.store_predictions(rows(50, seed=1))
        found = db.query_ids(sequence_pattern="*KT*")
        assert found == [p.prediction_id for p in db.iter_predictions() if "KT" in p.sequence]


QUESTIONS = {
    "chains_pkey": {"sequence_pattern": "MKTAY*"},
    "by_model": {"model_name": "m3", "date_range": ("2024-01-10", "2024-01-12")},
    "by_confidence": {"confidence_threshold": 0.995},
    "by_residues": {"sequence_pattern": "*WWCHMW*"},
    "by_length": {"length_range": (2, 3)},
    "by_key_1": {"metadata": {"organism": "rare"}},
}


@pytest.fixture(scope="module")
def many() -> Iterator[DatabaseManager]:
    """Rows enough that a planner prefers an index."""
    with DatabaseManager.from_url(postgresql_server().create("many"), durability="relaxed") as db:
        db.create_index("metadata.organism")
        db.store_predictions(_made(20_000), batch_size=5_000)
        db.compact()
        yield db


def _made(count: int) -> Iterator[dict[str, object]]:
    letters = "ACDEFGHIKLMNPQRSTVWY"
    for number in range(count):
        text = "".join(letters[(number * 7919 + place * place * 31 + place * number) % 20] for place in range(60))
        yield {
            "prediction_id": f"p{number:06}",
            "sequence": "MKTAY" + text if number % 997 == 0 else text,
            "structure": None,
            "model": f"m{number % 20}",
            "metadata": {"confidence": number % 1000 / 1000, "organism": "rare" if number % 5000 == 0 else "common"},
            "created_at": f"2024-01-{1 + number % 28:02}T00:00:00Z",
        }


@pytest.mark.parametrize("index", QUESTIONS)
def test_questions_use_their_index(many: DatabaseManager, index: str) -> None:
    plan = many.explain(QUESTIONS[index])
    assert index in plan["access"], plan
    assert plan["conditions"] == [] or index == "by_residues"
