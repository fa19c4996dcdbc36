"""A program that goes on while its writes, syncs, truncations and maps fail: see `shim.c`, which it is started under.

::

    faults.go_on PATH FAULT STRIDE     each operation with its 1st, 2nd, ... call failing, until none is left to fail

Says what was tried and how it ended; ends badly where an error is no clean one, or the store is not as before or after.
"""

import ctypes
import errno
import sys
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from programs import say

from proteusdb import DatabaseManager
from proteusdb.core.keeping.container import Container
from proteusdb.errors import ConnectionError, CorruptionError, ProteusError, StorageError
from proteusdb.testing.synthetic import synthetic_prediction

#: Kinds of calls, how many in a row fail, and with what; below 0 half is written.
FAULTS: dict[str, tuple[bytes, int, int]] = {
    "full": (b"wt", 1 << 30, errno.ENOSPC),
    "write": (b"w", 1, errno.EIO),
    "short": (b"w", 1, -1),
    "sync": (b"s", 1, errno.EIO),
    "truncate": (b"t", 1, errno.EIO),
    "map": (b"m", 1, errno.ENOMEM),
}
#: Calls of one operation that are tried at most.
MOST = 400

shim = ctypes.CDLL(None)
State = dict[str, int]
Fault = tuple[bytes, int, int]
Operation = Callable[[DatabaseManager, State, int], State]


def record(key: str, number: int) -> dict[str, Any]:
    return {**synthetic_prediction(40, number % 5), "prediction_id": key, "metadata": {"n": number}}


def store(db: DatabaseManager, state: State, number: int) -> State:
    db.store_prediction(**record(f"s{number}", number))
    return {**state, f"s{number}": number}


def batch(db: DatabaseManager, state: State, number: int) -> State:
    records = [record(f"b{number}-{n}", number) for n in range(12)]
    db.store_predictions(records, workers=1)
    return {**state, **{one["prediction_id"]: number for one in records}}


def together(db: DatabaseManager, state: State, number: int) -> State:
    with db.transaction():
        db.update_prediction("base-1", {"metadata": {"n": number}})
        db.store_prediction(**record(f"t{number}", number))
    return {**state, "base-1": number, f"t{number}": number}


def update(db: DatabaseManager, state: State, number: int) -> State:
    db.update_prediction("base-0", {"metadata": {"n": number}})
    return {**state, "base-0": number}


def delete(db: DatabaseManager, state: State, number: int) -> State:
    key = min(key for key in state if not key.startswith("base"))
    db.delete_prediction(key)
    return {other: n for other, n in state.items() if other != key}


def cleanup(db: DatabaseManager, state: State, number: int) -> State:
    db.cleanup(keep_versions=1)
    return state


def compact(db: DatabaseManager, state: State, number: int) -> State:
    db.compact()
    return state


def index(db: DatabaseManager, state: State, number: int) -> State:
    db.create_index(f"metadata.n{number}")
    db.drop_index(f"metadata.n{number}")
    return state


OPERATIONS: list[Operation] = [store, batch, together, update, delete, cleanup, compact, index]


def go_on(path: str, name: str, stride: str) -> None:
    """Tries everything; see the head of this file."""
    fault, step = FAULTS[name], int(stride)
    tried: Counter[str] = Counter()
    number = 0
    with DatabaseManager(database_path=path) as db:
        state: State = {}
        for n in range(30):
            db.store_prediction(**record(f"base-{n}", n))
            state[f"base-{n}"] = n
        for operation in OPERATIONS:
            for nth in range(1, MOST, step):
                number += 1
                state = store(db, state, number * 1000)
                error, after = attempt(fault, nth, operation, db, state, number)
                now = seen(db)
                # The same handle sees all of it, or where it failed nothing of it.
                expected = state if error else after
                assert now == expected, f"{operation.__name__} {nth}: {error}: {now.items() ^ expected.items()}"
                state = now
                if tell(tried, operation.__name__, error):
                    break
            assert db.verify_integrity().ok, operation.__name__
    for more in (backups, restores, openings):
        more(path, fault, step, tried)
    say({"tried": tried, "state": state})


def attempt(fault: Fault, nth: int, work: Callable[..., Any], *given: Any) -> tuple[ProteusError | None, Any]:
    """What it answered while its nth call failed, or its clean error."""
    kinds, times, code = fault
    shim.shim_arm(kinds, ctypes.c_long(nth), ctypes.c_long(times), code)
    try:
        return None, work(*given)
    except ProteusError as error:
        if not isinstance(error, StorageError | ConnectionError) or isinstance(error, CorruptionError):
            raise
        return error, None
    finally:
        shim.shim_rest()


def tell(tried: "Counter[str]", what: str, error: ProteusError | None) -> bool:
    """Counts what became of an operation; whether no call of it was left to fail."""
    fired = shim.shim_fired()
    tried[f"{what} {'failed' if error else 'held' if fired else 'untouched'}"] += 1
    assert fired or error is None, error
    return not fired


def seen(db: DatabaseManager) -> State:
    found = {}
    for prediction in db.iter_predictions():
        assert prediction.structure is not None
        assert prediction.structure.sequence == prediction.sequence
        found[prediction.prediction_id] = prediction.metadata["n"]
    return found


def backups(path: str, fault: Fault, stride: int, tried: "Counter[str]") -> None:
    """A backup is whole or has no name."""
    for nth in range(1, MOST, stride):
        target = Path(path).with_name(f"{nth}.backup")
        with DatabaseManager(database_path=path) as db:
            error = attempt(fault, nth, db.backup, target)[0]
        assert target.exists() == (error is None), error
        if error is None:
            Container(target).verify()
        if tell(tried, "backup", error):
            break


def restores(path: str, fault: Fault, stride: int, tried: "Counter[str]") -> None:
    """A restored store is that of the backup, or the one before."""
    source, target = Path(path).with_name("source.backup"), Path(path).with_name("restored.db")
    with DatabaseManager(database_path=path) as db:
        db.backup(source)
        state = seen(db)
    for nth in range(1, MOST, stride):
        with DatabaseManager(database_path=target) as db:
            if nth == 1:
                db.store_prediction(**record("only", 1))
            before = seen(db)
            error = attempt(fault, nth, partial(db.restore, source, overwrite=True))[0]
            # A restore that failed after its store took the place says so too.
            now = seen(db)
            assert now == state or (error is not None and now == before), error
            assert db.verify_integrity().ok
        if tell(tried, "restore", error):
            break


def opened(*paths: str | Path) -> None:
    for path in paths:
        DatabaseManager(database_path=path).close()


def openings(path: str, fault: Fault, stride: int, tried: "Counter[str]") -> None:
    """A store that could not be opened, or made, can be the next time."""
    for nth in range(1, MOST, stride):
        new = Path(path).with_name(f"new{nth}.db")
        error = attempt(fault, nth, opened, path, new)[0]
        with DatabaseManager(database_path=new) as db:
            db.store_prediction("MKV", None)
            assert db.verify_integrity().ok
        if tell(tried, "open", error):
            break


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
