"""Programs around compactions."""

import os
import random
import sys
from typing import Any

import lmdb
from programs import content, say

from proteusdb import DatabaseManager

#: What LMDB takes for an entry besides its key and value: the head of its node, and its place in the page.
NODE = 10


def write(path: str, tag: str, times: str) -> None:
    """Stores and changes so many predictions and says each that was acknowledged; any error ends it badly."""
    with DatabaseManager(database_path=path, timeout=600) as db:
        for number in range(int(times)):
            key = f"{tag}-{number:04}"
            db.store_prediction(**content(tag, number), prediction_id=key)
            db.update_prediction(key, {"metadata": {"seen": number}})
            assert db.get_prediction(key).metadata["seen"] == number
            say(key)


def read(path: str) -> None:
    """Reads for ever."""
    with DatabaseManager(database_path=path, read_only=True) as db:
        say("ready")
        while True:
            db.verify_integrity()


def fill(path: str, rows: str) -> None:
    """Loads in an order that leaves pages half empty, and purges a third."""
    randomly = random.Random(2)
    with DatabaseManager(database_path=path, durability="relaxed") as db:
        total = int(rows)
        for start in range(0, total, 1000):
            db.store_predictions([record(randomly, n) for n in range(start, min(start + 1000, total))], workers=1)
        for found in db.query_ids(where="metadata.n < 0.02"):
            db.delete_prediction(found, purge=True)
    say("filled")


def record(randomly: random.Random, number: int) -> dict[str, Any]:
    # Few sequences: the index of residues takes whole pages for some thousands of them, and is another matter.
    letters = random.Random(number % 150)
    sequence = "".join(letters.choices("ACDEFGHIKLMNPQRSTVWY", k=letters.randrange(50, 400)))
    return {
        "prediction_id": f"{randomly.getrandbits(64):016x}",
        "sequence": sequence,
        "structure": None,
        "model": f"model {number % 5}",
        "job": f"job {randomly.randrange(1000)}",
        "metadata": {"n": randomly.random(), "confidence": randomly.random()},
        "arrays": {"x": [number] * 100} if number % 100 == 0 else None,
    }


def measure(path: str) -> None:
    """Says the bytes of the file, and those of its entries as LMDB keeps them; by another reader than ours."""
    live = 0
    with lmdb.open(path, subdir=False, readonly=True, lock=False, max_dbs=64) as env, env.begin() as txn:
        for name in [bytes(name) for name, _ in txn.cursor()]:
            table = env.open_db(name, txn=txn, create=False)
            live += sum(len(key) + len(value) + NODE for key, value in txn.cursor(table))
    say({"file": os.path.getsize(path), "live": live})


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
