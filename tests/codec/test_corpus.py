"""Every structure file there is comes back from each profile with the columns its reader gave, in every model."""

from pathlib import Path

import numpy as np
import pytest

import corpus
from proteusdb import _core
from proteusdb.errors import ProteusError
from proteusdb.structure import Structure

FILES = corpus.structure_files("predictions", "training", "odd")
NEEDED = pytest.mark.skipif(not FILES, reason="no corpus: set PROTEUSDB_CORPUS to a folder with predictions/ and odd/")
PROFILES = ("none", "fast", "small")
COLUMNS = (
    "coords atom_name element residue_name chain_id residue_number insertion_code altloc hetero charge "
    "b_factor occupancy"
).split()


def read(path: Path) -> Structure:
    try:
        return Structure.from_file(path)
    except ProteusError as error:
        pytest.skip(f"no structure is read from this file: {str(error)[:80]}")


@NEEDED
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_file_comes_back_from_every_profile(path: Path) -> None:
    structure = read(path)
    sizes = {}
    for profile in PROFILES:
        blob = _core.encode_structure(structure.core, compression=profile)
        found = Structure(_core.decode_structure(blob))
        assert found == structure, "every column of every model"
        for column in COLUMNS:
            np.testing.assert_array_equal(getattr(found, column), getattr(structure, column), err_msg=column)
        assert _core.encode_structure(found.core, compression=profile) == blob, "the same structure has the same bytes"
        sizes[profile] = len(blob)
    assert sizes["fast"] <= sizes["none"]


@NEEDED
@pytest.mark.parametrize("path", FILES[::5], ids=lambda path: path.name)
@pytest.mark.parametrize("precision", [0.02, 0.05, 0.1])
@pytest.mark.parametrize("profile", ["fast", "small"])
def test_no_atom_of_a_file_is_further_off_than_asked(path: Path, profile: str, precision: float) -> None:
    structure = read(path)
    blob = _core.encode_structure(structure.core, compression=profile, precision=precision)
    found = Structure(_core.decode_structure(blob))
    apart = np.linalg.norm(found.coords.astype(np.float64) - structure.coords.astype(np.float64), axis=-1)
    # Columns as float32 are rounded once more, to 1e-5 Å at a thousand.
    assert apart.max() <= precision + 1e-4
    for column in COLUMNS[1:]:
        np.testing.assert_array_equal(getattr(found, column), getattr(structure, column), err_msg=column)
