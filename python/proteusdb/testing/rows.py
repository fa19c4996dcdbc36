"""Rows that random criteria find: every value a criterion can ask for occurs often, beside what must not be found.

::

    db = memory_manager()
    for record in rows(60, seed=1):
        db.store_prediction(**record)

Deterministic by seed; no structures, so that a test can store many.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from typing import Any

import numpy as np

__all__ = ["rows"]

_LETTERS = "AAGGKKLLMMSSXBZ"
_NUMBERS = (None, 0, 1, 1.0, True, "1", 298, 298.0, 0.5, -0.0, 2**53 + 1, float(2**53), "warm")
_ORGANISMS = (None, "E. coli", "e. coli", "yeast", ["E. coli"], {"name": "yeast"})
_DAY = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)


def rows(n: int, seed: int) -> Iterator[dict[str, Any]]:
    """Arguments of `store_prediction` for `n` rows with distinct ids."""
    randomly = random.Random(seed)
    ids = ["a", "b", "B", "ä", "z/../z", "10", "2", "\U0001f9ec", *(f"row {number}" for number in range(n))][:n]
    randomly.shuffle(ids)
    for prediction_id in ids:
        yield {
            "sequence": ":".join(_chain(randomly) for _ in range(randomly.choice([1, 1, 1, 2, 3]))),
            "structure": None,
            "metadata": _metadata(randomly),
            "prediction_id": prediction_id,
            "model": randomly.choice([None, "esm2", "esm2", "boltz2"]),
            "job": randomly.choice([None, "job-1", "job-1", "job-2"]),
            "seed": randomly.choice([None, 0, 1, 2, 3]),
            "sample": randomly.choice([None, 0, 1, 2, 3]),
            "rank": randomly.choice([None, 1, 2]),
            "arrays": randomly.choice([None, None, {"pae": np.zeros(2)}, {"a": np.zeros(1), "pae": np.ones(1)}]),
            "created_at": _moment(randomly),
        }


def _chain(randomly: random.Random) -> str:
    return randomly.choice(["", "", "MLSK", "MK"]) + "".join(randomly.choices(_LETTERS, k=randomly.randint(1, 12)))


def _metadata(randomly: random.Random) -> dict[str, Any]:
    tree: dict[str, Any] = {
        "organism": randomly.choice(_ORGANISMS),
        "temperature": randomly.choice(_NUMBERS),
        "scores": {"ptm": randomly.choice([0, 1, 0.25, 0.5, None])},
        "tags": randomly.choice([[], [1], [1, 2], ["x"], [None], "x"]),
        "a.b": randomly.choice(_NUMBERS),
        "confidence": randomly.choice([None, 0, 1, 0.5, 0.8, randomly.random()]),
        "ranking_score": randomly.choice([None, -100.0, 0.5, 1, randomly.random()]),
    }
    return {key: value for key, value in tree.items() if randomly.random() < 0.8}


def _moment(randomly: random.Random) -> dt.datetime | None:
    """Ends of days and what lies between; now and then none, which is the time of storing."""
    day = _DAY + dt.timedelta(days=randomly.randint(0, 4))
    within = randomly.choice([0, 0, 1, 43_200_000_000, 86_399_999_999])
    moment = day + dt.timedelta(microseconds=within)
    return randomly.choice([None, day, moment, moment])
