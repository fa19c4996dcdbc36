"""Programs that the durability tests run as processes of their own.

::

    python programs.py NAME PATH ARGUMENTS...      prints one JSON value a line on stdout, flushed

A process that must be killed, must fork, or may crash is none that pytest runs in.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import multiprocessing
import os
import random
import resource
import signal
import sys
import threading
from typing import Any

import numpy as np

from proteusdb import DatabaseManager
from proteusdb.errors import ProteusError
from proteusdb.testing.synthetic import synthetic_prediction


def say(value: Any) -> None:
    """One line that the parent reads; flushed, so that what was said was meant."""
    print(json.dumps(value), flush=True)


def content(tag: str, number: int) -> dict[str, Any]:
    """A record whose sequence and metadata prove each other."""
    letters = "ACDEFGHIKLMNPQRSTVWY"
    sequence = "".join(letters[(number * 7 + i * i) % 20] for i in range(20 + number % 50))
    return {
        "sequence": sequence,
        "structure": None,
        "metadata": {"tag": tag, "number": number, "length": len(sequence)},
    }


def noisy(matrix: Any, randomly: random.Random) -> Any:
    """The matrix with one in eight of its places a tenth higher."""
    bits = np.random.default_rng(randomly.randrange(1 << 32)).integers(0, 8, matrix.shape)
    return np.round(matrix + 0.1 * (bits == 0), 1).astype(np.float32)


def load(path: str, seed: str, large: str = "0") -> None:
    """Writes for ever, in every way, and says what was acknowledged: {"ids", "group", "size"} or {"update", "n"}."""
    randomly = random.Random(int(seed))
    structure = synthetic_prediction(60, 1, pae=True) if int(large) else None
    with DatabaseManager(database_path=path) as db:
        say("ready")
        for number in range(1_000_000):
            tag = f"{seed}-{number}"
            size = randomly.choice([1, 1, 2, 5, 40])
            records = [content(tag, i) for i in range(size)]
            for i, record in enumerate(records):
                record["prediction_id"] = f"{tag}-{i}"
                record["metadata"]["group_size"] = size
                if structure is not None:
                    record.update(sequence=structure["sequence"], structure=structure["structure"])
                    record["metadata"]["length"] = len(structure["sequence"])
                if structure is not None and number:
                    # Samples of a few jobs: matrices that are coded beside one another.
                    record.update(job=f"job {number % 5}", arrays={"pae": noisy(structure["arrays"]["pae"], randomly)})
            if size == 1:
                db.store_prediction(**records[0])
            elif size == 2:
                with db.transaction():
                    for record in records:
                        db.store_prediction(**record)
            else:
                db.store_predictions(records, batch_size=size)
            say({"ids": [record["prediction_id"] for record in records], "group": tag, "size": size})
            if number % 7 == 0:
                db.update_prediction(f"{tag}-0", {"metadata": {"updated": number}})
                say({"update": f"{tag}-0", "n": number})


def count_up(path: str, key: str, times: str) -> None:
    """Adds to one number by `expected_version`, again and again until it holds."""
    with DatabaseManager(database_path=path) as db:
        for _ in range(int(times)):
            increment(db, key)
    say("done")


def increment(db: DatabaseManager, key: str) -> None:
    """Read, add, write if nobody wrote meanwhile."""
    from proteusdb.errors import ConflictError

    while True:
        found = db.get_prediction(key)
        with contextlib.suppress(ConflictError):
            db.update_prediction(key, {"metadata": {"n": found.metadata["n"] + 1}}, expected_version=found.version)
            return


def write_some(path: str, tag: str, times: str) -> None:
    """Stores a number of predictions."""
    with DatabaseManager(database_path=path) as db:
        for number in range(int(times)):
            db.store_prediction(**content(tag, number), prediction_id=f"{tag}-{number:04d}")
    say("done")


def read_until(path: str, total: str) -> None:
    """Reads everything over and over; each prediction must prove itself; ends when `total` are there."""
    with DatabaseManager(database_path=path, read_only=True) as db:
        seen = 0
        while seen < int(total):
            seen = sum(check(found) for found in db.iter_predictions())
    say(seen)


def check(found: Any) -> int:
    """1 where the parts of a prediction agree."""
    assert len(found.sequence) == found.metadata["length"], found.prediction_id
    if found.structure is not None:
        assert found.structure.sequence == found.sequence, found.prediction_id
    return 1


def fork_mixed(path: str, workers: str) -> None:
    """Children of a fork use the manager they inherit while the parent and its threads go on."""
    db = DatabaseManager(database_path=path)
    db.store_prediction(**content("parent", 0), prediction_id="parent-first")
    busy = threading.Event()
    thread = threading.Thread(target=_keep_reading, args=(db, busy))
    thread.start()
    children = []
    for worker in range(int(workers)):
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                _child_of_fork(db, worker)
                status = 0
            finally:
                os._exit(status)
        children.append(pid)
        db.store_prediction(**content("parent", worker), prediction_id=f"parent-{worker}")
    codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children]
    busy.set()
    thread.join()
    say({"codes": codes, "count": db.count(), "ok": db.verify_integrity().ok})
    db.close()


def fork_without_hooks(path: str) -> None:
    """A fork that Python does not see: the child is told to open anew, and the parent goes on."""
    db = DatabaseManager(database_path=path)
    db.store_prediction("MKT", None, prediction_id="first")
    reads, writes = os.pipe()
    pid = ctypes.CDLL(None).fork()
    if pid == 0:
        try:
            db.get_prediction("first")
        except ProteusError as error:
            os.write(writes, f"{type(error).__name__}: {error}".encode())
        finally:
            os._exit(0)
    os.close(writes)
    os.waitpid(pid, 0)
    db.store_prediction("MKV", None, prediction_id="second")
    with os.fdopen(reads) as child:
        say({"child": child.read(), "count": db.count(), "ok": db.verify_integrity().ok})


def _child_of_fork(db: DatabaseManager, worker: int) -> None:
    assert db.get_prediction("parent-first").metadata["number"] == 0
    for number in range(10):
        db.store_prediction(**content(f"child{worker}", number), prediction_id=f"child{worker}-{number}")
    assert sum(check(found) for found in db.iter_predictions()) >= 11


def _keep_reading(db: DatabaseManager, until: threading.Event) -> None:
    while not until.is_set():
        assert db.count() >= 1
        db.get_prediction("parent-first")


def pickled_mixed(path: str, workers: str) -> None:
    """Spawned processes get the manager by pickle."""
    with DatabaseManager(database_path=path) as db:
        db.store_prediction(**content("parent", 0), prediction_id="parent-first")
        with multiprocessing.get_context("spawn").Pool(int(workers)) as pool:
            counts = pool.starmap(_worker_of_spawn, [(db, worker) for worker in range(int(workers))])
        say({"counts": counts, "count": db.count()})


def _worker_of_spawn(db: DatabaseManager, worker: int) -> int:
    for number in range(10):
        db.store_prediction(**content(f"spawn{worker}", number), prediction_id=f"spawn{worker}-{number}")
    return db.count()


def fill_limited(path: str, limit: str) -> None:
    """Writes until the file may not grow; says each acknowledged id, then the error's class."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
    big = synthetic_prediction(120, 3)
    with DatabaseManager(database_path=path) as db:
        for number in range(100_000):
            try:
                db.store_prediction(**{**big, "metadata": {"number": number}}, prediction_id=f"{number:06d}")
            except ProteusError as error:
                say({"error": [kind.__name__ for kind in type(error).__mro__], "message": str(error)})
                return
            say(f"{number:06d}")


def read_everything(path: str, read_only: str = "0") -> None:
    """Reads and verifies all there is; says what came out, or the error."""
    try:
        with DatabaseManager(database_path=path, read_only=bool(int(read_only))) as db:
            rows = {p.prediction_id: [p.sequence, p.metadata, _digest(p)] for p in db.iter_predictions()}
            say({"rows": rows, "faults": len(db.verify_integrity().faults)})
    except ProteusError as error:
        say({"error": [kind.__name__ for kind in type(error).__mro__], "message": str(error)})


def read_as_nobody(path: str) -> None:
    """`read_everything` by a user whom permissions bind; root gives its rights up once all is imported."""
    from proteusdb.testing import memory_manager

    record = {**synthetic_prediction(5, 1), "arrays": {"x": [1]}}
    with memory_manager() as db:
        _digest(db.get_prediction(db.store_prediction(**record)))
        list(db.iter_predictions())
        db.verify_integrity()
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
    read_everything(path, "1")


def _digest(found: Any) -> list[Any]:
    arrays = {name: array.tobytes().hex() for name, array in found.arrays.items()}
    coords = None if found.structure is None else found.structure.coords.tobytes().hex()
    return [arrays, coords]


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
