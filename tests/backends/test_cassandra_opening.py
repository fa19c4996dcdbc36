"""Opening a cluster says what is there, and refuses what would not hold."""

import pickle
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from backends.cassandra_stores import open_cassandra, options, session
from proteusdb import DatabaseManager, DistributedDatabaseManager
from proteusdb.errors import ConnectionError, QueryError, StorageError, ValidationError
from services.cassandra import shared
from services.server import free_port

README = Path(__file__).parents[2] / "README.md"


@pytest.fixture(autouse=True)
def nodes() -> Iterator[None]:
    with shared().among():
        yield


@pytest.mark.parametrize(
    ("given", "allowed"),
    [
        ({"sharding_strategy": "range"}, "allowed are hash"),
        ({"consistency": "two"}, "local_quorum"),
        ({"replicas": 0}, "1 or more"),
        ({"replicas": {}}, "dict of data centre"),
        ({"hosts": []}, "names or addresses"),
        ({"in_flight": 0}, "1 or more"),
        ({"database": "No-Such"}, "lower-case"),
        ({"tls": {"ca": "/absent.pem"}}, "no such file"),
    ],
    ids=str,
)
def test_what_is_not_allowed_is_told_with_what_is(given: dict[str, object], allowed: str) -> None:
    with pytest.raises(ValidationError, match=allowed):
        DistributedDatabaseManager(**{**options(), **given})


def test_more_replicas_than_nodes_are_told_with_the_number_there_is() -> None:
    with pytest.raises(ConnectionError, match=r"3 of 7 replicas.*needs 4 replicas; use replicas=3"):
        DistributedDatabaseManager("hash", 7, **options(database="never_made"))
    with session() as cql:
        assert "never_made" not in {row[0] for row in cql.execute("SELECT keyspace_name FROM system_schema.keyspaces")}


def test_nobody_there_is_told_within_the_timeout_with_the_hosts() -> None:
    started = time.monotonic()
    with pytest.raises(ConnectionError, match=r"127\.0\.0\.1, 127\.0\.0\.2"):
        DistributedDatabaseManager(hosts=["127.0.0.1", "127.0.0.2"], port=free_port(), timeout=10, password="secret")
    assert time.monotonic() - started < 10


def test_a_keyspace_says_how_many_replicas_it_keeps(tmp_path: Path) -> None:
    with open_cassandra(tmp_path) as db:
        keyspace = db.url.rpartition("/")[2]
    with pytest.raises(ConnectionError, match="use replicas=3"):
        DistributedDatabaseManager(replicas=1, **options(database=keyspace))


def test_a_keyspace_of_another_program_is_left_alone() -> None:
    with session() as cql:
        three = "{'class': 'SimpleStrategy', 'replication_factor': 3}"
        cql.execute(f"CREATE KEYSPACE IF NOT EXISTS strange WITH replication = {three}")
        cql.execute("CREATE TABLE IF NOT EXISTS strange.things (a int PRIMARY KEY)")
        with pytest.raises(ConnectionError, match=r"tables of another program.*things"):
            DistributedDatabaseManager(**options(database="strange"))
        assert list(cql.execute("SELECT * FROM strange.things")) == []


def test_reading_alone_makes_nothing(tmp_path: Path) -> None:
    with pytest.raises(ConnectionError, match="without read_only"):
        DistributedDatabaseManager(read_only=True, **options(database="not_there"))
    with open_cassandra(tmp_path) as db:
        db.store_prediction("MKT", None, prediction_id="p")
    with open_cassandra(tmp_path, read_only=True) as reader:
        assert reader.query_ids() == ["p"]
        with pytest.raises(StorageError, match="read_only"):
            reader.store_prediction("MKT", None)


def test_a_url_opens_it_and_a_pickle_opens_it_again(tmp_path: Path) -> None:
    with open_cassandra(tmp_path) as db:
        db.store_prediction("MKT", None, prediction_id="p")
        url = f"{db.url}?replicas=3&consistency=one&timeout=60"
    with DatabaseManager.from_url(url) as opened:
        assert isinstance(opened, DistributedDatabaseManager)
        assert opened.cluster_status()["consistency"] == "one"
        with pickle.loads(pickle.dumps(opened)) as again:
            assert (type(again), again.query_ids()) == (DistributedDatabaseManager, ["p"])


def test_the_status_tells_the_nodes_and_what_they_own(tmp_path: Path) -> None:
    with open_cassandra(tmp_path) as db:
        status = db.cluster_status()
        assert [node["address"] for node in status["nodes"]] == shared().hosts
        assert [node["state"] for node in status["nodes"]] == ["up"] * 3
        assert sum(node["owned"] for node in status["nodes"]) == pytest.approx(1)
        assert [node["replicated"] for node in status["nodes"]] == pytest.approx([1, 1, 1])
        assert "Murmur3" in status["partitioner"]
        assert status["replication"]["class"] == "NetworkTopologyStrategy"


def test_a_call_may_have_a_consistency_of_its_own(tmp_path: Path) -> None:
    with open_cassandra(tmp_path) as db:
        with db.at("all"):
            db.store_prediction("MKT", None, prediction_id="p")
            assert db.cluster_status()["consistency"] == "all"
        with db.at("one"):
            assert db.get_prediction("p").sequence == "MKT"
        assert db.cluster_status()["consistency"] == "quorum"
        with pytest.raises(QueryError, match="local_quorum"), db.at("most"):
            pass


def test_the_readme_is_true(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    [block] = re.findall(r"^```py\n(.*?)^```", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    with open_cassandra(tmp_path) as db:
        keyspace = db.url.rpartition("/")[2]
    here = block.replace('["10.0.0.1", "10.0.0.2"]', repr(shared().hosts)).replace('"proteus"', repr(keyspace))
    exec(here.replace("hosts=nodes", f"hosts=nodes, port={shared().port}, timeout=60"), {})
    said = capsys.readouterr().out.splitlines()
    assert (said[0], said[2], "'state': 'up'" in said[1]) == ("['P1']", "MKTAYIAKQR", True)
