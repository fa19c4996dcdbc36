"""What back ends of rows share: a version as a row, a criterion as a question, operations as changes."""

import datetime as dt
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proteusdb import _core
from proteusdb.backends.shared.question import ask_question, verified
from proteusdb.backends.shared.rows import COLUMNS, Version, blob_key, keys_of, stored
from proteusdb.core.draft import draft_of
from proteusdb.errors import CorruptionError, ProteusError, QueryError, TimeoutError, ValidationError
from proteusdb.testing import strategies

_SETTINGS = _core.Settings(compression="fast", precision=None, pae_precision=None)


def prepared(record: dict[str, Any]) -> Any:
    """The version that storing a record would write."""
    operation = _core.prepare([draft_of(record)], _SETTINGS, 1)[0]
    assert not isinstance(operation, ProteusError), operation
    return operation.prediction.with_version(3, updated_at=7, created_at=5, model_id="m")


# --- rows -------------------------------------------------------------------------------------------------------------


@given(record=strategies.records())
def test_a_version_comes_back_from_its_row(record: dict[str, Any]) -> None:
    version = prepared(record)
    written = Version.of(version)
    assert len(written.row) == len(COLUMNS)
    back = stored(written.row)
    names = [name for name in dir(version) if not name.startswith("_") and not callable(getattr(version, name))]
    assert {name: getattr(back, name) for name in names} == {name: getattr(version, name) for name in names}
    assert sorted(keys_of(back)) == sorted(written.keys)
    assert {blob_key(data) for data in written.blobs.values()} == set(written.keys)
    assert Version.of(back).row == written.row
    assert Version.of(back).blobs == {}


def test_a_row_reads_as_columns() -> None:
    metadata = {"n": 1, "x": 1.0, "at": dt.datetime(2024, 3, 1, tzinfo=dt.UTC), "text": "a\x00\"'\n"}
    row = dict(zip(COLUMNS, Version.of(prepared({"sequence": "MK:GG", "metadata": metadata})).row, strict=True))
    assert row["metadata"] == (
        '{"n": 1, "x": 1.0, "at": {"$time": "2024-03-01T00:00:00Z"}, "text": "a\\u0000\\"\'\\n"}'
    )
    assert (row["chain_types"], row["length"], row["parts"]) == ("protein:protein", 4, "[]")


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        ("metadata", "{", "metadata"),
        ("metadata", "[1]", "metadata"),
        ("parts", '[["structure", ""]]', "parts"),
        ("chain_types", "lipid", "lipid"),
        ("version", "one", "version"),
        ("sequence", None, "sequence"),
    ],
)
def test_a_damaged_row_is_named(column: str, value: Any, told: str) -> None:
    row = dict(zip(COLUMNS, Version.of(prepared({"sequence": "MK", "prediction_id": "a"})).row, strict=True))
    with pytest.raises(CorruptionError, match=told):
        stored(tuple({**row, column: value}.values()))
    with pytest.raises(CorruptionError, match="columns"):
        stored(tuple(row.values())[:-1])


def test_documents_hold_arrays_and_times() -> None:
    given = {"a": np.arange(6, dtype=np.float32).reshape(2, 3), "t": dt.datetime(1, 1, 1, tzinfo=dt.UTC), "n": [None]}
    back = _core.from_document(_core.to_document(given))
    np.testing.assert_array_equal(back.pop("a"), given.pop("a"))
    assert back == given
    with pytest.raises(CorruptionError):
        _core.from_document('{"a": {"$array": ["f4", [3], "AA=="]}}')


def test_a_model_s_id_is_that_of_its_content() -> None:
    one = _core.model_id("m", None, {"a": 1, "b": [2.0]})
    assert one == _core.model_id("m", None, {"b": [2], "a": 1.0})
    others = [("m", "1", {"a": 1, "b": [2]}), ("n", None, {"a": 1, "b": [2]}), ("m", None, {"a": True, "b": [2]})]
    assert len({one, *(_core.model_id(*other) for other in others)}) == 4


# --- questions --------------------------------------------------------------------------------------------------------


def test_a_question_is_divided() -> None:
    search = _core.Search({"where": "confidence >= 0.9 and sequence matches '[KR].[TS]'", "limit": 5})
    question = ask_question(search, {})
    assert question.asks == [("range", "confidence", (0.9, True), None)]
    assert (question.columns, question.limit, question.early) == (["sequence"], None, True)
    assert question.told == ["confidence >= 0.9"]
    whole = ask_question(_core.Search({"confidence_threshold": 0.9, "limit": 5, "offset": 2}), {})
    assert (whole.columns, whole.limit, whole.offset, whole.order) == ([], 5, 2, [])


def test_an_engine_that_cannot_ask_is_not_asked() -> None:
    search = _core.Search({"where": "job == 'x' and confidence >= 0.9"})
    none = ask_question(search, {}, takes=lambda ask: False)
    assert (none.asks, none.answered) == ([], [])
    assert none.columns == ["confidence", "job"]
    superset = ask_question(search, {}, takes=lambda ask: None)
    assert len(superset.asks) == 2
    assert superset.columns == ["confidence", "job"]
    unsorted = ask_question(_core.Search({"order_by": "-confidence"}), {}, ordered=frozenset())
    assert (unsorted.order, unsorted.columns) == (None, ["confidence"])


def test_declared_indexes_answer_by_spans() -> None:
    search = _core.Search({"metadata": {"t": (1, 2)}, "where": "metadata.u contains 'x'"})
    question = ask_question(search, {"metadata.t": 1, "metadata.u": 2})
    assert [number for number, _ in question.spans] == [1, 2]
    assert question.columns == ["metadata"], "contains is to be looked at again"
    keys = [
        prepared({"sequence": "MK", "metadata": {"t": value}}).index_key("metadata.t") for value in (0, 1.5, 2, "1")
    ]
    [(low, high)] = question.spans[0][1]
    assert [low <= key < high for key in keys] == [False, True, True, False]
    nothing = ask_question(_core.Search({"where": "metadata.t < 1 and metadata.t > 2"}), {"metadata.t": 1})
    assert nothing.nothing


def test_wrong_criteria_and_columns_are_refused() -> None:
    with pytest.raises(QueryError, match="lenght"):
        _core.Search({"where": "lenght > 1"})
    with pytest.raises(QueryError, match="per="):
        _core.Search({}, ("confidence", "day"))
    search = _core.Search({})
    with pytest.raises(QueryError, match="column"):
        search.verify(["secret"], [], count=False, ordered=False, timeout=None)
    with pytest.raises(ValidationError):
        _core.check_metadata("configuration", {"$x": 1})


@given(values=st.lists(st.floats(0, 1), max_size=30), limit=st.none() | st.integers(0, 5), offset=st.integers(0, 3))
def test_the_verifier_orders_counts_and_stops(values: list[float], limit: int | None, offset: int) -> None:
    rows = [(f"{number:02}", 1, value) for number, value in enumerate(values)]
    search = _core.Search({"where": "confidence >= 0.5", "order_by": "-confidence", "limit": limit, "offset": offset})
    question = ask_question(search, {}, takes=lambda ask: False, ordered=frozenset())
    found = verified(search, question, [rows[:7], rows[7:]])
    wanted = sorted((row for row in rows if row[2] >= 0.5), key=lambda row: (-row[2], row[0]))[offset:]
    assert [key for key, _ in found.pins] == [row[0] for row in wanted[:limit]]


def test_a_verifier_keeps_its_time() -> None:
    search = _core.Search({"where": "sequence matches '[KR].[TS]'"})
    verifier = search.verify(["sequence"], [], count=True, ordered=False, timeout=1e-9)
    with pytest.raises(TimeoutError, match="narrow"):
        verifier.feed([(str(number), 1, "MKT" * 50) for number in range(100)])
    with pytest.raises(CorruptionError, match="sequence"):
        search.verify(["sequence"], [], count=True, ordered=False, timeout=None).feed([("a", 1, None)])
