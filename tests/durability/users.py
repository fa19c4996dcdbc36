"""Programs that give root's rights up and use a store as somebody else.

::

    users.store PATH UID GID NAME [MASK]      stores one prediction, under a umask
    users.read PATH UID GID                   reads a published store whole
    users.peep PATH UID GID                   reads without a place in the lock file while others write
"""

from __future__ import annotations

import os
import sys
from typing import Any

import crowd
from crowd import say

from proteusdb import DatabaseManager
from proteusdb.errors import ProteusError
from proteusdb.testing import memory_manager

PEEPS = 8


def become(user: str, group: str) -> None:
    """Another user, once all that will be needed is imported: he may not be able to read it."""
    with memory_manager() as db:
        db.store_prediction(**crowd.record(1))
        assert [crowd.check(found) for found in db.iter_predictions()] == [1]
        db.verify_integrity()
    os.setgroups([])
    os.setgid(int(group))
    os.setuid(int(user))


def store(path: str, user: str, group: str, name: str, mask: str = "0o77", mode: str = "0o664") -> None:
    """Says how many predictions there are then, or the error."""
    become(user, group)
    os.umask(int(mask, 8))
    try:
        with DatabaseManager(database_path=path, mode=int(mode, 8)) as db:
            db.store_prediction("MKT", None, prediction_id=name)
            say(db.count())
    except ProteusError as error:
        say(f"{type(error).__name__}: {error}")


def peep(path: str, user: str, group: str) -> None:
    """Says what each of its readings found the writer to have come to; every one is right and whole."""
    become(user, group)
    with DatabaseManager(database_path=path, read_only=True, timeout=120) as db:
        say("ready")
        seen = []
        for _ in range(PEEPS):
            assert db.verify_integrity().ok
            numbers = [crowd.check(found) for found in db.iter_predictions()]
            assert numbers == list(range(len(numbers)))
            seen.append(db.get_prediction(crowd.name(0)).metadata["seen"])
        say(seen)


def read(path: str, user: str, group: str) -> None:
    """Says which records a file holds that one may not write, and whether it is whole; or the error of writing it."""
    become(user, group)
    with DatabaseManager(database_path=path, read_only=True) as db:
        say([[crowd.check(found) for found in db.iter_predictions()], db.verify_integrity().ok])
    try:
        DatabaseManager(database_path=path)
    except ProteusError as error:
        say(told(error))


def told(error: Any) -> str:
    return f"{type(error).__name__}: {error}"


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
