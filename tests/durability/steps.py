"""A program that is killed at one of the steps of an operation: see `shim.c`, which it is started under.

::

    steps.make PATH               the store that all begin with
    steps.killed PATH NAME NTH    the operation; the nth write, sync, truncation, rename or unlink does not return
"""

import ctypes
import sys
from pathlib import Path

from programs import say

from proteusdb import DatabaseManager, DatabaseMigrator
from proteusdb.testing.synthetic import synthetic_prediction

COUNT = 60


def make(path: str) -> None:
    """A store with old versions, dead bytes and free pages, a backup of it, and what is said of it."""
    record = synthetic_prediction(50, 1)
    with DatabaseManager(database_path=path) as db:
        for turn in range(3):
            rows = [{**record, "prediction_id": f"p{n:03}", "metadata": {"n": n, "turn": turn}} for n in range(COUNT)]
            db.store_predictions([{**row, "on_conflict": "replace"} for row in rows], workers=1)
        for n in range(COUNT, COUNT + 30):
            db.store_prediction(**{**record, "sequence": None}, prediction_id=f"p{n:03}")
            db.delete_prediction(f"p{n:03}", purge=True)
        db.backup(Path(path).with_suffix(".backup"))
    say("made")


def update(path: str) -> None:
    with DatabaseManager(database_path=path) as db:
        db.store_predictions(
            [
                {**synthetic_prediction(50, 2), "prediction_id": f"p{n:03}", "on_conflict": "replace"}
                for n in range(COUNT)
            ]
        )


def compact(path: str) -> None:
    with DatabaseManager(database_path=path) as db:
        db.compact()


def cleanup(path: str) -> None:
    with DatabaseManager(database_path=path) as db:
        db.cleanup(keep_versions=1)


def backup(path: str) -> None:
    with DatabaseManager(database_path=path) as db:
        db.backup(Path(path).with_suffix(".second.backup"))


def restore(path: str) -> None:
    with DatabaseManager(database_path=path) as db:
        db.restore(Path(path).with_suffix(".backup"), overwrite=True)


def repair(path: str) -> None:
    with DatabaseManager(database_path=path) as db:
        db._session.backend.repair(None)


def migrate(path: str) -> None:
    with DatabaseMigrator(path) as migrator:
        migrator.downgrade_schema(1, allow_loss=True)
        migrator.upgrade_schema()


def killed(path: str, name: str, nth: str) -> None:
    """Says `done` where there was no such step left."""
    shim = ctypes.CDLL(None)
    shim.shim_arm(b"wstru", ctypes.c_long(int(nth)), ctypes.c_long(1), -2)
    globals()[name](path)
    shim.shim_rest()
    say("done")


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
