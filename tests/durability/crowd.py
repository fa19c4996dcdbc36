"""Programs of many processes at one store; whatever one reads proves itself, for it follows from its id.

::

    crowd.family PATH CHILDREN SECONDS     children by fork and by spawn read while this process writes
    crowd.grow PATH BYTES                  writes until the file is so long
    crowd.follow PATH                      reads until the writer says it is done
    crowd.load PATH KILOBYTES [COUNT]      one endless `store_predictions`; says what was committed
    crowd.measure PATH KILOBYTES COUNT     how much more memory a load of so many records takes
    crowd.wait PATH SECONDS                one write that has to wait
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import resource
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from proteusdb import DatabaseManager, Structure
from proteusdb.errors import ProteusError

LETTERS = "ACDEFGHIKLMNPQRSTVWY"
NAMES = "ALA CYS ASP GLU PHE GLY HIS ILE LYS LEU MET ASN PRO GLN ARG SER THR VAL TRP TYR".split()
RESIDUES = dict(zip(LETTERS, NAMES, strict=True))
DONE = "done"

# numpy imports its generators when they are first asked for, and what a signal raises meanwhile is lost in that import.
np.random.default_rng(0)


def say(value: Any) -> None:
    """One line that the parent reads, whole even where a signal interrupts it."""
    os.write(1, (json.dumps(value) + "\n").encode())


# --- records that follow from their number ----------------------------------------------------------------------------


def name(number: int) -> str:
    """Ids in the order of their numbers."""
    return f"n{number:08d}"


def letters(number: int) -> str:
    """The sequence of a number."""
    return "".join(LETTERS[(number * 7 + i * i) % 20] for i in range(5 + number % 20))


def coordinates(number: int) -> Any:
    """One atom a residue."""
    return (np.arange(3 * len(letters(number)), dtype=np.float32).reshape(-1, 3) + number % 1000) / 8


def record(number: int) -> dict[str, Any]:
    """What is stored under a number."""
    sequence = letters(number)
    n = len(sequence)
    structure = Structure.from_arrays(
        coords=coordinates(number),
        atom_name=["CA"] * n,
        element=["C"] * n,
        residue_name=[RESIDUES[letter] for letter in sequence],
        chain_id=["A"] * n,
        residue_number=np.arange(1, n + 1),
    )
    return {
        "prediction_id": name(number),
        "sequence": sequence,
        "structure": structure,
        "metadata": {"number": number, "confidence": number % 101 / 100},
        "model": f"model {number % 3}",
        "job": f"job {number % 5}",
        "arrays": {"pae": np.full((n, n), number % 30, np.float32)},
    }


def check(found: Any) -> int:
    """The number of a prediction all of whose parts are as they must be."""
    number = int(found.prediction_id[1:])
    n = len(letters(number))
    assert found.sequence == letters(number), found.prediction_id
    assert (found.metadata["number"], found.confidence) == (number, number % 101 / 100), found.prediction_id
    assert (found.model, found.job) == (f"model {number % 3}", f"job {number % 5}"), found.prediction_id
    np.testing.assert_array_equal(found.structure.coords, coordinates(number))
    np.testing.assert_array_equal(found.arrays["pae"], np.full((n, n), number % 30, np.float32))
    return number


# --- a crowd ----------------------------------------------------------------------------------------------------------


def family(path: str, children: str, seconds: str) -> None:
    """Half of the children by fork, the others by spawn, while this process writes and its threads read."""
    with DatabaseManager(database_path=path) as db:
        db.store_predictions([record(number) for number in range(40)])
        assert check(db.get_prediction(name(7))) == 7
        over = threading.Event()
        threads = [threading.Thread(target=read_until, args=(db, over, seed)) for seed in range(2)]
        for thread in threads:
            thread.start()
        started = [child(kind, db, n, float(seconds)) for n in range(int(children) // 2) for kind in ("fork", "spawn")]
        written = write_while(db, lambda: any(process.is_alive() for process in started))
        over.set()
        for thread in threads:
            thread.join()
        for process in started:
            process.join()
        stats = db.stats()
        say(
            {
                "codes": [process.exitcode for process in started],
                "written": written,
                "count": db.count(),
                "readers": stats["readers"],
                "oldest": stats["oldest_reader"],
                "ok": db.verify_integrity().ok,
            }
        )


def child(kind: str, db: DatabaseManager, seed: int, seconds: float) -> Any:
    """A started process that reads for a while through the manager it inherits, or gets by pickle."""
    process = multiprocessing.get_context(kind).Process(target=read_for, args=(db, seconds, seed))
    process.start()
    return process


def read_for(db: DatabaseManager, seconds: float, seed: int) -> None:
    """What a child does."""
    over = threading.Event()
    timer = threading.Timer(seconds, over.set)
    timer.start()
    assert read_until(db, over, seed) > 0


def read_until(db: DatabaseManager, over: threading.Event, seed: int) -> int:
    """Reads in every way, over and over; the store may only grow, and never has a gap."""
    randomly = random.Random(seed)
    rounds = before = 0
    while not over.is_set() or rounds == 0:
        count = db.count()
        assert count >= before
        before = count
        ids = db.query_ids()
        assert ids == [name(number) for number in range(len(ids))]
        assert len(ids) >= count
        number = randomly.randrange(count)
        assert check(db.get_prediction(name(number))) == number
        assert db.get_array(name(number), "pae", rows=0, cols=(1, 3)).tolist() == [number % 30] * 2
        some = db.query_predictions(confidence_threshold=0.5, job=f"job {number % 5}", order_by="-confidence", limit=9)
        assert all(check(found) % 5 == number % 5 and found.confidence >= 0.5 for found in some)
        start = randomly.randrange(count)
        stream = db.iter_predictions(ids[start : start + 40])
        assert [check(found) for found in stream] == list(range(start, min(start + 40, len(ids))))
        # An iterator that is given up half way leaves nothing behind.
        assert check(next(iter(db.iter_predictions(model_name="model 1")))) % 3 == 1
        rounds += 1
    return rounds


def write_while(db: DatabaseManager, wanted: Any) -> int:
    """Stores in the order of numbers, one by one and in batches, and updates what is there; how many it stored."""
    number = db.count()
    while wanted():
        db.store_prediction(**record(number))
        db.store_predictions([record(number + i) for i in range(1, 20)])
        db.update_prediction(name(number // 2), {"metadata": {"seen": number}})
        db.store_prediction(**record(number), on_conflict="replace")
        if number % 100 == 0:
            # Everybody finds another file under the path, and goes on in it.
            db._session.backend.shrink()
        number += 20
        time.sleep(0.02)
    return number


# --- a map that grows -------------------------------------------------------------------------------------------------


def noise(number: int) -> Any:
    """A megabyte that does not compress."""
    return np.random.default_rng(number).integers(0, 256, 1 << 20, np.uint8)


def grow(path: str, size: str) -> None:
    """Writes noise, eight megabytes a batch, until the file is so long."""
    with DatabaseManager(database_path=path) as db:
        first = db.stats()["map_bytes"]
        number = 0
        while Path(path).stat().st_size < int(size):
            batch = [noise_record(n) for n in range(number, number + 8)]
            number += db.store_predictions(batch).stored
        db.store_prediction("MKT", None, prediction_id=DONE)
        say({"stored": number, "first": first, "last": db.stats()["map_bytes"], "ok": db.verify_integrity().ok})


def noise_record(number: int) -> dict[str, Any]:
    return {"sequence": "MKT", "structure": None, "prediction_id": name(number), "arrays": {"noise": noise(number)}}


def follow(path: str) -> None:
    """Reads what is new, and something that is old, until the writer is done; says how many it saw."""
    seen = 0
    with DatabaseManager(database_path=path, read_only=True) as db:
        while True:
            ids = db.query_ids()
            for number in [*range(seen, min(seen + 2, len(ids) - 1)), *range(1 if seen else 0)]:
                np.testing.assert_array_equal(db.get_array(name(number), "noise"), noise(number))
            if ids and ids[0] == DONE:
                say(len(ids) - 1)
                return
            seen = max(seen, len(ids) - 2)


# --- loads ------------------------------------------------------------------------------------------------------------


def loaded(kilobytes: int, count: int) -> Iterator[dict[str, Any]]:
    """Records of so many kilobytes that compress by about half, as predicted errors do."""
    randomly = np.random.default_rng(1)
    for number in range(count):
        errors = randomly.integers(0, 3000, kilobytes * 256).astype(np.float32) / 100
        yield {"sequence": "MKT", "structure": None, "prediction_id": name(number), "arrays": {"pae": errors}}


def load(path: str, kilobytes: str, count: str = "1000000000") -> None:
    """Loads without end; says after each batch how many are committed, and when interrupted what was reported."""
    with DatabaseManager(database_path=path) as db:
        say("ready")
        try:
            db.store_predictions(loaded(int(kilobytes), int(count)), batch_size=64, progress=lambda done, _: say(done))
        except KeyboardInterrupt as stop:
            say({"notes": stop.__notes__})


def measure(path: str, kilobytes: str, count: str) -> None:
    """Says by how many bytes a load raised the most memory this process ever had."""
    with DatabaseManager(database_path=path) as db:
        db.store_prediction("MKT", None, arrays={"pae": np.zeros(8)})
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        report = db.store_predictions(loaded(int(kilobytes), int(count)))
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        unit = 1 if sys.platform == "darwin" else 1024
        say({"stored": report.stored, "grown": (after - before) * unit})


def wait(path: str, seconds: str) -> None:
    """Says how a write ended that found another writer."""
    with DatabaseManager(database_path=path, timeout=float(seconds)) as db:
        say("ready")
        try:
            db.store_prediction("MKT", None)
            say("stored")
        except KeyboardInterrupt:
            say("interrupted")
        except ProteusError as error:
            say(f"{type(error).__name__}: {error}")


# --- forks ------------------------------------------------------------------------------------------------------------


def fork_in_the_middle(path: str, forks: str) -> None:
    """Forks while threads are in the middle of calls and of a stream; children go on with the stream they inherit."""
    with DatabaseManager(database_path=path) as db:
        db.store_predictions([record(number) for number in range(200)])
        over = threading.Event()
        threads = [threading.Thread(target=busy, args=(db, over, task)) for task in range(4)]
        for thread in threads:
            thread.start()
        codes = []
        for _ in range(int(forks)):
            stream = db.iter_predictions(workers=2)
            first = [check(next(stream)) for _ in range(20)]
            pid = os.fork()
            if pid == 0:
                status = 1
                try:
                    assert first + [check(found) for found in stream] == list(range(200))
                    db.store_prediction("MKT", None, prediction_id=f"child {os.getpid()}")
                    status = 0
                finally:
                    os._exit(status)
            assert [check(found) for found in stream][-1] == 199
            codes.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
            db.delete_prediction(f"child {pid}", purge=True)
        over.set()
        for thread in threads:
            thread.join()
        say({"codes": codes, "ok": db.verify_integrity().ok})


def busy(db: DatabaseManager, over: threading.Event, task: int) -> None:
    """One kind of call, again and again."""
    while not over.is_set():
        if task == 0:
            assert db.verify_integrity().ok
        elif task == 1:
            db.update_prediction(name(3), {"metadata": {"again": time.time()}})
        elif task == 2:
            assert db.count(sequence_pattern="re:[A-Z]+") >= 200
        else:
            db.store_predictions([{**record(n), "on_conflict": "skip"} for n in range(30)])


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
