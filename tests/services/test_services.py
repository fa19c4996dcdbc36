"""The servers of the tests keep what they acknowledged when they are killed and started again."""

from collections.abc import Iterator

import psycopg
import pymongo
import pytest

from .mongodb import MongoDB
from .postgresql import PostgreSQL
from .postgresql_given import GivenPostgreSQL


@pytest.fixture
def postgresql() -> Iterator[PostgreSQL]:
    with PostgreSQL(password="a secret") as server:
        yield server


@pytest.fixture
def mongodb() -> Iterator[MongoDB]:
    with MongoDB() as server:
        yield server


def test_postgresql_keeps_what_it_acknowledged(postgresql: PostgreSQL) -> None:
    url = postgresql.create("kept")
    with psycopg.connect(url) as connection:
        connection.execute("CREATE EXTENSION pg_trgm")
        connection.execute("CREATE TABLE residues (number integer)")
        connection.execute("INSERT INTO residues VALUES (7)")
    postgresql.kill()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url, connect_timeout=2)
    postgresql.start()
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT number FROM residues").fetchall() == [(7,)]


def test_postgresql_asks_for_its_password(postgresql: PostgreSQL) -> None:
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(postgresql.url.replace("a%20secret", "a%20guess"))


def test_on_a_given_server_databases_are_made_and_dropped(postgresql: PostgreSQL) -> None:
    def names() -> set[str]:
        with psycopg.connect(postgresql.url) as connection:
            return {row[0] for row in connection.execute("SELECT datname FROM pg_database")}

    before = names()
    with GivenPostgreSQL(postgresql.url) as given:
        url = given.create("made")
        assert url == given.address("made")
        with psycopg.connect(url) as connection:
            assert connection.execute("SHOW server_encoding").fetchall() == [("UTF8",)]
        assert len(names() - before) == 1
    assert names() == before


def test_mongodb_keeps_what_it_acknowledged(mongodb: MongoDB) -> None:
    if mongodb.real:
        pytest.skip("the server named for the tests is not ours to kill")
    with pymongo.MongoClient(mongodb.url) as client:
        client.kept.residues.insert_one({"_id": 7})
    mongodb.kill()
    mongodb.start()
    with pymongo.MongoClient(mongodb.url) as client:
        assert client.kept.residues.find_one() == {"_id": 7}
