"""FORMAT.md is true of arrays: a reader written from it alone finds what was stored, whichever way it was coded."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xxhash

from compat.reader import open_store
from proteusdb import DatabaseManager, _core


def errors(side: int, decimals: int, *, symmetric: bool = False) -> Any:
    """Errors in Å that grow with the distance along the chain, on a grid of decimals."""
    generator = np.random.default_rng(side)
    apart = np.abs(np.subtract.outer(np.arange(side), np.arange(side)))
    matrix = 31 * (1 - np.exp(-apart / side)) + np.cumsum(generator.normal(0, 0.2, (side, side)), axis=1)
    matrix = np.round(np.clip(matrix, 0.25, 31.75), decimals)
    return np.triu(matrix) + np.triu(matrix, 1).T if symmetric else matrix


ARRAYS = {
    "one decimal": (errors(70, 1).astype("f4"), 6),
    "two decimals": (errors(60, 2), 6),
    "whole numbers": (errors(90, 0).astype("i4"), 6),
    "symmetric": (errors(60, 1, symmetric=True).astype("f4"), 6),
    "in bands": (np.round(errors(520, 1)[:, :12], 1), 6),
    "stacked": (np.stack([errors(20, 1), errors(20, 1).T]), 6),
    "jumps": (np.round(errors(40, 1) + 20 * (np.indices((40, 40)).sum(0) % 11 == 0), 1), 6),
    "half": (np.add.outer(np.arange(40), np.arange(40)) ** 3 % 13 / 4, 1),
    "same": (np.full((7, 7), np.float32(np.pi)), 4),
    "ramp": (np.arange(5, 900, 3), 5),
    "text": (np.array(["ALA", "GLY"] * 50), 1),
    "noise": (np.random.default_rng(0).integers(0, 256, 500, np.uint8), 0),
}


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("format") / "proteus.db"
    with DatabaseManager("lmdb", path) as db:
        arrays = {name: array for name, (array, _) in ARRAYS.items()}
        db.store_prediction("MKT", None, prediction_id="arrays", arrays=arrays)
    return path


@pytest.mark.parametrize("name", ARRAYS)
def test_an_array_is_what_the_document_says(path: Path, name: str) -> None:
    array, coder = ARRAYS[name]
    with open_store(path) as store:
        (part,) = (part for part in store.header(store.ids()["arrays"], 1)["parts"] if part["name"] == name)
        found, blob = store.part(part), store.blob(part["blob"])
    assert (found.dtype, found.shape) == (array.dtype, array.shape)
    np.testing.assert_array_equal(found, array)
    assert _coder(blob) == coder, "the case is there for this coder"


def test_arrays_are_found_by_the_hash_of_their_blobs(path: Path) -> None:
    with open_store(path) as store:
        numbers = [int.from_bytes(key, "big") for key, _ in store.entries("blobs")]
        blobs = {number: store.blob(number) for number in numbers}
        found = store.index("array_hashes")
    long = {number: blob for number, blob in blobs.items() if blob[0] == 2 and len(blob) >= 512}
    assert 0 < len(long) < len(blobs)
    expected = [xxhash.xxh3_128_digest(blob) + number.to_bytes(8, "big") for number, blob in long.items()]
    assert found == sorted(expected)


def _coder(blob: bytes) -> int:
    """The coder of a blob whose varints before it are walked over."""
    at = 10
    at += 1 + blob[at]
    axes = blob[at]
    at = _skip(blob, at + 1, axes)
    view = blob[at]
    return blob[_skip(blob, at + 2, 4) if view & 1 else at + 1]


def _skip(blob: bytes, at: int, varints: int) -> int:
    for _ in range(varints):
        while blob[at] > 127:
            at += 1
        at += 1
    return at


def _made(side: int, top: int, step: float, *, symmetric: bool = False) -> Any:
    """A matrix by integer arithmetic alone, so that it is the same everywhere."""
    row, column = np.indices((side, side)).astype(np.uint64)
    noise = (row * np.uint64(0x9E3779B97F4A7C15) ^ column * np.uint64(0xBF58476D1CE4E5B9)) * np.uint64(
        0x94D049BB133111EB
    )
    apart = np.abs(row.astype(np.int64) - column.astype(np.int64))
    values = np.minimum(apart * top // side + (noise >> np.uint64(60)).astype(np.int64), top)
    if symmetric:
        values = np.triu(values) + np.triu(values, 1).T
    return (values * step).astype(np.float32) if step != 1 else values.astype(np.uint16)


GOLDEN = {
    "whole": (_made(100, 31, 1), "87abcab8f4ace143"),
    "printed": (np.round(_made(100, 310, 0.1).astype(float), 1).astype(np.float32), "aef47b6d4d108079"),
    "wide": (_made(80, 9000, 1), "e9b1d86012872956"),
    "bands": (_made(520, 250, 1), "2a329090c88b2618"),
    "mirrored": (_made(90, 60, 1, symmetric=True), "a5c2c6f71d6177ed"),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_the_same_matrix_makes_the_same_bytes_everywhere(name: str) -> None:
    array, expected = GOLDEN[name]
    blob = _core.encode_array(array, _core.Settings(compression="fast", precision=None, pae_precision=None))
    np.testing.assert_array_equal(_core.decode_array(blob), array)
    assert _coder(blob) == 6
    assert xxhash.xxh3_64_hexdigest(blob) == expected, "bytes that were released stay; other bytes are another method"


@pytest.mark.parametrize("side", [40, 520])
def test_the_next_sample_of_a_job_is_what_the_document_says(tmp_path: Path, side: int) -> None:
    columns = 40 if side == 40 else 12
    samples = [errors(side, 1)[:, :columns] + np.round(np.random.default_rng(n).normal(0, 0.1, (side, columns)), 1)
               for n in range(3)]  # fmt: skip
    samples = [np.round(np.clip(sample, 0.2 * n, 40), 1) for n, sample in enumerate(samples)]
    with DatabaseManager("lmdb", tmp_path / "proteus.db") as db:
        for number, sample in enumerate(samples):
            db.store_prediction("MKT", None, prediction_id=str(number), job="job", arrays={"pae": sample})
    coders = []
    with open_store(tmp_path / "proteus.db") as store:
        for number, sample in enumerate(samples):
            header = store.header(store.ids()[str(number)], 1)
            coders.append(_coder(store.blob(header["parts"][0]["blob"])))
            np.testing.assert_array_equal(store.array(header, "array", "pae"), sample)
    assert coders == [6, 7, 7]
