"""MongoDB that is killed, refuses, is silent, is asked by too many, or holds what is not ours."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from typing import Any

import pytest
from pymongo import errors as failures

from backends.faults import Faults
from backends.mongodb_stores import fresh_database, opened
from proteusdb import DatabaseManager
from proteusdb.backends.mongodb import MongodbBackend
from proteusdb.backends.mongodb.connections import translated
from proteusdb.errors import ConnectionError, StorageError, TimeoutError
from services.mongodb import MongoDB


class TestMongodbFaults(Faults):
    @pytest.fixture
    def server(self) -> Iterator[MongoDB]:
        with MongoDB() as server:
            if server.real:
                pytest.skip("the server named for the tests is not ours to kill")
            yield server

    @pytest.fixture
    def url(self, server: MongoDB) -> str:
        return f"{server.url}/faults"


@pytest.fixture
def database() -> Iterator[Any]:
    """An empty database, by pymongo."""
    with fresh_database() as database:
        yield database


# --- connections ------------------------------------------------------------------------------------------------------


def _child(backend: MongodbBackend, sender: Any) -> None:
    DatabaseManager._on(backend).store_prediction("MKT", None, prediction_id="child")
    sender.send(backend.ids(None, 9))


@pytest.mark.filterwarnings("ignore:.*fork.*")
def test_a_child_of_a_fork_has_a_client_of_its_own(database: Any) -> None:
    backend = opened(database)
    DatabaseManager._on(backend).store_prediction("MKT", None, prediction_id="parent")
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_child, args=(backend, sender))
    child.start()
    assert receiver.poll(60), "the child did not answer"
    assert receiver.recv() == ["child", "parent"]
    child.join(60)
    assert backend.ids(None, 9) == ["child", "parent"]


def test_a_database_of_another_program_is_left_alone(database: Any) -> None:
    database.models.insert_one({"_id": "theirs"})
    with pytest.raises(ConnectionError, match="another program"):
        opened(database)
    assert database.list_collection_names() == ["models"]


def test_another_version_of_the_collections_is_refused(database: Any) -> None:
    opened(database).close()
    database.meta.update_one({"_id": "store"}, {"$set": {"schema": 99}})
    with pytest.raises(ConnectionError, match="version 99"):
        opened(database)


def test_a_store_that_only_reads(database: Any) -> None:
    with pytest.raises(ConnectionError, match="no store"):
        opened(database, read_only=True)
    opened(database).close()
    with pytest.raises(StorageError, match="read_only"):
        DatabaseManager._on(opened(database, read_only=True)).store_prediction("MKT", None)


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (failures.OperationFailure("Authentication failed.", 18), ConnectionError, "Authentication failed.*password="),
        (failures.OperationFailure("not authorized on x", 13), StorageError, "refuses: not authorized"),
        (failures.OperationFailure("operation exceeded time limit", 50), TimeoutError, "longer than 3 s"),
        (failures.WaitQueueTimeoutError("full"), TimeoutError, "all 7 connections"),
        (failures.NetworkTimeout("timed out"), TimeoutError, "longer than 3 s"),
        (failures.AutoReconnect("connection closed"), ConnectionError, "was lost: connection closed"),
        (failures.DocumentTooLarge("too large"), StorageError, "16 MB"),
    ],
)  # fmt: skip
def test_errors_of_the_driver_are_told_as_ours(error: Exception, kind: type[Exception], words: str) -> None:
    told = translated(error, "mongodb://someone@there:1/x", 3.0, 7)
    assert type(told) is kind
    with pytest.raises(kind, match=words):
        raise told
