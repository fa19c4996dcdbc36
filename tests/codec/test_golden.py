"""Frozen blobs decode to the columns they had when they were written, and encode to the same bytes, everywhere."""

import base64
import gzip
import json
from typing import Any

import numpy as np
import pytest

from codec.golden import BESIDE, CASES, PATH, PROFILES, SETTINGS, files, hashes, matrix
from proteusdb import _core

GOLDEN: dict[str, Any] = json.loads(PATH.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("profile", [*PROFILES, "bounded"])
def test_a_frozen_blob_says_what_it_said(name: str, profile: str) -> None:
    golden = GOLDEN[name][profile]
    blob = base64.b64decode(golden["blob"])
    structure = _core.decode_structure(blob)
    assert hashes(structure) == golden["columns"]
    compression = "fast" if profile == "bounded" else profile
    assert _core.encode_structure(structure, compression=compression) == blob


FROZEN: dict[str, Any] = json.loads(BESIDE.read_text(encoding="utf-8"))


def test_a_frozen_matrix_beside_another_says_what_it_said() -> None:
    first, second = base64.b64decode(FROZEN["first"]), base64.b64decode(FROZEN["second"])
    np.testing.assert_array_equal(_core.decode_array(first), matrix(0))
    np.testing.assert_array_equal(_core.decode_array(second, first), matrix(1))
    assert _core.encode_array(matrix(0), SETTINGS) == first
    assert _core.encode_array(matrix(1), SETTINGS, first) == second
    with pytest.raises(OSError, match="coded beside another one, which is missing"):
        _core.decode_array(second)


@pytest.mark.parametrize("name", ["a.pdb", "a.cif", "a.pdb.gz", "scores.json", "note.txt"])
def test_a_frozen_file_says_what_it_said(name: str) -> None:
    frozen = FROZEN[name]
    sources: list[tuple[bytes, bytes | None]] = [(base64.b64decode(source), None) for source in frozen["sources"]]
    blob, structure = base64.b64decode(frozen["blob"]), base64.b64decode(frozen["structure"])
    data = _core.decode_original(blob, structure, sources)
    # How gzip's own stream comes out is the library's matter.
    assert data == files()[name] if name != "a.pdb.gz" else gzip.decompress(data) == files()["a.pdb"]
