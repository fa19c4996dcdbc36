"""What a back end on a server does when the server, the network or a neighbour misbehaves.

A class for each back end gives `server`, a running one of the test's own, and `url_of`, where a database of it is by
another port.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest

from proteusdb import DatabaseManager
from proteusdb.errors import ConflictError, ConnectionError, ProteusError, TimeoutError
from services.proxy import Proxy
from services.server import LOOPBACK, free_port

__all__ = ["Faults"]

SECRET = "correct-horse"


def _claim(url: str, number: int) -> str:
    """Tries to store the one id that several processes want."""
    with DatabaseManager.from_url(url) as db:
        try:
            db.store_prediction("MKT", None, {"by": number}, prediction_id="the one")
        except ConflictError:
            return "lost"
        return "won"


class Faults:
    """Every fault, over `server` (with `port`, `kill`, `start`) and `url`."""

    @pytest.fixture
    def server(self) -> Iterator[Any]:
        """A server of the test's own, which may be killed."""
        raise NotImplementedError

    @pytest.fixture
    def url(self, server: Any) -> str:
        """An empty database of it."""
        raise NotImplementedError

    def test_a_killed_server_loses_nothing_acknowledged_and_the_manager_goes_on(self, server: Any, url: str) -> None:
        with DatabaseManager.from_url(url, timeout=20, retry_attempts=8) as db:
            kept = [db.store_prediction("MKT", None, {"n": number}) for number in range(20)]
            batch = ({"sequence": "MKV", "structure": None, "prediction_id": f"b{n}"} for n in range(100_000))
            with ThreadPoolExecutor(1) as pool:
                loading = pool.submit(db.store_predictions, batch, batch_size=50)
                while db.count() < 120:
                    time.sleep(0.02)
                server.kill()
                with pytest.raises(ProteusError):
                    loading.result()
            server.start()
            assert db.count(metadata={"n": (0, 19)}) == 20
            assert set(db.query_ids()) >= set(kept)
            assert (db.count() - 20) % 50 == 0, "a batch is there or it is not"
            db.store_prediction("MKT", None, prediction_id="after")
            assert db.verify_integrity().ok

    def test_a_refused_connection_names_the_place_and_no_password(self, url: str) -> None:
        port = free_port()
        parts = urlsplit(url)
        gone = f"{parts.scheme}://someone:{SECRET}@{LOOPBACK}:{port}{parts.path}"
        started = time.monotonic()
        with pytest.raises(ConnectionError) as told:
            DatabaseManager.from_url(gone, timeout=5)
        assert time.monotonic() - started < 10
        assert f"{LOOPBACK}:{port}" in str(told.value)
        assert SECRET not in str(told.value)
        assert SECRET not in repr(told.value)

    def test_a_silent_server_is_left_after_the_timeout(self, server: Any, url: str) -> None:
        with Proxy(server.port) as proxy:
            through = url.replace(f":{server.port}", f":{proxy.port}")
            with DatabaseManager.from_url(through, timeout=1.5, retry_attempts=0) as db:
                db.store_prediction("MKT", None, prediction_id="a")
                proxy.hold()
                started = time.monotonic()
                with pytest.raises((TimeoutError, ConnectionError)):
                    db.count()
                assert time.monotonic() - started < 8
                proxy.release()
                assert db.count() == 1

    def test_a_cut_connection_is_opened_again(self, server: Any, url: str) -> None:
        with Proxy(server.port) as proxy:
            through = url.replace(f":{server.port}", f":{proxy.port}")
            with DatabaseManager.from_url(through, timeout=10) as db:
                db.store_prediction("MKT", None, prediction_id="a")
                for _ in range(3):
                    proxy.cut()
                    assert db.query_ids() == ["a"]
                proxy.cut()
                db.store_prediction("MKT", None, prediction_id="b", on_conflict="skip")
                assert db.query_ids() == ["a", "b"]

    def test_fifty_threads_share_ten_connections(self, url: str) -> None:
        def work(number: int) -> int:
            key = db.store_prediction("MKT", None, {"thread": number})
            return sum(db.get_prediction(key).metadata["thread"] == number for _ in range(10))

        with (
            DatabaseManager.from_url(url, max_connections=10, timeout=60) as db,
            ThreadPoolExecutor(50) as pool,
        ):
            assert list(pool.map(work, range(50))) == [10] * 50
            assert db.count() == 50

    def test_of_eight_processes_that_want_an_id_one_gets_it(self, url: str) -> None:
        with multiprocessing.get_context("spawn").Pool(8) as pool:
            outcomes = pool.starmap(_claim, [(url, number) for number in range(8)])
        assert sorted(outcomes) == ["lost"] * 7 + ["won"]
        with DatabaseManager.from_url(url) as db:
            assert db.count() == 1
            assert len(db.history("the one")) == 1
