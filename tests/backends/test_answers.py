"""The embedded back end and the oracle hold the same rows and are asked the same: hundreds of random questions."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proteusdb import DatabaseManager
from proteusdb.testing import memory_manager, strategies
from proteusdb.testing.rows import rows

_PAGING = ("limit", "offset", "order_by")


class Pair(NamedTuple):
    """The same rows twice, and for each a moment in the midst of their making."""

    real: DatabaseManager
    oracle: DatabaseManager
    moments: tuple[Any, Any]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Rows that were stored, updated, deleted and stored again."""
    path = tmp_path_factory.mktemp("answers") / "proteus.db"
    with DatabaseManager("lmdb", path, durability="relaxed") as real, memory_manager() as oracle:
        moments = (fill(real), fill(oracle))
        assert real.query_ids() == oracle.query_ids()
        yield Pair(real, oracle, moments)


def fill(db: DatabaseManager) -> Any:
    """Makes the rows and returns the time of the last of the first half."""
    records = list(rows(120, seed=3))
    db.store_predictions(records[:60])
    moment = db.get_prediction(records[0]["prediction_id"]).updated_at
    db.store_predictions(records[60:])
    for number, record in enumerate(records):
        key = record["prediction_id"]
        if number % 5 == 0:
            db.update_prediction(key, {"metadata": {"temperature": number, "organism": None}, "job": None, "seed": 3})
        if number % 7 == 0:
            db.delete_prediction(key)
        if number % 14 == 0:
            db.store_prediction(**{**record, "sequence": "MLSKG"})
    return moment


@given(criteria=strategies.criteria(), data=st.data())
@settings(max_examples=settings.default.max_examples * 10)
def test_every_question_has_the_same_answer(pair: Pair, criteria: dict[str, Any], data: st.DataObject) -> None:
    assert pair.real.query_ids(criteria) == pair.oracle.query_ids(criteria)
    unpaged = {name: value for name, value in criteria.items() if name not in _PAGING}
    assert pair.real.count(unpaged) == pair.oracle.count(unpaged)
    best = data.draw(strategies.best_arguments())
    found = [[p.prediction_id for p in db.best(**best, **criteria)] for db in (pair.real, pair.oracle)]
    assert found[0] == found[1]


@given(criteria=strategies.criteria(3))
def test_the_past_has_the_same_answers(pair: Pair, criteria: dict[str, Any]) -> None:
    real, oracle = (
        db.query_ids({**criteria, "as_of": moment})
        for db, moment in zip((pair.real, pair.oracle), pair.moments, strict=True)
    )
    assert real == oracle


@given(text=strategies.expressions(), order=st.one_of(st.none(), strategies.order_by()))
@settings(max_examples=settings.default.max_examples * 10)
def test_every_expression_has_the_same_answer(pair: Pair, text: str, order: Any) -> None:
    criteria = {"where": text, "order_by": order}
    assert pair.real.query_ids(criteria) == pair.oracle.query_ids(criteria)


@given(pattern=strategies.patterns(), sequence=strategies.sequences())
@settings(max_examples=settings.default.max_examples * 10)
def test_every_pattern_has_the_same_answer(pair: Pair, pattern: str, sequence: str) -> None:
    assert pair.real.query_ids(sequence_pattern=pattern) == pair.oracle.query_ids(sequence_pattern=pattern)
    exact = {"sequence_pattern": sequence}
    assert pair.real.query_ids(exact) == pair.oracle.query_ids(exact)
