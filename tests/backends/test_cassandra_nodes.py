"""Nodes die, and nothing that was acknowledged is lost.

::

    load, mixed reads and writes    node 3 killed meanwhile: no error reaches the caller
    at quorum, two nodes            everything acknowledged is there
    node 3 back, hints drained,
    nodes 1 and 2 killed            everything is on node 3 alone; quorum says how many replicas there are
    node 3 stopped, all started     everything is there

`PROTEUSDB_SOAK=1` loads 5,000 predictions and mixes for 60 s.
"""

import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from backends.cassandra_stores import open_cassandra
from proteusdb import DistributedDatabaseManager
from proteusdb.errors import ConnectionError, TimeoutError
from services.cassandra import Cassandra, shared
from services.server import until

SOAK = os.environ.get("PROTEUSDB_SOAK") == "1"
LOADED, SECONDS = (5_000, 60.0) if SOAK else (400, 6.0)
PORTION = 100


@pytest.fixture
def nodes() -> Iterator[Cassandra]:
    cluster = shared()
    with cluster.alone():
        yield cluster


def record(number: int) -> dict[str, Any]:
    sequence = "".join(random.Random(number).choices("ACDEFGHIKLMNPQRSTVWY", k=60))
    return {
        "prediction_id": f"p{number:05}",
        "sequence": sequence,
        "structure": None,
        "metadata": {"confidence": number % 100 / 100, "n": number},
    }


class Acknowledged:
    """What callers were told, and what they were not to be told."""

    def __init__(self) -> None:
        self.versions: dict[str, int] = {}
        self.errors: list[BaseException] = []

    def running(self, work: Callable[[], None]) -> threading.Thread:
        def run() -> None:
            try:
                work()
            except BaseException as error:
                self.errors.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    def missing(self, db: DistributedDatabaseManager) -> list[str]:
        """Of what was acknowledged, what is not there."""
        found = db.get_predictions(sorted(self.versions))
        return [one.prediction_id for one in found if one.version < self.versions[one.prediction_id]]


def load(db: DistributedDatabaseManager, told: Acknowledged, loaded: threading.Event) -> None:
    for start in range(0, LOADED, PORTION):
        report = db.store_predictions([record(number) for number in range(start, start + PORTION)], batch_size=50)
        told.versions.update(dict.fromkeys(report.ids, 1))
        loaded.set()


def mix(db: DistributedDatabaseManager, told: Acknowledged, worker: int) -> None:
    chance, end, number = random.Random(worker), time.monotonic() + SECONDS, 0
    while time.monotonic() < end:
        key = f"mixed {worker} {number}"
        db.store_prediction("MKTAYIAKQR", None, {"confidence": 0.5, "worker": worker}, prediction_id=key)
        told.versions[key] = 1
        number += 1
        older = f"mixed {worker} {chance.randrange(number)}"
        told.versions[older] = db.update_prediction(older, {"seed": number})
        assert db.get_prediction(older).seed == number
        if number % 5 == 0:
            assert key in db.query_ids(metadata={"worker": worker}, confidence_threshold=0.5)
            assert db.query_ids(order_by="-confidence", limit=3)


def hints_left(cluster: Cassandra, node: int) -> int:
    """Files of hints a node keeps for others."""
    return sum(1 for _ in (cluster.folder / str(node) / "hints").glob("*.hints"))


@pytest.mark.timeout(1_800)
def test_no_node_that_dies_takes_anything_along(nodes: Cassandra, tmp_path: Path) -> None:
    told = Acknowledged()
    with open_cassandra(tmp_path) as db:
        loaded = threading.Event()
        work = [told.running(lambda: load(db, told, loaded))]
        assert loaded.wait(120), told.errors
        nodes.kill(3)
        work += [told.running(lambda worker=worker: mix(db, told, worker)) for worker in range(2)]
        for thread in work:
            thread.join()
        assert told.errors == []
        assert sum(key.startswith("p") for key in told.versions) == LOADED
        assert told.missing(db) == []
        assert db.count(where="metadata.n >= 0") == LOADED

    nodes.start(3)
    nodes.wait(3)
    until(lambda: hints_left(nodes, 1) + hints_left(nodes, 2) == 0, 120, lambda: "hints are not drained")
    with open_cassandra(tmp_path) as db:
        nodes.kill(1, 2)
        with db.at("one"):
            assert told.missing(db) == []
        with pytest.raises((ConnectionError, TimeoutError), match="1 of the 2 replicas"):
            db.get_prediction("p00000")
        with pytest.raises((ConnectionError, TimeoutError), match="of the 2 replicas"):
            db.store_prediction("MKT", None, prediction_id="refused")

    nodes.stop(3)
    nodes.start(1, 2, 3)
    nodes.wait()
    with open_cassandra(tmp_path) as db:
        assert told.missing(db) == []
        assert db.count(where="metadata.n >= 0") == LOADED
        assert db.verify_integrity().faults == ()
