"""A program that makes one new store after another, each with one record, until it is killed."""

import sys
from pathlib import Path

from proteusdb import DatabaseManager


def stores(folder: str) -> None:
    """Says the number of each store once its record is acknowledged; `ready` comes first."""
    print("ready", flush=True)
    for number in range(100_000):
        with DatabaseManager(database_path=Path(folder) / f"{number}.db") as db:
            db.store_prediction("MKV", None, prediction_id="a")
            print(number, flush=True)


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
