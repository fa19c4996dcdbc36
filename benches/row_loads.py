"""Rows, and tables of times, that the benches of back ends of rows share."""

import hashlib
import json
import random
import statistics
import time
from collections.abc import Callable
from typing import Any

from proteusdb import _core
from proteusdb.core.draft import draft_of
from proteusdb.testing.synthetic import synthetic_prediction

LETTERS = "ACDEFGHIKLMNPQRSTVWY"
MODELS = ("esm2", "boltz2", "alphafold3", "chai-1")


def records(count: int, blobs: bool) -> list[dict[str, Any]]:
    """Made-up rows; with `blobs` each has a structure of its own."""
    draw = random.Random(1)
    made = []
    for number in range(count):
        record: dict[str, Any] = {
            "prediction_id": f"p{number:07}",
            "sequence": "".join(draw.choices(LETTERS, k=draw.randint(100, 500))),
            "structure": None,
            "metadata": {"confidence": draw.random(), "organism": f"organism {draw.randint(0, 50)}"},
            "model": draw.choice(MODELS),
            "created_at": f"2024-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}",
        }
        if blobs:
            folded = synthetic_prediction(150, number)
            record |= {"sequence": folded["sequence"], "structure": folded["structure"]}
        made.append(record)
    return made


def timed(work: Callable[[], object]) -> float:
    """Wall seconds of one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def by_rows(pairs: list[tuple[dict[str, Any], list[bytes]]], first: int) -> tuple[list[Any], list[Any], list[Any]]:
    """What a person would write of records and their blobs: rows of `versions`, of `chains`, of `blobs`."""
    rows, starts, all_blobs = [], [], []
    for number, (record, parts) in enumerate(pairs, first):
        blobs = [(hashlib.blake2b(data, digest_size=20).hexdigest(), 1, data) for data in parts]
        rows.append(_row(number, record, blobs))
        starts.append((record["sequence"][:64], number))
        all_blobs += blobs
    return rows, starts, all_blobs


def _row(number: int, record: dict[str, Any], blobs: list[tuple[str, int, bytes]]) -> tuple[Any, ...]:
    sequence, confidence = record["sequence"], record["metadata"]["confidence"]
    parts = [["structure", "", len(data), key] for key, _, data in blobs]
    texts = json.dumps(record["metadata"]), json.dumps(parts)
    fixed = (number, record["prediction_id"], 1, False, 1, 1, sequence, "protein", len(sequence), record["model"])
    return (*fixed, None, None, None, None, None, confidence, None, *texts, None)


Load = Callable[[list[dict[str, Any]], list[Any], int], float]
"""Seconds to write records, encoded as these operations, in batches."""


def tell_load(name: str, count: int, rounds: int, blobs: bool, library: Load, hand: Load, batch: int = 1000) -> None:
    """Prints one line of the table of loads; the ways take turns."""
    made = records(count, blobs)
    drafts = [draft_of(record) for record in made]
    settings = _core.Settings(compression="fast", precision=None, pae_precision=None)
    encoding: list[Any] = []
    seconds = timed(lambda: encoding.extend(_core.prepare(drafts, settings, 1)))
    ways: dict[Load, list[float]] = {library: [], hand: []}
    for _ in range(rounds):
        for way in random.sample(list(ways), 2):
            ways[way].append(way(made, encoding, batch))
    mine, theirs = (statistics.median(ways[way]) for way in (library, hand))
    print(
        f"{name:<22} {count / mine:>9,.0f}/s  by hand {count / theirs:>9,.0f}/s  ratio {theirs / mine:.2f}"
        f"   (encoding on one thread {count / seconds:,.0f}/s)"
    )


def tell_query(name: str, library: Callable[[], Any], hand: Callable[[], Any], rounds: int) -> None:
    """Prints how long a query takes in either way, and the ratio; both must find the same."""
    hits = library()
    assert hits == [tuple(row) for row in hand()], name
    ways: dict[str, list[float]] = {"library": [], "hand": []}
    for _ in range(rounds):
        ways["library"].append(timed(library))
        ways["hand"].append(timed(hand))
    mine, theirs = (statistics.median(seconds) * 1e3 for seconds in ways.values())
    print(f"{name:<22} {len(hits):>6} rows  {mine:8.3f} ms  by hand {theirs:8.3f} ms  ratio {mine / theirs:.2f}")
