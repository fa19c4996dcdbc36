"""`DatabaseManager.metrics()`: every figure is there, and moves when it should."""

import builtins
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from proteusdb import DatabaseManager
from proteusdb.errors import ConnectionError, QueryError, ValidationError
from proteusdb.metrics import Metrics, instrument, prometheus_collector, serve
from proteusdb.testing import memory_manager
from proteusdb.testing.synthetic import synthetic_prediction


def fill(db: DatabaseManager, count: int = 8) -> list[str]:
    records = []
    for number in range(count):
        record = {**synthetic_prediction(20, number, pae=True), "model": "esmfold", "job": f"job {number}"}
        records.append({**record, "prediction_id": f"p{number}"})
    return db.store_predictions(records).ids


def calls(db: DatabaseManager, kind: str) -> int:
    return int(db.metrics()["queries"].get(kind, {"count": 0})["count"])


def test_every_kind_of_call_is_counted(db: DatabaseManager) -> None:
    fill(db)
    assert (calls(db, "write"), db.metrics()["operations"]) == (1, 8)
    doings = {
        "read": lambda: db.get_prediction("p1"),
        "read_many": lambda: db.get_predictions(["p1", "p2"]),
        "part": lambda: db.get_prediction("p1").structure_data,
        "structures": lambda: db.get_prediction("p1").structure,
        "query": lambda: db.query_ids(model_name="esmfold"),
        "count": lambda: db.count(),
        "best": lambda: db.best(by="confidence"),
        "history": lambda: db.history("p1"),
        "write": lambda: db.update_prediction("p1", {"rank": 3}),
        "index": lambda: db.create_index("metadata.organism"),
        "list": lambda: list(db.iter_predictions(fields=())),
    }
    for kind, do in doings.items():
        before = calls(db, kind)
        do()
        assert calls(db, kind) > before, kind


def test_reads_are_counted_exactly(db: DatabaseManager) -> None:
    fill(db)
    for _ in range(100):
        db.get_prediction("p1")
    told = db.metrics()["queries"]["read"]
    assert told["count"] == 100
    direct = told["plans"]["direct"]
    assert 1 <= direct["timed"] == sum(direct["histogram"].values()) <= 100
    assert 0 < direct["p50"] <= direct["p90"] <= direct["p99"] <= direct["slowest"]
    assert told["seconds"] > 0


def test_queries_are_told_by_plan(db: DatabaseManager) -> None:
    fill(db, 40)
    for number in range(5):
        db.query_ids(job=f"job {number}")
    db.query_ids(where="metadata.organism == 'yeast'")
    db.count(sequence_pattern="*W*")
    queries = db.metrics()["queries"]
    assert {name: plan["count"] for name, plan in queries["query"]["plans"].items()} == {"job": 5, "full scan": 1}
    assert list(queries["count"]["plans"]) == ["sequence index"]
    db.create_index("metadata.organism")
    db.query_ids(where="metadata.organism == 'mouse'")
    plans = db.metrics()["queries"]["query"]["plans"]
    assert plans["full scan"]["count"] == 1  # what was asked before keeps its plan
    assert plans["index on metadata.organism"]["count"] == 1


def test_failed_calls_are_counted_apart(db: DatabaseManager) -> None:
    fill(db)
    for _ in range(3):
        with pytest.raises(QueryError):
            db.query_ids(where="lenght > 3")
    told = db.metrics()["queries"]["query"]
    assert (told["count"], told["failed"]) == (0, 3)


def test_slow_queries_are_kept_with_their_plan(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROTEUSDB_SLOW_SECONDS", "0")
    with DatabaseManager(database_path=path) as db:
        fill(db, 40)
        db.query_ids(job="job 3")
        slow = db.metrics()["slow_queries"]
    assert (slow["threshold_seconds"], slow["count"]) == (0, 1)
    assert {name: slow["last"][0][name] for name in ("kind", "plan", "criteria")} == {
        "kind": "query",
        "plan": "job",
        "criteria": "job='job 3'",
    }


def test_storage_grows_and_caches_are_hit(db: DatabaseManager) -> None:
    first = db.metrics()["storage"]
    assert first["predictions"] == first["growth"]["predictions"] == 0
    fill(db, 40)
    told = db.metrics()
    storage = told["storage"]
    assert (storage["predictions"], storage["growth"]["predictions"]) == (40, 40)
    assert storage["growth"]["residues"] == storage["residues"] == 800
    assert storage["growth"]["file_bytes"] == storage["file_bytes"] - first["file_bytes"] > 0
    assert storage["bytes_per_residue"]["coordinates"] > 0
    assert storage["free_pages"] == storage["free_bytes"] // 4096
    assert told["connections"]["size"] == told["readers"]["limit"] > 0
    assert (told["connections"]["waiting"], told["readers"]["oldest"]) == (0, None)
    before = told["caches"].get("models", {"hits": 0, "misses": 0})
    for _ in range(2):
        assert db.get_prediction("p1").model == "esmfold"
    after = db.metrics()["caches"]["models"]
    assert after["hits"] + after["misses"] == before["hits"] + before["misses"] + 2
    assert 0 <= after["rate"] <= 1


def test_the_process_is_told(db: DatabaseManager) -> None:
    pytest.importorskip("psutil", reason="psutil is not installed")
    first = db.metrics()["system"]
    fill(db)
    told = db.metrics()["system"]
    assert told["memory_bytes"] > 10 << 20
    assert told["cpu_seconds"] >= first["cpu_seconds"] > 0
    assert told["threads"] >= 1
    assert told["round_trip_seconds"] is None
    if "written_bytes" in told:
        assert told["written_bytes"] >= first["written_bytes"]


def test_a_back_end_that_has_a_server_tells_of_it(db: DatabaseManager) -> None:
    backend: Any = db._session.backend
    pings = []
    backend.ping = lambda: pings.append(1)
    backend.connections = lambda: {"size": 10, "in_use": 2, "waiting": 1}
    told = db.metrics()
    assert told["connections"] == {"size": 10, "in_use": 2, "waiting": 1}
    assert told["system"]["round_trip_seconds"] >= 0
    assert pings == [1]


def test_a_layer_may_feed_the_counters(db: DatabaseManager) -> None:
    metrics: Metrics = db._session.metrics
    metrics.observe("retry", 0.25, plan="connection lost")
    told = db.metrics()["queries"]["retry"]
    assert told["plans"]["connection lost"]["seconds"] == 0.25


def test_a_memory_store_tells_what_it_has() -> None:
    with memory_manager() as db:
        db.store_prediction("MKT", None, prediction_id="a")
        db.query_ids(job="x")
        db.get_prediction("a")
        told = db.metrics()
        assert told["storage"]["predictions"] == 1
        assert told["queries"]["query"]["plans"]["full scan"]["count"] == 1


def test_a_closed_database_and_a_transaction_refuse(path: Path) -> None:
    with (
        DatabaseManager(database_path=path) as db,
        pytest.raises(QueryError, match="inside transaction"),
        db.transaction(),
    ):
        db.metrics()
    with pytest.raises(ConnectionError, match="closed"):
        db.metrics()


@pytest.fixture
def without_extras(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine where none of the optional libraries is installed."""
    real = builtins.__import__
    absent = ("psutil", "prometheus_client", "opentelemetry")
    for name in [name for name in sys.modules if name.partition(".")[0] in absent]:
        monkeypatch.delitem(sys.modules, name)

    class Absent:
        def find_spec(self, name: str, path: object = None, target: object = None) -> None:
            if name.partition(".")[0] in absent:
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    monkeypatch.setattr(sys, "meta_path", [Absent(), *sys.meta_path])
    assert real is builtins.__import__


@pytest.mark.usefixtures("without_extras")
def test_what_is_missing_says_which_extra_installs_it(db: DatabaseManager) -> None:
    system = db.metrics()["system"]
    assert "pip install 'proteusdb[metrics]'" in system["missing"]
    assert system["cpu_seconds"] > 0
    with pytest.raises(ValidationError, match=r"prometheus_client, .* pip install 'proteusdb\[metrics\]'"):
        prometheus_collector(db)
    with pytest.raises(ValidationError, match=r"pip install 'proteusdb\[metrics\]'"):
        serve(db, 0)
    with pytest.raises(ValidationError, match=r"opentelemetry, .* pip install 'proteusdb\[opentelemetry\]'"):
        instrument(db)


def test_no_extra_is_imported_before_it_is_used(path: Path) -> None:
    extras = (
        "psutil prometheus_client opentelemetry torch gemmi biotite pyarrow pandas polars psycopg pymongo rich typer"
    )
    code = (
        "import sys; from proteusdb import DatabaseManager; import proteusdb.metrics, proteusdb.interfaces\n"
        f"with DatabaseManager(database_path={str(path)!r}) as db: db.store_prediction('MKT', None); db.query_ids()\n"
        f"print(sorted({set(extras.split())} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert (ran.stdout, ran.stderr) == ("[]\n", "")
