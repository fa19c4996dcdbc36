"""Whole records and changes: the keyword arguments of `store_prediction` and the dicts of `update_prediction`."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from .basics import arrays, bad_metadata, bad_sequences, ids, metadata, moments, names, sequences
from .structures import structures

__all__ = ["bad_records", "changes", "records"]

_MODELS = st.one_of(st.none(), st.sampled_from(["esm2", "boltz2"]), names())
_JOBS = st.one_of(st.none(), st.sampled_from(["job-1", "job-2"]), names())
_SMALL = st.one_of(st.none(), st.integers(0, 3))
_INT64 = st.one_of(_SMALL, st.integers(-(2**63), 2**63 - 1))


@st.composite
def records(draw: st.DrawFn, *, with_structure: bool = True) -> dict[str, Any]:
    """Arguments of `store_prediction`, `on_conflict` apart; the sequence fits the structure where there is one."""
    structure = draw(st.one_of(st.none(), structures(6, 2))) if with_structure else None
    sequence: str | None = draw(sequences())
    if structure is not None:
        sequence = structure.sequence or sequence
    return {
        "sequence": sequence,
        "structure": structure,
        "metadata": draw(metadata()),
        "prediction_id": draw(ids()),
        "model": draw(_MODELS),
        "job": draw(_JOBS),
        "seed": draw(_INT64),
        "sample": draw(_SMALL),
        "rank": draw(_SMALL),
        "arrays": draw(st.dictionaries(names(), arrays(), max_size=2)) or None,
        "created_at": draw(st.one_of(st.none(), moments())),
    }


def bad_records() -> st.SearchStrategy[dict[str, Any]]:
    """Records with one fault each, all a `ValidationError`."""
    good = records(with_structure=False)
    fault = st.one_of(
        bad_sequences().map(lambda text: {"sequence": text}),
        bad_metadata().map(lambda tree: {"metadata": tree, "model": None}),
        st.sampled_from(
            [
                {"prediction_id": ""},
                {"prediction_id": "x" * 256},
                {"prediction_id": "a\0b"},
                {"model": ""},
                {"job": "j" * 256},
                {"seed": 1 << 63},
                {"seed": "one"},
                {"on_conflict": "overwrite"},
                {"arrays": {"": [1]}},
                {"arrays": {"objects": [object()]}},
                {"structure": 12},
                {"created_at": "yesterday"},
            ]
        ),
    )
    return st.builds(lambda record, wrong: {**record, **wrong}, good, fault)


@st.composite
def changes(draw: st.DrawFn) -> dict[str, Any]:
    """Changes that leave sequence and structure as they are."""
    possible: dict[str, st.SearchStrategy[Any]] = {
        "metadata": st.one_of(metadata(), st.just({"organism": None}), st.just({"confidence": None})),
        "model": _MODELS,
        "job": _JOBS,
        "seed": _INT64,
        "sample": _SMALL,
        "rank": _SMALL,
        "arrays": st.dictionaries(names(), st.one_of(st.none(), arrays()), max_size=2),
        "created_at": moments(),
    }
    chosen = draw(st.lists(st.sampled_from(sorted(possible)), min_size=1, max_size=3, unique=True))
    return {name: draw(possible[name]) for name in chosen}
