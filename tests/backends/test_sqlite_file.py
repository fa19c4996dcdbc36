"""An SQLite store as a file: what opens it, who shares it, what its indexes are good for, what plain SQL sees."""

import os
import pickle
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from proteusdb import DatabaseManager
from proteusdb.errors import ConnectionError, CorruptionError, StorageError, TimeoutError
from proteusdb.testing.rows import rows
from proteusdb.testing.synthetic import synthetic_prediction


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "proteus.db"


@pytest.fixture
def db(path: Path) -> Iterator[DatabaseManager]:
    with DatabaseManager("sqlite", path) as manager:
        yield manager


def _folded(length: int = 20) -> dict[str, Any]:
    made = synthetic_prediction(length, 1)
    return {"sequence": made["sequence"], "structure": made["structure"]}


# --- opening ----------------------------------------------------------------------------------------------------------


def test_a_file_of_another_engine_names_the_back_end_to_use(tmp_path: Path) -> None:
    with DatabaseManager("lmdb", tmp_path / "l.db") as db:
        db.store_prediction("MKT", None, prediction_id="a")
    with DatabaseManager("sqlite", tmp_path / "s.db") as db:
        db.store_prediction("MKT", None, prediction_id="b")
    for backend, file, other in (("sqlite", "l.db", "lmdb"), ("lmdb", "s.db", "sqlite")):
        before = (tmp_path / file).read_bytes()
        with pytest.raises(ConnectionError, match=other):
            DatabaseManager(backend, tmp_path / file)
        assert (tmp_path / file).read_bytes() == before
    for file, key in (("l.db", "a"), ("s.db", "b")):
        with DatabaseManager.from_url(tmp_path / file) as db:
            assert db.query_ids() == [key]


def test_a_file_of_another_program_is_left_alone(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "other.db") as other:
        other.execute("PRAGMA application_id = 77")
        other.execute("CREATE TABLE versions (x)")
    other.close()
    (tmp_path / "text.db").write_text("not a database at all, only a text that is long enough to be looked at")
    for name, why in (("other.db", "another program"), ("text.db", "no SQLite file")):
        before = (tmp_path / name).read_bytes()
        with pytest.raises(ConnectionError, match=why):
            DatabaseManager("sqlite", tmp_path / name)
        assert (tmp_path / name).read_bytes() == before
    with pytest.raises(ConnectionError, match="folder"):
        DatabaseManager("sqlite", tmp_path)
    with pytest.raises(ConnectionError, match="folder does not exist"):
        DatabaseManager("sqlite", tmp_path / "nowhere" / "p.db")


def test_a_store_with_unknown_tables_is_refused(path: Path) -> None:
    DatabaseManager("sqlite", path).close()
    with sqlite3.connect(path) as other:
        other.execute("PRAGMA user_version = 99")
    other.close()
    with pytest.raises(ConnectionError, match="version 99"):
        DatabaseManager("sqlite", path)


def test_read_only_reads_and_writes_nothing(path: Path, db: DatabaseManager) -> None:
    with pytest.raises(ConnectionError, match="no such file"):
        DatabaseManager("sqlite", path.with_name("absent.db"), read_only=True)
    db.store_prediction("MKT", None, prediction_id="a")
    with DatabaseManager("sqlite", path, read_only=True) as reader:
        assert reader.query_ids() == ["a"]
        with pytest.raises(StorageError, match="read_only"):
            reader.store_prediction("MKT", None)


def test_a_closed_manager_says_so_and_a_pickled_one_reopens(db: DatabaseManager) -> None:
    db.store_prediction("MKT", None, prediction_id="a")
    with pickle.loads(pickle.dumps(db)) as other:
        assert other.query_ids() == ["a"]
    db.close()
    db.close()
    with pytest.raises(ConnectionError, match="closed"):
        db.count()


# --- sharing ----------------------------------------------------------------------------------------------------------


def test_threads_write_and_read_at_once_and_lose_nothing(db: DatabaseManager) -> None:
    def work(worker: int) -> None:
        for number in range(10):
            key = db.store_prediction("MKT", None, {"worker": worker}, prediction_id=f"{worker}-{number}")
            assert db.get_prediction(key).metadata["worker"] == worker
            assert db.count(metadata={"worker": worker}) == number + 1

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))
    assert db.count() == 60
    assert db.verify_integrity().ok


_CHILD = """
import sys
from proteusdb import DatabaseManager
with DatabaseManager("sqlite", sys.argv[1]) as db:
    for number in range(20):
        db.store_prediction("MKT", None, prediction_id=f"{sys.argv[2]}-{number}")
        db.update_prediction("shared", {"metadata": {f"{sys.argv[2]}-{number}": True}})
"""


def test_processes_write_at_once_and_lose_nothing(path: Path, db: DatabaseManager) -> None:
    db.store_prediction("MKT", None, prediction_id="shared")
    children = [subprocess.Popen([sys.executable, "-c", _CHILD, str(path), name]) for name in ("a", "b")]
    assert [child.wait(timeout=120) for child in children] == [0, 0]
    assert db.count() == 41
    assert len(db.get_prediction("shared").metadata) == 40
    assert db.verify_integrity().ok


_WRITER = """
import sys
from proteusdb import DatabaseManager
with DatabaseManager("sqlite", sys.argv[1]) as db:
    for number in range(10**6):
        with db.transaction():
            for side in "ab":
                key = f"{number:05}{side}"
                db.store_prediction("MKT", None, prediction_id=key, arrays={"x": [0.5] * 999})
        print(number, flush=True)
"""


def test_a_killed_writer_leaves_whole_transactions_and_all_that_it_acknowledged(path: Path) -> None:
    writer = subprocess.Popen([sys.executable, "-c", _WRITER, str(path)], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    told = [int(writer.stdout.readline()) for _ in range(15)]
    writer.kill()
    told += [int(line) for line in writer.communicate()[0].split()]
    with DatabaseManager("sqlite", path) as db:
        ids = db.query_ids()
        assert len(ids) % 2 == 0, "both of a transaction or none"
        assert ids[: 2 * len(told)] == [f"{number:05}{side}" for number in told for side in "ab"]
        assert db.get_prediction(ids[-1]).arrays["x"].shape == (999,)
        assert db.verify_integrity().ok
        db.store_prediction("MKT", None)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_opens_its_own_connections(db: DatabaseManager) -> None:
    db.store_prediction("MKT", None, prediction_id="parent")
    child = os.fork()
    if child == 0:
        status = 1
        try:
            db.store_prediction("MKT", None, prediction_id="child")
            status = 0 if db.count() == 2 else 2
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
    db.store_prediction("MKT", None, prediction_id="after")
    assert db.query_ids() == ["after", "child", "parent"]


def test_a_writer_that_waits_too_long_gives_up(path: Path) -> None:
    with DatabaseManager("sqlite", path, timeout=0.2) as db:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(TimeoutError, match="lock"):
            db.store_prediction("MKT", None, prediction_id="a")
        assert db.count() == 0, "readers go on"
        other.execute("ROLLBACK")
        other.close()
        db.store_prediction("MKT", None, prediction_id="a")


# --- what is stored ---------------------------------------------------------------------------------------------------


def test_plain_sql_sees_current_predictions_and_cannot_break_them(path: Path, db: DatabaseManager) -> None:
    given = _folded()
    model = db.store_model("esm2", "1")
    db.store_prediction(**given, metadata={"organism": "E. coli"}, prediction_id="a", model=model)
    db.store_prediction("MKT:GG", None, prediction_id="b")
    db.update_prediction("b", {"metadata": {"n": 1}})
    db.store_prediction("MKT", None, prediction_id="gone")
    db.delete_prediction("gone")
    db.store_analysis("a", {"energy": -1.5}, {"force field": "x"})
    plain = sqlite3.connect(path, isolation_level=None)
    columns = "prediction_id, sequence, structure_data IS NULL, json_extract(metadata, '$.organism'), version, model"
    assert plain.execute(f"SELECT {columns} FROM predictions ORDER BY 1").fetchall() == [
        ("a", given["sequence"], 0, "E. coli", 1, "esm2"),
        ("b", "MKT:GG", 1, None, 2, None),
    ]
    data = plain.execute("SELECT structure_data FROM predictions WHERE prediction_id = 'a'").fetchone()[0]
    assert data == db.get_prediction("a").structure_data
    assert plain.execute("SELECT prediction_id, results, parameters FROM analysis").fetchall() == [
        ("a", '{"energy": -1.5}', '{"force field": "x"}')
    ]
    with pytest.raises(sqlite3.OperationalError, match="view"):
        plain.execute("DELETE FROM predictions")
    plain.close()


def test_blobs_are_shared_and_go_with_the_last_version_that_names_them(db: DatabaseManager) -> None:
    arrays = {"pae": [[0.5] * 200] * 200}
    for key in ("a", "b"):
        db.store_prediction(**_folded(), arrays=arrays, prediction_id=key)
    assert db.stats()["blobs"] == 2
    db.update_prediction("a", {"metadata": {"n": 1}})
    assert db.stats()["blobs"] == 2, "an update of metadata writes no structure"
    db.delete_prediction("a", purge=True)
    assert db.get_prediction("b").arrays["pae"].shape == (200, 200)
    db.delete_prediction("b", purge=True)
    assert (db.stats()["blobs"], db.stats()["versions"]) == (0, 0)
    assert db.verify_integrity().ok


@pytest.mark.parametrize("profile", ["small", "fast", False])
def test_compact_rewrites_structures_and_changes_no_version(db: DatabaseManager, profile: bool | str) -> None:
    text = _folded(30)["structure"].to_pdb()
    db.store_prediction(None, text, prediction_id="a")
    db.update_prediction("a", {"metadata": {"n": 1}})
    before = db.get_prediction("a")
    data, structure = before.structure_data, before.structure
    db.compact(profile)
    after = db.get_prediction("a", version=1)
    assert (after.structure_data == data) == (profile == "fast")
    assert after.structure == structure
    assert dict(after.originals) == {"structure.pdb": text.encode()}
    assert db.verify_integrity().ok


def test_damage_is_found_and_named(path: Path, db: DatabaseManager) -> None:
    for number, key in enumerate(("a", "b", "c")):
        db.store_prediction(**_folded(20 + number), prediction_id=key)
    plain = sqlite3.connect(path, isolation_level=None)
    keys = [row[0] for row in plain.execute("SELECT json_extract(parts, '$[0][3]') FROM versions ORDER BY row")]
    plain.execute("UPDATE blobs SET data = x'00' WHERE key = ?", keys[:1])
    plain.execute("UPDATE blobs SET uses = 7 WHERE key = ?", keys[1:2])
    plain.execute("UPDATE versions SET length = 1 WHERE prediction_id = 'c'")
    plain.execute("INSERT INTO blobs (key, uses, data) VALUES ('lost', 1, x'01')")
    plain.close()
    faults = "\n".join(db.verify_integrity().faults)
    for told in (f"{keys[0]}: its bytes", f"{keys[1]}: 1 versions name it, 7", "'c', version 1", "lost: no version"):
        assert told in faults
    with pytest.raises(CorruptionError, match=keys[0]):
        _ = db.get_prediction("a").structure


def test_a_write_that_fails_half_way_leaves_nothing(db: DatabaseManager, monkeypatch: pytest.MonkeyPatch) -> None:
    from proteusdb.backends.sqlite.writes import SqliteTables

    def fail(*given: Any) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(SqliteTables, "_use_blobs", fail)
        with pytest.raises(StorageError, match="full"):
            db.store_prediction(**_folded(), prediction_id="a")
    assert (db.count(), db.stats()["versions"]) == (0, 0)
    db.store_prediction(**_folded(), prediction_id="a")
    assert db.verify_integrity().ok


# --- questions --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DatabaseManager]:
    """Rows enough for an index to pay."""
    path = tmp_path_factory.mktemp("many") / "proteus.db"
    with DatabaseManager("sqlite", path, durability="relaxed") as manager:
        records = [{**record, "prediction_id": f"{n:05}"} for n, record in enumerate(rows(4000, seed=1))]
        manager.store_predictions(records)
        manager.create_index("metadata.organism")
        manager.compact()
        yield manager


@pytest.mark.parametrize(
    ("criteria", "index"),
    [
        ({"confidence_threshold": 0.99}, "by_confidence"),
        ({"order_by": "-confidence", "limit": 20}, "by_confidence"),
        ({"model_name": "esm2", "date_range": ("2024-01-02", "2024-01-02")}, "by_model"),
        ({"date_range": ("2024-01-02T00:00", "2024-01-02T00:01")}, "by_created"),
        ({"length_range": (3, 3)}, "by_length"),
        ({"job": "job-1"}, "by_job"),
        ({"sequence_pattern": "MLSK*"}, "start>? AND start<?"),
        ({"where": "id in ['00001', '00002']"}, "prediction_id="),
        ({"metadata": {"organism": "E. coli"}}, "by_key_1"),
    ],
)
def test_a_question_walks_its_index(many: DatabaseManager, criteria: dict[str, Any], index: str) -> None:
    told = many.explain(criteria)
    assert index in told["access"], told
    assert told["conditions"] == [], "nothing is left to verify"
    assert told["visited"] == told["returned"]


def test_what_stands_within_a_sequence_is_found_by_its_threes(db: DatabaseManager) -> None:
    def found(**criteria: Any) -> tuple[list[str], str]:
        told = db.explain(criteria)
        return db.query_ids(criteria), told["access"]

    for number, sequence in enumerate(["AAMKLSAA", "AAMKLAA", "LSMKLS:GG", "AAMKSLAA"]):
        db.store_prediction(sequence, None, prediction_id=f"{number}")
    before, _ = found(sequence_pattern="*MKLS*")
    db.compact()
    assert found(sequence_pattern="*MKLS*")[0] == before == ["0", "2"]
    if "grams" not in found(sequence_pattern="*MKLS*")[1]:
        pytest.skip("this Python's SQLite has no FTS5")
    db.delete_prediction("2", purge=True)
    db.delete_prediction("3", purge=True)
    db.store_prediction("CCMKLSCC", None, prediction_id="4")
    db.update_prediction("0", {"metadata": {"n": 1}})
    for criteria in ({"sequence_pattern": "*MKLS*"}, {"where": "sequence glob '*MK?S*' and sequence glob '*KLS*'"}):
        ids, access = found(**criteria)
        assert ids == ["0", "4"]
        assert "grams" in access
    assert db.query_ids(sequence_pattern="*mkls*") == ["0", "4"]
    assert db.query_ids(where="sequence glob '*LS*' and sequence glob 'CCM*'") == ["4"]
    assert db.verify_integrity().ok


def test_explain_divides_a_question(many: DatabaseManager) -> None:
    told = many.explain(where="sequence matches '[KR].[LV]' and confidence >= 0.5")
    assert told["pushed"] == told["answered"] == ["confidence >= 0.5"]
    assert told["conditions"] == ["sequence matches '[KR].[LV]'"]
    assert "v.confidence >= ?" in told["sql"]
    assert told["visited"] >= told["matched"] == told["returned"]
    assert many.explain(where="seed == 1.5")["access"].startswith("nothing")


def test_a_full_page_ends_the_scan(many: DatabaseManager) -> None:
    told = many.explain(where="sequence matches '[A-Z]'", limit=3)
    assert told["stopped_early"]
    assert told["visited"] < 100


def test_a_question_that_takes_too_long_is_stopped(many: DatabaseManager) -> None:
    with DatabaseManager.from_url(many.url, timeout=1e-6) as hurried, pytest.raises(TimeoutError):
        hurried.query_ids(where="sequence matches 'K.*L.*K'")


def test_answers_are_remembered_until_somebody_writes(path: Path, db: DatabaseManager) -> None:
    db.store_prediction("MKT", None, prediction_id="a", job="x")
    assert db.query_ids(job="x") == db.query_ids(job="x") == ["a"]
    with DatabaseManager("sqlite", path) as other:
        other.store_prediction("MKT", None, prediction_id="b", job="x")
    assert db.query_ids(job="x") == ["a", "b"]
    assert db.count(job="x") == 2
