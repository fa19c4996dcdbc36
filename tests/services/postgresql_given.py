"""Databases on a PostgreSQL server of somebody's own, which `PROTEUSDB_TEST_POSTGRESQL_URI` names.

::

    PROTEUSDB_TEST_POSTGRESQL_URI=postgresql://tester:secret@db.lab.org/postgres python -m pytest tests/backends

Every database is made for the tests, under a name no other run has, and dropped at their end; no other is touched. What
is killed, or asked with wrong passwords, is a cluster of the tests' own all the same.
"""

import os
import time
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

__all__ = ["VARIABLE", "GivenPostgreSQL"]

VARIABLE = "PROTEUSDB_TEST_POSTGRESQL_URI"


class GivenPostgreSQL:
    """A server that is there already.

    Parameters
    ----------
    uri : str
        Of a database to begin from, and of a user who may make others.
    """

    def __init__(self, uri: str) -> None:
        self._uri = uri
        self._run = f"proteusdb_{os.getpid()}_{time.time_ns() // 1_000_000}"
        self._made: list[str] = []

    @property
    def url(self) -> str:
        """Of the database to begin from."""
        return self._uri

    def address(self, database: str) -> str:
        """The URL of one database of this run."""
        return urlsplit(self._uri)._replace(path=f"/{self._name(database)}").geturl()

    def create(self, name: str) -> str:
        """Makes a database; its URL."""
        with psycopg.connect(self._uri, autocommit=True) as connection:
            text = sql.SQL("CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0")
            connection.execute(text.format(sql.Identifier(self._name(name))))
        self._made.append(self._name(name))
        return self.address(name)

    def __enter__(self) -> "GivenPostgreSQL":
        return self

    def __exit__(self, *_: object) -> None:
        with psycopg.connect(self._uri, autocommit=True) as connection:
            while self._made:
                text = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
                connection.execute(text.format(sql.Identifier(self._made.pop())))

    def _name(self, name: str) -> str:
        return f"{self._run}_{name}"
