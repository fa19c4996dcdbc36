"""Programs around a spool, which run until they are killed."""

import random
import sys
from typing import Any

from programs import content, say

from proteusdb import DatabaseManager, Spool
from proteusdb.testing.synthetic import synthetic_prediction


def write(folder: str, writer: str) -> None:
    """Stores for ever, alone and many together; says the ids that were acknowledged."""
    randomly = random.Random(int(writer))
    structure = synthetic_prediction(30, 1)
    spool = Spool(folder)
    say("ready")
    for number in range(100_000):
        tag = f"{writer}-{number}"
        records: list[dict[str, Any]] = [
            {**content(tag, n), "prediction_id": f"{tag}-{n}", "model": f"model {n % 3}"}
            for n in range(randomly.choice([1, 1, 7]))
        ]
        if len(records) == 1 and number % 3 == 0:
            records[0].update(sequence=structure["sequence"], structure=structure["structure"])
            records[0]["metadata"]["length"] = len(structure["sequence"])
        say(
            [spool.store_prediction(**records[0])] if len(records) == 1 else spool.store_predictions(records, workers=1)
        )


def merge(folder: str, path: str) -> None:
    """Merges what there is, for ever."""
    with DatabaseManager(database_path=path) as db:
        say("ready")
        while True:
            db.load_files(folder, batch_size=4, workers=1)


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
