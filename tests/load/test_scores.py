"""Whatever a score file says, what is taken of it can be stored, and nothing is lost that can be found again."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proteusdb._core import read_json
from proteusdb.core.recognise import Recognised, Scores
from proteusdb.core.recognise.readers import aligned_error
from proteusdb.testing import memory_manager

NAMES = st.sampled_from(
    [
        "pae",
        "plddt",
        "ptm",
        "iptm",
        "ranking_score",
        "chain_ptm",
        "chain_pair_iptm",
        "pair_chains_iptm",
        "$x",
        "",
        "distance",
    ]
)
NUMBERS = st.floats(allow_nan=True, allow_infinity=True) | st.integers(-(2**70), 2**70)
VALUES = st.recursive(
    NUMBERS | st.none() | st.booleans() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES | st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(NAMES | st.text(max_size=5), VALUES, max_size=6))
def test_what_is_taken_can_be_stored(document: dict[str, Any]) -> None:
    scores = Scores()
    scores.take(read_json(json.dumps(document).encode(), name="x.json"))
    metadata = {**scores.values, "scores": scores.own}
    with memory_manager() as db:
        name = db.store_prediction("MKV", None, metadata, arrays=scores.arrays)
        record = db.get_prediction(name)
        assert record.metadata == metadata
        for array, value in scores.arrays.items():
            assert np.array_equal(record.arrays[array], value, equal_nan=value.dtype.kind == "f")


def test_the_first_says_and_what_differs_keeps_its_own_name() -> None:
    scores = Scores()
    exact, rounded = np.array([[0.25, 1.25]], np.float32), np.array([[0.3, 1.3]], np.float32)
    scores.take({"pae": exact, "ptm": 0.8})
    scores.take({"predicted_aligned_error": rounded, "ptm": 0.7})
    scores.take({"token_pair_pae": exact})
    assert scores.values == {"ptm": 0.8}
    assert scores.arrays.keys() == {"pae", "predicted_aligned_error"}
    assert np.array_equal(scores.arrays["pae"], exact)


def test_pairs_of_chains_are_not_taken_for_symmetric() -> None:
    scores = Scores()
    scores.take({"chain_pair_iptm": {"(A, B)": 0.5, "(B, C)": "0.25"}, "pair_chains_iptm": {"0": {"0": 0.1, "1": 0.2}}})
    table = scores.arrays["chain_pair_iptm"]
    nan = np.nan
    assert np.array_equal(table, [[nan, 0.5, nan], [nan, nan, 0.25], [nan, nan, nan]], equal_nan=True)
    other = scores.arrays["pair_chains_iptm"]
    assert np.array_equal(other, np.array([[0.1, 0.2], [nan, nan]], np.float32), equal_nan=True)
    assert scores.own["chain_pair_iptm"] == {"(A, B)": 0.5, "(B, C)": "0.25"}


@pytest.mark.parametrize(
    "columns",
    [
        {"residue1": [1, 1], "residue2": [1, 2], "distance": [0.5, 0.5]},
        {"residue1": [0, 1], "residue2": [1, 1], "distance": [0.5, 0.5]},
        {"residue1": [1], "residue2": [1, 1], "distance": [0.5, 0.5]},
        {"residue1": [1, 1000000], "residue2": [1, 1], "distance": [0.5, 0.5]},
    ],
)
def test_columns_that_are_no_matrix_are_told(columns: dict[str, list[float]]) -> None:
    document = {name: np.array(column) for name, column in columns.items()}
    with pytest.raises(ValueError, match=r"residue|needed"):
        aligned_error([document], Scores(), Recognised(""))
