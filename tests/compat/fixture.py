"""A file of every schema, and what is in it.

::

    format-1.db.zst, format-2.db.zst, ...   one store in each schema, compressed
    content.json                            what must come out of each, for ever

`python tests/compat/fixture.py` writes them with the installed package: it fills a store of the latest schema and
takes it back step by step, which leaves the very tables of each schema (tests read them without the package). From the
first release on, a file is frozen once it is released, and a change that breaks it needs a new schema and a step.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import zstandard

from proteusdb import DatabaseManager, DatabaseMigrator, Structure
from proteusdb.testing.synthetic import synthetic_prediction

FOLDER = Path(__file__).parent
_COLUMNS = (
    "coords atom_name element residue_name chain_id residue_number insertion_code altloc hetero charge b_factor "
    "occupancy label_asym_id label_seq_id"
).split()
_FIELDS = "sequence chain_types job seed sample rank ranking_score confidence model model_version version".split()


def fill(opened: Callable[..., DatabaseManager]) -> None:
    """A little of everything a store can hold.

    Parameters
    ----------
    opened : callable
        Gives a manager on the empty store; called with options, another on the same.
    """
    when = dt.datetime(2024, 3, 1, 12, 0, 0, 5, tzinfo=dt.UTC)
    chains = synthetic_prediction(14, 2, chains=2, pae=True, hydrogens=True)
    raw = synthetic_prediction(9, 3, decimals=None)
    with opened() as db:
        model = db.store_model("esm2", "1.0", {"recycles": 3, "nested": {"list": [1, None, 2.5]}})
        tree = {"when": when, "deep": {"list": [1, None, True, "ä"]}, "big": 2**53 + 1}
        db.store_prediction(**{**chains, "metadata": tree, "model": model}, prediction_id="chains", created_at=when)
        db.update_prediction("chains", {"metadata": {"confidence": 0.25, "big": None}, "rank": None})
        db.store_prediction(raw["sequence"], raw["structure"], prediction_id="raw", created_at=when)
        text = raw["structure"].to_mmcif()
        db.store_prediction(raw["sequence"], text, prediction_id="text", created_at=when)
        db.store_prediction("ACGX:MK", None, prediction_id="bare \U0001f9ec", created_at=when)
        arrays = {"bool": np.array([True, False]), "text": np.array(["ä", "bc"]), "half": np.eye(3, dtype=np.float16)}
        db.store_prediction(
            "MKV", _ligand(), prediction_id="ligand", arrays=arrays, created_at=when, check_sequence=False
        )
        for number in range(2):
            pae = {"pae": _errors(number)}
            db.store_prediction("MKV", None, prediction_id=f"sample {number}", job="j", arrays=pae, created_at=when)
        db.store_prediction("GONE", None, prediction_id="gone", created_at=when)
        db.delete_prediction("gone")
        db.store_prediction("PAST", None, {"n": 0}, prediction_id="past", created_at=when)
        db.tag("first")
        with opened(keep_versions=1) as keeper:
            # What goes leaves a trace between the tagged version and the last.
            for number in range(1, 4):
                keeper.update_prediction("past", {"metadata": {"n": number}})
        db.define_schema({"metadata.n": int | None, "metadata.when": dt.datetime})
        if db._session.backend.capabilities.quota:
            db.set_quota(1 << 40)
        db.store_analysis("chains", {"matrix": np.arange(6, dtype=np.float32).reshape(2, 3)}, {"method": "x"})
        db.store_predictions(
            [
                {**synthetic_prediction(30, seed), "prediction_id": f"batch {seed}", "created_at": when}
                for seed in range(9)
            ]
        )


def _errors(sample: int) -> Any:
    """Errors of samples that are much alike, so that the second is coded beside the first."""
    row, column = np.indices((60, 60))
    return ((row * column // 20 + row * 7 % 5 + (row + 3 * column + sample) % 17 // 16) / 10).astype(np.float32)


def _ligand() -> Structure:
    """Two models with every odd column."""
    return Structure.from_arrays(
        coords=np.arange(24, dtype=np.float32).reshape(2, 4, 3) / 8,
        atom_name=["CA", "CA", "ZN", "C1'"],
        element=["C", "C", "ZN", "C"],
        residue_name=["MET", "MSE", "ZN", "DA"],
        chain_id=["A", "A", "Long", "é"],
        residue_number=[-1, 4, 4, 7],
        insertion_code=["", "B", "", ""],
        altloc=["A", "", "", ""],
        hetero=[False, True, True, False],
        charge=[0, 0, 2, -1],
        b_factor=[0.5, 1 / 3, 99.0, -1.0],
        occupancy=[1.0, 0.5, 0.25, 0.0],
    )


def content(db: DatabaseManager) -> dict[str, Any]:
    """Everything that must come out, in words of JSON."""
    rows = {found.prediction_id: _row(found) for found in db.iter_predictions()}
    histories = {key: [entry.version for entry in db.history(key)] for key in [*rows, "gone"]}
    analyses = [db.get_analysis(_id(listed)) for listed in db.list_analyses()]
    return {
        "rows": rows,
        "first": _row(db.get_prediction("chains", version=1)),
        "histories": histories,
        "past": {
            "tags": [tag.name for tag in db.tags()],
            "first": [db.get_prediction("past", as_of="first").metadata, db.query_ids(as_of="first")],
            "diff": [[one.kind, one.prediction_id, sorted(one.changed)] for one in db.diff("first")],
            "schema": [[name, str(kind)] for name, kind in db.schema()["fields"].items()],
            "quota": _quota(db),
        },
        "models": sorted([model["name"], model["version"], model["configuration"]] for model in db.list_models()),
        "analyses": [
            [found["prediction_id"], found["parameters"], {name: _digest(a) for name, a in found["results"].items()}]
            for found in analyses
        ],
        "found": {
            "pattern": db.query_ids(sequence_pattern="*K*"),
            "confident": db.query_ids(confidence_threshold=0.5, order_by="-confidence"),
            "model": db.query_ids(model_name="esm2", model_version="1.0"),
            "created": db.query_ids(date_range=("2024-03-01", "2024-03-01"), order_by="length"),
        },
    }


def _quota(db: DatabaseManager) -> list[int | None]:
    told = db.quota() if db._session.backend.capabilities.quota else {}
    return [told.get("max_bytes"), told.get("warn_at")]


def _row(found: Any) -> dict[str, Any]:
    structure = found.structure
    columns = {} if structure is None else {name: _digest(getattr(structure, name)) for name in _COLUMNS}
    plain = {name: getattr(found, name) for name in _FIELDS}
    return {
        **plain,
        "created_at": found.created_at.isoformat(),
        "metadata": {k: v.isoformat() if isinstance(v, dt.datetime) else v for k, v in found.metadata.items()},
        "structure": columns,
        "models": None if structure is None else structure.n_models,
        "arrays": {name: _digest(array) for name, array in found.arrays.items()},
        "originals": {name: hashlib.sha256(data).hexdigest() for name, data in found.originals.items()},
    }


def _digest(array: Any) -> str:
    """dtype, shape and a hash of the elements; text by itself, since numpy's widths are no part of it."""
    if array.dtype.kind == "U":
        return hashlib.sha256("\0".join(array.ravel().tolist()).encode()).hexdigest()[:20]
    data = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"))
    return f"{array.dtype.name} {array.shape} {hashlib.sha256(data.tobytes()).hexdigest()[:20]}"


def _id(listed: Any) -> str:
    return listed if isinstance(listed, str) else str(listed["analysis_id"])


def write() -> None:
    """Writes a file of each schema, and what is in all of them."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "proteus.db"
        fill(partial(DatabaseManager, "lmdb", path))
        with DatabaseManager("lmdb", path, read_only=True) as db:
            expected = content(db)
        with DatabaseMigrator(path) as migrator:
            for schema in range(migrator.latest_version, 0, -1):
                migrator.downgrade_schema(schema)
                packed = zstandard.ZstdCompressor(level=19).compress(path.read_bytes())
                (FOLDER / f"format-{schema}.db.zst").write_bytes(packed)
    text = json.dumps(expected, indent=1, ensure_ascii=False, sort_keys=True)
    (FOLDER / "content.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
