"""One store, many threads and processes: writers, readers, forks, spawns, a map that grows under them."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from durability import programs
from durability.processes import Run, Start, ended
from proteusdb import DatabaseManager
from proteusdb.errors import ConflictError
from proteusdb.testing.synthetic import synthetic_prediction


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "proteus.db"


def test_eight_threads_mix_every_call_and_lose_no_update(path: Path) -> None:
    with DatabaseManager(database_path=path) as db:
        db.store_prediction("MKT", None, {"n": 0}, prediction_id="counter")

        def work(worker: int) -> None:
            mine: list[str] = []
            for number in range(25):
                mine.append(db.store_prediction(**programs.content(f"t{worker}", number)))
                programs.increment(db, "counter")
                if number % 5 == 4:
                    db.delete_prediction(mine.pop(0))
                assert db.count(metadata={"tag": f"t{worker}"}) == len(mine)
                assert all(programs.check(found) for found in db.get_predictions(mine))

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(work, range(8)))
        assert db.get_prediction("counter").metadata["n"] == 8 * 25
        assert db.count() == 8 * 20 + 1
        assert db.verify_integrity().ok


def test_threads_that_store_one_record_each_share_commits(path: Path) -> None:
    threads, each = 16, 25
    with DatabaseManager(database_path=path) as db:
        before = db.stats()["last_transaction"]

        def work(worker: int) -> None:
            for number in range(each):
                record = programs.content(f"t{worker}", number)
                if number % 5 == 4:
                    # A bad one among them fails alone.
                    with pytest.raises(ConflictError):
                        db.store_prediction(**record, prediction_id=f"t{worker}-{number - 1}")
                else:
                    db.store_prediction(**record, prediction_id=f"t{worker}-{number}")
                    assert programs.check(db.get_prediction(f"t{worker}-{number}")), "acknowledged, so it is there"

        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(work, range(threads)))
        commits = db.stats()["last_transaction"] - before
        assert db.count() == threads * each * 4 // 5
        assert commits < threads * each // 2, "each wrote for itself"
        assert db.verify_integrity().ok


def test_a_stream_that_is_given_up_or_goes_slowly_holds_no_transaction(path: Path, start: Start) -> None:
    with DatabaseManager(database_path=path) as db:
        db.store_predictions([programs.content("t", number) for number in range(3000)])
        stream = db.iter_predictions()
        given_up = db.iter_predictions(metadata={"tag": "t"})
        next(stream), next(given_up)
        result = db.query_predictions(metadata={"tag": "t"})
        assert result[0].sequence
        del given_up
        # What is decoded ahead is decoded soon.
        while db.stats()["readers"]:
            pass
        file = path.stat().st_size
        for number in range(40):
            db.store_predictions(
                [{**programs.content("again", i), "prediction_id": f"{number}-{i}"} for i in range(10)]
            )
            db.delete_prediction(f"{number}-0", purge=True)
        assert db.stats()["oldest_reader"] is None
        assert path.stat().st_size < 2 * file
        assert sum(programs.check(found) for found in stream) >= 2999, "it goes on, with what is there then"


def test_processes_write_and_read_at_once(path: Path, start: Start) -> None:
    DatabaseManager(database_path=path).close()
    readers = [start("read_until", path, 120) for _ in range(2)]
    writers = [start("write_some", path, f"w{number}", 40) for number in range(3)]
    assert [ended(writer) for writer in writers] == [["done"]] * 3
    assert [ended(reader) for reader in readers] == [[120]] * 2


def test_processes_count_together_without_losing_one(path: Path, start: Start) -> None:
    with DatabaseManager(database_path=path) as db:
        db.store_prediction("MKT", None, {"n": 0}, prediction_id="counter")
        counters = [start("count_up", path, "counter", 30) for _ in range(3)]
        assert [ended(counter) for counter in counters] == [["done"]] * 3
        assert db.get_prediction("counter").metadata["n"] == 90


def test_children_of_a_fork_use_the_manager_they_inherit(path: Path, run: Run) -> None:
    (said,) = run("fork_mixed", path, 4)
    assert said == {"codes": [0] * 4, "count": 1 + 4 + 4 * 10, "ok": True}


def test_a_fork_that_calls_no_hooks_is_noticed_and_harms_nothing(path: Path, run: Run) -> None:
    (said,) = run("fork_without_hooks", path)
    assert said["child"].startswith("ConnectionError:")
    assert "spawn" in said["child"]
    assert (said["count"], said["ok"]) == (2, True)


def test_spawned_processes_get_the_manager_by_pickle(path: Path, run: Run) -> None:
    (said,) = run("pickled_mixed", path, 2)
    assert said["count"] == 1 + 2 * 10
    assert all(count >= 11 for count in said["counts"])


def test_the_map_grows_under_readers_and_other_processes(
    path: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROTEUSDB_MAP_SIZE", str(1 << 20))
    big = [synthetic_prediction(80, seed) for seed in range(4)]
    with DatabaseManager(database_path=path) as db:
        other = start("read_until", path, 400, env=dict(os.environ))

        def write(worker: int) -> None:
            for number in range(50):
                record = big[number % 4]
                metadata = {"length": len(record["sequence"])}
                db.store_prediction(record["sequence"], record["structure"], metadata)

        def read(worker: int) -> None:
            while db.count() < 400:
                for found in db.iter_predictions():
                    programs.check(found)

        with ThreadPoolExecutor(10) as pool:
            work = [pool.submit(write, n) for n in range(8)] + [pool.submit(read, n) for n in range(2)]
            for done in work:
                done.result(timeout=300)
        assert path.stat().st_size > 1 << 20, "the map never had to grow"
        assert ended(other) == [400]
