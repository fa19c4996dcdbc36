"""Programs that read files of which one bit is not as it was written; test_flips.py runs them, and they may die."""

import json
import sys
from pathlib import Path
from typing import Any

from proteusdb import DatabaseManager
from proteusdb.errors import CorruptionError, ProteusError

IDS = [f"p{n:02}" for n in range(24)]


def content(db: DatabaseManager, prediction_id: str) -> str:
    """All of a prediction, each of its versions, as a text that tells any two contents apart."""
    told = []
    for version in db.history(prediction_id):
        if version.deleted:
            told.append(repr(version.version))
            continue
        found = db.get_prediction(prediction_id, version=version.version)
        arrays = {name: found.arrays[name].tobytes().hex() for name in sorted(found.arrays)}
        structure = None if found.structure is None else found.structure.coords.tobytes().hex()
        told.append(repr((found.sequence, sorted(found.metadata.items()), found.model, arrays, structure)))
    return "\n".join(told)


def answer(path: Path, wanted: dict[str, str]) -> str:
    """`right`, `missing ...` or `WRONG ...`; or what was raised."""
    missing = []
    with DatabaseManager(database_path=path) as db:
        there = set(db.query_ids())
        if there - {*wanted}:
            return f"WRONG: there are {there - {*wanted}}"
        for prediction_id, before in wanted.items():
            try:
                now = content(db, prediction_id)
            except KeyError:
                missing.append(prediction_id)
                continue
            if now != before:
                # A version less is a row that is missing; another content is wrong.
                if {*now.splitlines()} - {*before.splitlines()}:
                    return f"WRONG: {prediction_id}"
                missing.append(prediction_id)
        missing.extend({*wanted} - there)
        asked = db.query_ids(where="metadata.number >= 0", order_by="metadata.number")
        if not {*asked} <= {*wanted} or asked != sorted(asked):
            return f"WRONG: asked {asked}"
        missing.extend({*wanted} - {*asked})
    return f"missing {sorted({*missing})}" if missing else "right"


def flips(sound: str, damaged: str, wanted: str, *bits: str) -> None:
    """Says of each bit what a file that has it flipped answers; before it begins, which one it is."""
    data, contents = Path(sound).read_bytes(), json.loads(Path(wanted).read_text(encoding="utf-8"))
    for bit in map(int, bits):
        print(json.dumps(["begin", bit]), flush=True)
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << (bit % 8)
        Path(damaged).write_bytes(flipped)
        Path(damaged + "-lock").unlink(missing_ok=True)
        try:
            told = answer(Path(damaged), contents)
        except CorruptionError:
            told = "CorruptionError"
        except ProteusError as error:
            told = f"refused: {type(error).__name__}: {error}"
        print(json.dumps(["end", bit, told]), flush=True)


def fill(path: Path) -> dict[str, Any]:
    """Makes a file with something of everything; what it must answer."""
    from proteusdb.testing.synthetic import synthetic_prediction

    with DatabaseManager(database_path=path) as db:
        for number, prediction_id in enumerate(IDS):
            record = synthetic_prediction(20, number, pae=number % 6 == 0)
            record["metadata"] = {**record.get("metadata", {}), "number": number}
            db.store_prediction(**record, prediction_id=prediction_id)
        db.create_index("metadata.number")
        for prediction_id in IDS[::5]:
            db.update_prediction(prediction_id, {"metadata": {"changed": True}})
        db.store_analysis(IDS[0], {"score": 1.5}, {})
        return {prediction_id: content(db, prediction_id) for prediction_id in IDS}


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
