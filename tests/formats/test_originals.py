"""Files come back byte for byte, and cost little beside what they say again."""

import gzip
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus import need, structure_files
from proteusdb import Structure, _core
from proteusdb.errors import ProteusError

SETTINGS = _core.Settings(compression="fast", precision=None, pae_precision=None)


def stored(name: str, data: bytes, structure: Structure | None = None) -> _core.Stored:
    draft: dict[str, Any] = {"originals": {name: data}, "sequence": None if structure else "MK"}
    operation = _core.prepare([{**draft, "structure": structure and structure.core}], SETTINGS, 1)[0]
    assert isinstance(operation, _core.Operation)
    assert operation.prediction is not None
    return operation.prediction


def fresh(prediction: _core.Stored, kind: Any, name: str) -> bytes:
    data = prediction.fresh(kind, name)
    assert data is not None
    return data


def back(prediction: _core.Stored, name: str) -> bytes:
    places = range(len(parts(prediction, "source")))
    sources = [(fresh(prediction, "source", f"{name}#{place}"), None) for place in places]
    structure = prediction.fresh("structure", "")
    return _core.decode_original(fresh(prediction, "original", name), structure, sources)


def parts(prediction: _core.Stored, kind: str) -> dict[str, int]:
    return {name: size for part, name, size in prediction.parts if part == kind}


def cost(prediction: _core.Stored) -> int:
    """Bytes of the files and of what they are predicted from."""
    return sum(parts(prediction, "original").values()) + sum(parts(prediction, "source").values())


def round_trip(name: str, data: bytes, structure: Structure | None = None) -> _core.Stored:
    prediction = stored(name, data, structure)
    assert back(prediction, name) == data, name
    return prediction


def structure_of(path: Path) -> Structure | None:
    try:
        structure = Structure.from_file(path)
    except ProteusError:
        return None
    return structure if structure.sequence else None


def test_every_file_of_the_corpus_comes_back() -> None:
    for folder in ("predictions", "odd"):
        for path in sorted((need() / folder).iterdir()):
            round_trip(path.name, path.read_bytes(), structure_of(path))


def test_score_files_of_the_corpus_cost_little_but_their_matrices() -> None:
    for path in sorted((need() / "predictions").glob("*.json")):
        data = path.read_bytes()
        prediction = round_trip(path.name, data)
        if len(data) > 30_000 and "aqlaboratory" not in path.name:
            assert parts(prediction, "original")[path.name] < 1200, path.name


def test_compressed_structures_of_the_corpus_cost_no_more_than_plain_ones() -> None:
    made = 0
    for path in structure_files("predictions"):
        if path.suffix in (".pdb", ".cif"):
            data, structure = path.read_bytes(), Structure.from_file(path)
            plain = parts(round_trip(path.name, data, structure), "original")[path.name]
            packed = round_trip(path.name, gzip.compress(data, 6, mtime=made), structure)
            assert parts(packed, "original")[path.name] <= plain + 40, path.name
            made += 1
        if made == 10:
            return
    if not made:
        pytest.skip("no corpus: set PROTEUSDB_CORPUS to a folder with predictions/, training/ and odd/")


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_arrays_in_npz_are_kept_once_as_arrays(save: Any) -> None:
    rng = np.random.default_rng(1)
    pae = rng.uniform(0, 30, (70, 70)).astype(np.float32)
    buffer = io.BytesIO()
    save(buffer, pae=pae, ids=np.arange(5), names=np.array(["A", "B"]))
    prediction = round_trip("pae.npz", buffer.getvalue())
    assert "pae.npz#0" in parts(prediction, "source")
    assert np.array_equal(_core.decode_array(fresh(prediction, "source", "pae.npz#0")), pae)
    assert cost(prediction) < pae.nbytes + 2500


def test_the_scores_of_a_structure_are_predicted_from_it() -> None:
    rng = np.random.default_rng(2)
    n = 300
    plddt = np.round(rng.uniform(20, 99, n), 2)
    structure = Structure.from_arrays(
        coords=rng.uniform(-50, 50, (n, 3)).astype(np.float32),
        atom_name=["CA"] * n,
        element=["C"] * n,
        residue_name=["ALA"] * n,
        chain_id=["A"] * n,
        residue_number=np.arange(1, n + 1),
        b_factor=plddt.astype(np.float32),
    )
    data = json.dumps({"plddt": plddt.tolist(), "ptm": 0.5}).encode()
    assert cost(round_trip("a.json", data, structure)) < 200
    assert cost(round_trip("a.json", data)) > 400


@given(st.binary(max_size=300) | st.binary(max_size=100).map(gzip.compress), st.sampled_from(["a.json", "a.gz", "x"]))
def test_any_bytes_come_back(data: bytes, name: str) -> None:
    round_trip(name, data)
