"""Rows without structures: load, and the questions of `benches/queries.py` asked of proteusdb alone."""

import datetime as dt
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from queries import START

from proteusdb import DatabaseManager

MONTH = (START + dt.timedelta(days=300), START + dt.timedelta(days=330))

QUESTIONS: dict[str, dict[str, Any]] = {
    "prefix": {"sequence_pattern": "MKTAYIAKQR*"},
    "confidence": {"confidence_threshold": 0.95},
    "model and month": {"model_name": "model1", "date_range": MONTH},
    "prefix and confidence": {"sequence_pattern": "MGSSHHHHHH*", "confidence_threshold": 0.95},
    "within": {"sequence_pattern": "*WCHMWC*"},
    "end": {"sequence_pattern": "*KLMNPQRS"},
    "places": {"sequence_pattern": "M?S*K*", "limit": 100},
    "stars, first ten": {"sequence_pattern": "*A*A*A*A*", "limit": 10},
    "everything, first ten": {"sequence_pattern": "*", "limit": 10},
    "top 20 of a model": {"model_name": "model1", "order_by": "-confidence", "limit": 20},
}


def test_open(benchmark: BenchmarkFixture, headers_path: Path, header_rows: list[dict[str, Any]]) -> None:
    """A store that nobody has open, and its first answer. It comes first: later the others have it open."""

    def reopen() -> int:
        with DatabaseManager(database_path=headers_path, read_only=True) as db:
            return db.count()

    assert benchmark(reopen) == len(header_rows)


def test_load_headers(benchmark: BenchmarkFixture, header_rows: list[dict[str, Any]], tmp_path: Path) -> None:
    """All rows into a new store, with every index, synced."""
    numbers = itertools.count()

    def load() -> int:
        with DatabaseManager(database_path=tmp_path / f"{next(numbers)}.db") as db:
            db.store_predictions(header_rows)
            return db.count()

    assert benchmark.pedantic(load, rounds=2) == len(header_rows)


@pytest.mark.parametrize("name", QUESTIONS)
def test_question(benchmark: BenchmarkFixture, headers: DatabaseManager, name: str) -> None:
    """Ids of what matches."""
    asked = QUESTIONS[name]
    found = benchmark(lambda: headers.query_ids(**asked))
    assert len(found) <= asked.get("limit", headers.count())


@pytest.mark.parametrize(
    "ask",
    [lambda db: db.count(), lambda db: db.count(model_name="model1"), lambda db: db.count(confidence_threshold=0.9)],
    ids=["all", "a model", "confidence"],
)
def test_count(benchmark: BenchmarkFixture, headers: DatabaseManager, ask: Callable[[DatabaseManager], int]) -> None:
    """How many match."""
    assert 0 <= benchmark(ask, headers) <= headers.count()
