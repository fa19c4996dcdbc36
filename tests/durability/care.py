"""Programs that look after a store for ever, to be killed."""

import sys
from pathlib import Path

from programs import say

from proteusdb import DatabaseManager


def backups(path: str, folder: str, number: str) -> None:
    """Writes one backup after the other."""
    with DatabaseManager(database_path=path) as db:
        say("ready")
        for count in range(1_000_000):
            db.backup(Path(folder) / f"{number}-{count}.backup")
            db.store_prediction("MKV", None)


def restores(path: str, backup: str) -> None:
    """Restores, writes, and restores again."""
    with DatabaseManager(database_path=path) as db:
        say("ready")
        while True:
            db.restore(backup, overwrite=True)
            db.store_prediction("MKV", None)


def repairs(path: str, backup: str) -> None:
    """Makes the store anew, again and again, though it is sound."""
    with DatabaseManager(database_path=path) as db:
        say("ready")
        while True:
            db._session.backend.repair(None)


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
