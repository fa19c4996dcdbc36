"""Programs about a loss of power; the first runs under `shim.c`, which records what it writes.

::

    power.write PATH DURABILITY LOG SEED     stores, changes, deletes; what was acknowledged is a mark in the log
    power.look PATH...                       opens images and says what is in them
"""

import ctypes
import json
import random
import sys
from pathlib import Path
from typing import Any

from programs import content, say

from proteusdb import DatabaseManager
from proteusdb.errors import ProteusError
from proteusdb.testing.synthetic import synthetic_prediction

TURNS = 60


def write(path: str, durability: str, log: str, seed: str) -> None:
    """Copies the store as it is before anything is recorded, beside it as `base`."""
    shim = ctypes.CDLL(None)
    randomly = random.Random(int(seed))
    structure = synthetic_prediction(40, 1)
    with DatabaseManager(database_path=path) as db:
        db.store_predictions([{**content("base", n), "prediction_id": f"base-{n}"} for n in range(20)])
    Path(path).with_name("base").write_bytes(Path(path).read_bytes())
    with DatabaseManager(database_path=path, durability=durability) as db:
        shim.shim_record(log.encode())
        present = {f"base-{n}": 0 for n in range(20)}
        for turn in range(1, TURNS + 1):
            step(db, randomly, structure, present, turn)
            shim.shim_mark(json.dumps(present).encode())


def step(
    db: DatabaseManager, randomly: random.Random, structure: dict[str, Any], present: dict[str, int], turn: int
) -> None:
    """One commit; `present` says what there is after it, and which turn changed it last."""
    what = randomly.random()
    if what < 0.5:
        records = [
            {**content(f"turn {turn}", n), "prediction_id": f"{turn}-{n}"} for n in range(randomly.choice([1, 1, 9]))
        ]
        if len(records) == 1:
            records[0].update(sequence=structure["sequence"], structure=structure["structure"])
        for record in records:
            record["metadata"]["turn"] = turn
        db.store_predictions(records, workers=1)
        present.update((record["prediction_id"], turn) for record in records)
    elif what < 0.8:
        key = randomly.choice(sorted(present))
        db.update_prediction(key, {"metadata": {"turn": turn}})
        present[key] = turn
    elif what < 0.9:
        db.cleanup(keep_versions=1)
    else:
        key = randomly.choice(sorted(present))
        db.delete_prediction(key, purge=randomly.random() < 0.5)
        del present[key]


def look(*paths: str) -> None:
    """One line an image: what is present, its faults, or why it does not open."""
    for path in paths:
        try:
            with DatabaseManager(database_path=path) as db:
                found = {one.prediction_id: one.metadata.get("turn", 0) for one in db.iter_predictions()}
                for one in db.iter_predictions():
                    assert one.structure is None or one.structure.sequence == one.sequence
                say({"path": path, "present": found, "faults": list(db.verify_integrity().faults)})
        except ProteusError as error:
            say({"path": path, "error": f"{type(error).__name__}: {error}"})


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
