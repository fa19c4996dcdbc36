"""The C interface by cffi, and a store it reads that this process has not open."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from capi.reader import Reader
from proteusdb import DatabaseManager, Structure
from proteusdb.testing.synthetic import write_folder

IDS = [f"n{number:04d}" for number in range(2_100)]
"""More than two pages of ids."""


@pytest.fixture(scope="session")
def reader() -> Reader:
    """The library."""
    pytest.importorskip("cffi", reason="the C interface is tested through cffi, which is not installed")
    return Reader()


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Any]]:
    """A closed store, and what Python's package has read from it."""
    folder = tmp_path_factory.mktemp("capi")
    path = folder / "store.db"
    arrays: dict[str, Any] = {
        dtype: np.arange(24).reshape(2, 3, 4).astype(dtype)
        for dtype in ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "c8", "c16", "U3", "S4", "?")
    }
    arrays |= {"scalar": np.float32(2.5), "empty": np.zeros((0, 3), np.float32)}
    with DatabaseManager(database_path=path) as db:
        db.load_files(write_folder(folder / "files", 9, seed=5), ids="stem")
        db.store_predictions({"prediction_id": name, "sequence": "MKV", "structure": None} for name in IDS)
        texts = {"model": "esm ö", "metadata": {"ö": [1, {"x": None}]}, "job": "j"}
        db.store_prediction("GG", None, prediction_id="ä whole", arrays=arrays, seed=-(2**63), sample=0, **texts)
        db.update_prediction("ä whole", {"metadata": {"ö": 2}, "rank": 3})
        read = {name: _told(db, name) for name in db.query_ids() if name not in IDS}
        db.store_prediction("GG", None, prediction_id="gone")
        db.delete_prediction("gone")
    return str(path), read


def _told(db: DatabaseManager, name: str) -> dict[str, Any]:
    prediction = db.get_prediction(name)
    told = prediction.to_dict()
    structure: Structure | None = prediction.structure
    # The B-factors' own: a companion's pLDDT is an array.
    told["plddt"] = None if structure is None else structure.core.plddt()
    return told


@pytest.fixture
def store(reader: Reader, made: tuple[str, dict[str, Any]]) -> Iterator[Any]:
    """It, open through the C interface."""
    handle = reader.open(made[0])
    yield handle
    reader.lib.proteusdb_close(handle)


@pytest.fixture
def read(made: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    """What Python's package has read."""
    return made[1]


@pytest.fixture
def source(made: tuple[str, dict[str, Any]]) -> Path:
    """Where the store is."""
    return Path(made[0])
