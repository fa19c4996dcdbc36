"""Another program, in a process of its own, reads plain columns with py-lmdb and msgpack and no line of the package."""

import datetime as dt
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from proteusdb import DatabaseManager
from proteusdb.testing.synthetic import synthetic_prediction

PLAIN = Path(__file__).with_name("plain.py")
WHEN = dt.datetime(2024, 3, 1, 12, 0, 0, 5, tzinfo=dt.UTC)
METADATA = {"when": WHEN, "organism": "E. coli", "deep": {"list": [1, None, True, "ä", 2.5]}}


def stored(path: Path) -> dict[str, Any]:
    """What another program says of a store, by id."""
    done = subprocess.run([sys.executable, "-I", str(PLAIN), str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {line["id"]: line for line in lines}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "proteus.db"
    chains = synthetic_prediction(25, 2, chains=2, pae=True)
    raw = synthetic_prediction(12, 3, decimals=None)
    with DatabaseManager("lmdb", path, compression=False) as db:
        db.store_prediction(**{**chains, "metadata": METADATA}, prediction_id="chains", created_at=WHEN)
        db.update_prediction("chains", {"metadata": {"seen": True}, "job": "second"})
        db.store_prediction(raw["sequence"], raw["structure"], prediction_id="raw")
        db.store_prediction(None, raw["structure"].to_pdb(), prediction_id="file")
        db.store_prediction("ACGX:MK", None, prediction_id="bare \U0001f9ec", arrays={"text": np.array(["ä", "bc"])})
        db.store_prediction("GONE", None, prediction_id="gone")
        db.delete_prediction("gone")
        # Folded into segments, while the others are loose.
        db.store_predictions([{**synthetic_prediction(90, n), "prediction_id": f"batch {n}"} for n in range(12)])
    return path


def test_another_program_rebuilds_ids_sequences_metadata_coordinates_arrays_and_files(path: Path) -> None:
    found = stored(path)
    with DatabaseManager("lmdb", path, read_only=True) as db:
        assert [key for key, row in found.items() if not row["deleted"]] == db.query_ids()
        for prediction in db.iter_predictions():
            row = found[prediction.prediction_id]
            assert row["named"] == prediction.prediction_id
            assert (row["sequence"], row["chains"]) == (prediction.sequence, list(prediction.chain_types))
            assert row["job"] == prediction.job
            assert row["created_at"] == (
                prediction.created_at - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
            ) // dt.timedelta(microseconds=1)
            if prediction.structure is not None:
                coords = np.array(row["coords"], np.float64).astype(np.float32).reshape(-1, 3)
                np.testing.assert_array_equal(coords, prediction.structure.coords)
            for name, array in prediction.arrays.items():
                there = row["arrays"].pop(name)
                assert there["shape"] == list(array.shape)
                elements = np.frombuffer(bytes.fromhex(there["hex"]), "<" + there["dtype"])
                np.testing.assert_array_equal(elements.reshape(array.shape), array)
            assert row["arrays"] == {}
            assert {name: text.encode() for name, text in row["files"].items()} == dict(prediction.originals)
    assert found["gone"]["deleted"]
    assert found["chains"]["metadata"] == {**METADATA, "when": WHEN.isoformat(), "seen": True}


def test_the_other_program_has_no_line_of_ours() -> None:
    text = PLAIN.read_text(encoding="utf-8")
    imported = {line.split()[1].split(".")[0] for line in text.splitlines() if line.startswith(("import ", "from "))}
    assert imported <= {
        "__future__",
        "collections",
        "datetime",
        "json",
        "struct",
        "sys",
        "typing",
        "uuid",
        "lmdb",
        "msgpack",
    }
