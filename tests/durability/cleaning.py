"""Programs that clean up until they are killed."""

import contextlib
import sys
from typing import Any

import numpy as np
from programs import say

from proteusdb import DatabaseManager
from proteusdb.errors import ValidationError


def noise(number: int) -> dict[str, Any]:
    """A record that takes room."""
    data = np.random.default_rng(number).integers(0, 256, 3000 + number % 7 * 1000, dtype=np.uint8)
    return {"sequence": "MKT", "structure": None, "metadata": {"number": number}, "arrays": {"noise": data}}


def clean(path: str, seed: str) -> None:
    """Writes versions, tags, cleans up, for ever; says what tags keep: {"tag", "numbers"}."""
    with DatabaseManager(database_path=path) as db:
        say("ready")
        for turn in range(100_000):
            number = int(seed) * 1_000_000 + turn * 1000
            for offset in range(3):
                records = [
                    {**noise(number + offset * 100 + n), "prediction_id": f"p{n:02d}", "on_conflict": "replace"}
                    for n in range(40)
                ]
                db.store_predictions(records)
                if offset == 0:
                    name = f"tag {seed} {turn}"
                    db.tag(name)
                    say({"tag": name, "numbers": [record["metadata"]["number"] for record in records]})
            db.cleanup(keep_versions=1, where="id >= 'p35'" if turn % 2 else None)
            # What tags keep may alone be more than that; then it is refused, and nothing goes.
            with contextlib.suppress(ValidationError):
                db.cleanup(older_than="now", max_bytes=2_000_000 if turn % 3 else None)


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
