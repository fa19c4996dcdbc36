"""The core's JSON reader beside Python's, on what predictors write."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus import need
from proteusdb._core import read_json
from proteusdb.errors import ValidationError


def plain(value: Any) -> Any:
    """Arrays as lists, and numbers as their float32 prints them, which is all that an array of float32 can tell."""
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return None if value != value else str(np.float32(value))


numbers = st.one_of(st.integers(-(2**53), 2**53), st.floats(-1e6, 1e6))
documents = st.recursive(
    st.none() | st.booleans() | numbers | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=30,
)


@given(documents)
def test_reads_what_python_reads(document: Any) -> None:
    assert plain(read_json(json.dumps(document).encode(), name="x.json")) == plain(document)


@given(st.lists(st.lists(st.floats(width=32, allow_nan=False), min_size=3, max_size=3), min_size=1))
def test_float32_matrices_come_back_bit_for_bit(rows: list[list[float]]) -> None:
    found = read_json(json.dumps({"pae": rows}).encode(), name="x.json")["pae"]
    assert found.dtype in (np.float32, np.int64)
    assert np.array_equal(found.astype(np.float32), np.asarray(rows, np.float32))


def test_companions_of_the_corpus() -> None:
    paths = sorted((need() / "predictions").glob("*.json"))
    assert paths
    for path in paths:
        data = path.read_bytes()
        assert plain(read_json(data, name=path.name)) == plain(json.loads(data)), path.name


def test_errors_name_the_file_and_the_place() -> None:
    with pytest.raises(ValidationError, match=r"a\.json: line 1, column 2: \"x\": a JSON value is needed"):
        read_json(b"[x]", name="a.json")
    with pytest.raises(ValidationError, match="cut short"):
        read_json(b'{"pae": [[0.5, 1.2', name="a.json")
