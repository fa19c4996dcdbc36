"""What people have before they have this database: small databases of other programs, for the recipes of the README.

Pickles in LMDB are the real thing. foldcomp and ASE bring much that no other test needs, so a module of
their name stands in, which has the calls that the recipes make, by the signatures those programs document.
"""

import json
import pickle
from pathlib import Path
from typing import Any

import lmdb
import numpy as np

from proteusdb.testing.synthetic import synthetic_prediction

__all__ = ["write_others"]

_FOLDCOMP = """
import contextlib, json


@contextlib.contextmanager
def open(path, ids=None, decompress=True):
    with __builtins__["open"](path) as file:
        yield list(json.load(file).items())
"""

_ASE = """
import json
from types import SimpleNamespace

import numpy as np


class connect:
    def __init__(self, name, type="extract_from_name"):
        self.rows = json.load(open(name))

    def select(self, selection=None):
        key, least = selection.split("<")
        for row in self.rows:
            if row["key_value_pairs"][key] < float(least):
                yield SimpleNamespace(**{**row, "positions": np.array(row["positions"])})
"""


def write_others(folder: Path) -> None:
    """Writes ``old.lmdb``, ``old.foldcomp``, ``old.ase.db`` and the modules that read the last two."""
    made = [synthetic_prediction(12, seed) for seed in range(3)]
    _pickles(folder / "old.lmdb", made)
    (folder / "foldcomp.py").write_text(_FOLDCOMP)
    (folder / "ase").mkdir()
    (folder / "ase" / "__init__.py").touch()
    (folder / "ase" / "db.py").write_text(_ASE)
    texts = {f"chain{number}": record["structure"].to_pdb() for number, record in enumerate(made)}
    (folder / "old.foldcomp").write_text(json.dumps(texts))
    (folder / "old.ase.db").write_text(json.dumps([_row(number, record) for number, record in enumerate(made)]))


def _row(number: int, record: dict[str, Any]) -> dict[str, Any]:
    structure = record["structure"]
    names = ("atom_name", "residue_name", "chain_id", "residue_number")
    return {
        "unique_id": f"{number:032x}",
        "positions": structure.coords.tolist(),
        "symbols": [str(element) for element in structure.element],
        "data": {name: getattr(structure, name).tolist() for name in names},
        "key_value_pairs": {"energy": number - 1.5},
    }


def _pickles(path: Path, made: list[dict[str, Any]]) -> None:
    with lmdb.open(str(path), subdir=False, map_size=1 << 24) as environment, environment.begin(write=True) as writing:
        for number, record in enumerate(made):
            positions, mask = record["structure"].atom37()
            item = {
                "positions": positions, "mask": mask, "sequence": record["sequence"],
                "plddt": record["structure"].plddt, "embedding": np.ones((12, 4), np.float16),
            }  # fmt: skip
            writing.put(f"item{number}".encode(), pickle.dumps(item))
