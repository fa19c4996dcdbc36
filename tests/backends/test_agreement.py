"""Every back end and the oracle hold the same rows and are asked the same: hundreds of random questions."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backends.engines import ENGINES, open_engine
from proteusdb import DatabaseManager
from proteusdb.testing import memory_manager, strategies
from proteusdb.testing.rows import rows

_PAGING = ("limit", "offset", "order_by")


class Pair(NamedTuple):
    """The same rows twice, and for each a moment in the midst of their making."""

    real: DatabaseManager
    oracle: DatabaseManager
    moments: tuple[Any, Any]

    def same(self, criteria: dict[str, Any], past: bool = False) -> None:
        """Both give the same ids and the same count, now or as of the moment."""
        asked = [{**criteria, "as_of": moment} if past else criteria for moment in self.moments]
        sides = list(zip((self.real, self.oracle), asked, strict=True))
        ids = [db.query_ids(side) for db, side in sides]
        assert ids[0] == ids[1], self.real.explain(asked[0])
        unpaged = [(db, {name: side[name] for name in side if name not in _PAGING}) for db, side in sides]
        counts = [db.count(side) for db, side in unpaged]
        assert counts[0] == counts[1], self.real.explain(unpaged[0][1])


_WHEN = ("as it is", "declared before", "declared after")
_SOME = {"lmdb": _WHEN, "sqlite": _WHEN[:2]}
_SIDES = [(engine, when) for engine in ENGINES for when in _SOME.get(engine, _WHEN[1:2])]
"""Each back end, without indexes of the user's, and with such as were declared before or after the rows came. A server
takes its time, so it is asked where most can go wrong."""


@pytest.fixture(scope="module", params=_SIDES, ids=lambda side: f"{side[0]} {side[1]}")
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Rows that were stored, updated, deleted and stored again."""
    engine, when = request.param
    with open_engine(engine, tmp_path_factory.mktemp("answers")) as real, memory_manager() as oracle:
        if when == "declared before":
            declare(real)
        moments = (fill(real), fill(oracle))
        if when == "declared after":
            declare(real)
        assert real.query_ids() == oracle.query_ids()
        yield Pair(real, oracle, moments)
        assert real.verify_integrity().ok


def declare(db: DatabaseManager) -> None:
    """An index on every field that questions are asked of and that may have one."""
    for path in ("organism", "temperature", "scores", "scores.ptm", "tags", "a.b", "missing"):
        db.create_index(f"metadata.{path}")
    for name in ("seed", "sample", "rank", "ranking_score"):
        db.create_index(name)


def fill(db: DatabaseManager) -> Any:
    """Makes the rows and returns the time of the last of the first half."""
    # What names a model by its name alone gets the one that has it, version and all.
    db.store_model("esm2", "1.0")
    db.store_model("boltz2", "2", {"recycles": 3})
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
@settings(max_examples=settings.default.max_examples * 3)
def test_every_question_has_the_same_answer(pair: Pair, criteria: dict[str, Any], data: st.DataObject) -> None:
    if data.draw(st.booleans()):
        criteria = {**criteria, "where": data.draw(strategies.expressions())}
    pair.same(criteria)
    best = data.draw(strategies.best_arguments())
    found = [db.best(**best, **criteria) for db in (pair.real, pair.oracle)]
    assert found[0].ids == found[1].ids
    assert found[0].total == found[1].total


@given(criteria=strategies.criteria(3), text=st.one_of(st.none(), strategies.expressions()))
def test_the_past_has_the_same_answers(pair: Pair, criteria: dict[str, Any], text: str | None) -> None:
    pair.same({**criteria, "where": text}, past=True)
    found = [
        db.best("confidence", "job", {**criteria, "as_of": moment}).ids
        for db, moment in zip((pair.real, pair.oracle), pair.moments, strict=True)
    ]
    assert found[0] == found[1]


@given(text=strategies.expressions(), order=st.one_of(st.none(), strategies.order_by()))
@settings(max_examples=settings.default.max_examples * 3)
def test_every_expression_has_the_same_answer(pair: Pair, text: str, order: Any) -> None:
    pair.same({"where": text, "order_by": order})


@given(pattern=strategies.patterns(), sequence=strategies.sequences())
@settings(max_examples=settings.default.max_examples * 3)
def test_every_pattern_has_the_same_answer(pair: Pair, pattern: str, sequence: str) -> None:
    pair.same({"sequence_pattern": pattern})
    pair.same({"sequence_pattern": sequence})
