"""Strategies for the small things: ids, names, sequences, moments, metadata, arrays.

Values are drawn from few, short alternatives as well as from everything allowed: tests that search for what they stored
must hit now and then.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

__all__ = [
    "arrays",
    "bad_metadata",
    "bad_sequences",
    "few_ids",
    "ids",
    "metadata",
    "metadata_values",
    "moments",
    "names",
    "sequences",
]

#: The letters of common sequences; few, so that patterns hit.
COMMON = "AGKLMS"
LETTERS = "ACDEFGHIKLMNPQRSTVWYUOXBZJ"
KEYS = ("organism", "temperature", "confidence", "ranking_score", "scores", "tags", "a.b", "é", "model")

_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)


def names() -> st.SearchStrategy[str]:
    """Names of models, jobs and arrays: 1 to 255 bytes of UTF-8 without NUL."""
    odd = _TEXT.filter(lambda text: 0 < len(text.encode()) <= 255)
    return st.one_of(st.sampled_from(["esm2", "boltz2", "run 7", "pae"]), odd)


def ids() -> st.SearchStrategy[str]:
    """Prediction ids; a handful returns often, others are any Unicode up to the last byte allowed."""
    long = st.integers(200, 255).map(lambda n: "x" * n)
    wide = st.integers(1, 63).map(lambda n: "𝔸" * n)
    return st.one_of(few_ids(), few_ids(), names(), long, wide)


def few_ids() -> st.SearchStrategy[str]:
    """A handful of ids, so that tests meet again what they stored."""
    return st.sampled_from(["a", "b", "B", "ä", "z/../z", "10", "2", "\U0001f9ec"])


def sequences(max_chain: int = 20) -> st.SearchStrategy[str]:
    """Upper-case sequences of one to three chains."""
    common = st.text(COMMON, min_size=1, max_size=max_chain)
    any_letter = st.text(LETTERS, min_size=1, max_size=max_chain)
    chain = st.one_of(common, common, any_letter)
    return st.lists(chain, min_size=1, max_size=3).map(":".join)


def bad_sequences() -> st.SearchStrategy[str]:
    """What `ValidationError` must refuse: nothing, empty chains, anything that is no letter."""
    wrong = st.characters(codec="utf-8").filter(lambda c: not (c.isascii() and c.isalpha()) and c != ":")
    spoiled = st.builds(lambda a, c, b: a + c + b, st.text(COMMON), wrong, st.text(COMMON))
    return st.one_of(st.sampled_from(["", ":", "MK:", ":MK", "MK::GL"]), spoiled)


def moments() -> st.SearchStrategy[dt.datetime]:
    """Moments to the microsecond, aware in several zones or naive (UTC)."""
    zones = st.sampled_from([None, dt.UTC, dt.timezone(dt.timedelta(hours=5, minutes=30))])
    near = st.datetimes(dt.datetime(2024, 1, 1), dt.datetime(2024, 1, 4))
    far = st.datetimes(dt.datetime(2, 1, 1), dt.datetime(9998, 12, 31))
    return st.builds(lambda moment, zone: moment.replace(tzinfo=zone), st.one_of(near, near, far), zones)


def metadata_values(max_leaves: int = 6) -> st.SearchStrategy[Any]:
    """Values within every limit: None, bool, int64, finite float, text, moment, list, dict."""
    leaves = st.one_of(
        st.none(),
        st.booleans(),
        st.sampled_from([0, 1, 1.0, 0.5, -0.0, 298, 298.0, "E. coli", "e. coli", "", 2**53 + 1, float(2**53)]),
        st.integers(-(2**63), 2**63 - 1),
        st.floats(allow_nan=False, allow_infinity=False),
        _TEXT,
        moments(),
    )
    keys = st.one_of(st.sampled_from(["ptm", "iptm", "deep"]), _keys())
    return st.recursive(
        leaves,
        lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(keys, inner, max_size=3)),
        max_leaves=max_leaves,
    )


def _keys() -> st.SearchStrategy[str]:
    return _TEXT.filter(lambda key: key != "" and not key.startswith("$"))


@st.composite
def metadata(draw: st.DrawFn) -> dict[str, Any]:
    """Metadata a record may have: the keys that mean something hold what they may hold."""
    free = [key for key in KEYS if key not in ("confidence", "ranking_score", "model")]
    tree = draw(st.dictionaries(st.one_of(st.sampled_from(free), _keys()), metadata_values(), max_size=4))
    meaning = {
        "confidence": st.one_of(st.sampled_from([0, 1, 0.5, 0.8]), st.floats(0, 1)),
        "ranking_score": st.floats(-100, 2),
        "model": st.sampled_from(["esm2", "boltz2"]),
    }
    for key, values in meaning.items():
        tree.pop(key, None)
        if draw(st.booleans()):
            tree[key] = draw(values)
    return tree


def bad_metadata() -> st.SearchStrategy[dict[Any, Any]]:
    """Metadata just outside the limits."""
    deep: Any = 1
    for _ in range(33):
        deep = {"k": deep}
    large = st.just(1 << 20).map(lambda size: {"x": "y" * size})
    small = st.sampled_from(
        [
            {"$where": 1},
            {"": 1},
            {"a\0": 1},
            {1: "a key that is no str"},
            {"x": float("nan")},
            {"x": [float("inf")]},
            {"x": {"y": -float("inf")}},
            {"x": 2**63},
            {"x": -(2**63) - 1},
            {"x": object()},
            {"x": {1, 2}},
            {"x": b"bytes"},
            {"x": np.zeros(3)},
            {"x": "\ud800"},
            {"confidence": 1.01},
            {"confidence": 87.5},
            {"confidence": -0.1},
            {"confidence": "high"},
            {"ranking_score": "high"},
            {"model": 7},
            deep,
        ]
    )
    return st.one_of(small, small, small, large)


def arrays() -> st.SearchStrategy[NDArray[Any]]:
    """numpy arrays of every dtype that is stored: scalars, empty, C and Fortran order, views, either byte order."""
    numbers = st.sampled_from("? i1 u1 i2 >i2 u2 i4 <u4 i8 >i8 u8 f2 f4 >f4 f8 U1 U7 S1 S5".split()).map(np.dtype)
    shapes = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5)
    drawn = st.tuples(numbers, shapes).flatmap(lambda pair: hnp.arrays(pair[0], pair[1]))
    layouts = st.sampled_from([lambda a: a, np.asfortranarray, lambda a: a[..., ::-1] if a.ndim else a])
    return st.builds(lambda array, layout: layout(array), drawn, layouts)
