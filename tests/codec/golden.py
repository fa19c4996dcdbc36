"""Blobs of made-up structures, matrices and files, frozen, and what must come out of them on every machine.

`python tests/codec/golden.py` writes `golden.json` and `beside.json` for the codec of the installed package. Do that
once a version of the codec, before its release; afterwards they are frozen.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from proteusdb import _core
from proteusdb.structure import Structure
from proteusdb.testing.synthetic import synthetic_prediction

PATH = Path(__file__).with_name("golden.json")
BESIDE = Path(__file__).with_name("beside.json")
SETTINGS = _core.Settings(compression="fast", precision=None, pae_precision=None)
COLUMNS = "coords atom_name element residue_name chain_id residue_number b_factor occupancy".split()

CASES: dict[str, dict[str, Any]] = {
    "chain": {"length": 40, "seed": 1},
    "lanes": {"length": 140, "seed": 2},
    "hydrogens": {"length": 12, "seed": 3, "hydrogens": True},
    "chains": {"length": 20, "seed": 4, "chains": 3},
    "floats": {"length": 10, "seed": 5, "decimals": None},
    "coarse": {"length": 10, "seed": 6, "decimals": 2},
}
PROFILES = ("none", "fast", "small")


def hashes(core: _core.Structure) -> dict[str, str]:
    """SHA-256 of each column: little-endian numbers, texts one a line."""

    def one(column: Any) -> str:
        if column.dtype.kind in "USO":
            data = "\n".join(map(str, column.tolist())).encode()
        else:
            data = np.ascontiguousarray(column, column.dtype.newbyteorder("<")).tobytes()
        return hashlib.sha256(data).hexdigest()[:16]

    structure = Structure(core)
    return {name: one(np.asarray(getattr(structure, name))) for name in COLUMNS}


def make() -> dict[str, Any]:
    """Every case in every profile, and the bounded ones."""
    made = {}
    for name, options in CASES.items():
        structure = synthetic_prediction(**options)["structure"].core
        blobs = {profile: _core.encode_structure(structure, compression=profile) for profile in PROFILES}
        blobs["bounded"] = _core.encode_structure(structure, precision=0.05)
        blobs["bounded, small"] = _core.encode_structure(structure, compression="small", precision=0.05)
        made[name] = {
            profile: {"blob": base64.b64encode(blob).decode(), "columns": hashes(_core.decode_structure(blob))}
            for profile, blob in blobs.items()
        }
    return made


def matrix(sample: int, side: int = 60) -> Any:
    """Errors of a sample of one job, by integer arithmetic alone."""
    row, column = np.indices((side, side)).astype(np.uint64)
    noise = (row * np.uint64(0x9E3779B97F4A7C15) ^ column * np.uint64(0xBF58476D1CE4E5B9)) * np.uint64(
        0x94D049BB133111EB
    )
    own = (noise ^ np.uint64(sample << 40)) * np.uint64(0x9E3779B97F4A7C15)
    values = row * column // 20 + (noise >> np.uint64(61)) + (own >> np.uint64(63))
    return (values.astype(np.float64) / 10).astype(np.float32)


def files() -> dict[str, bytes]:
    """Files by name; each is stored with the structure of the first case."""
    structure = synthetic_prediction(**CASES["chain"])["structure"]
    scores = json.dumps({"ptm": 0.5, "pae": np.round(matrix(0).astype(float), 1).tolist()})
    return {
        "a.pdb": structure.to_pdb().encode(),
        "a.cif": structure.to_mmcif().encode(),
        "a.pdb.gz": gzip.compress(structure.to_pdb().encode(), 6, mtime=0),
        "scores.json": scores.encode(),
        "note.txt": b"no predictor's file\n" * 3,
    }


def make_beside() -> dict[str, Any]:
    """Matrices beside one another, and files beside their structure."""
    text = lambda blob: base64.b64encode(blob).decode()  # noqa: E731
    first = _core.encode_array(matrix(0), SETTINGS)
    made: dict[str, Any] = {"first": text(first), "second": text(_core.encode_array(matrix(1), SETTINGS, first))}
    structure = synthetic_prediction(**CASES["chain"])["structure"].core
    for name, data in files().items():
        # Settings of its own: no exemplar of another file.
        settings = _core.Settings(compression="fast", precision=None, pae_precision=None)
        draft = {"structure": structure, "originals": {name: data}}
        prediction = _core.prepare([draft], settings, 1)[0].prediction
        places = sum(kind == "source" for kind, _, _ in prediction.parts)
        made[name] = {
            "blob": text(prediction.fresh("original", name)),
            "structure": text(prediction.fresh("structure", "")),
            "sources": [text(prediction.fresh("source", f"{name}#{place}")) for place in range(places)],
        }
    return made


if __name__ == "__main__":
    BESIDE.write_text(json.dumps(make_beside(), indent=1) + "\n", encoding="utf-8")
    PATH.write_text(json.dumps(make(), indent=1) + "\n", encoding="utf-8")
