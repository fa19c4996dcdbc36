"""Predictions with structures: loads, single stores, point reads, scans."""

import itertools
from pathlib import Path
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from proteusdb import DatabaseManager


@pytest.mark.parametrize("compression", ["fast", "small", False], ids=["fast", "small", "plain"])
def test_load(
    benchmark: BenchmarkFixture, drafts: list[dict[str, Any]], tmp_path: Path, compression: str | bool
) -> None:
    """All of them from memory into a new store, synced."""
    numbers = itertools.count()

    def load() -> int:
        path = tmp_path / f"{next(numbers)}.db"
        with DatabaseManager(database_path=path, compression=compression) as db:
            db.store_predictions(drafts)
            return db.count()

    assert benchmark.pedantic(load, rounds=3) == len(drafts)


@pytest.mark.parametrize("durability", ["full", "relaxed"])
def test_single_store(
    benchmark: BenchmarkFixture, drafts: list[dict[str, Any]], tmp_path: Path, durability: str
) -> None:
    """One prediction, committed; a new id each time."""
    numbers = itertools.count()
    with DatabaseManager(database_path=tmp_path / "proteus.db", durability=durability) as db:

        def store() -> str:
            number = next(numbers)
            draft = {**drafts[number % len(drafts)], "prediction_id": f"single{number}"}
            return db.store_prediction(**draft)

        assert db.get_prediction(benchmark(store)).structure is not None


def test_point_read(benchmark: BenchmarkFixture, store: DatabaseManager) -> None:
    """Coordinates, sequence and B-factors of one prediction."""
    ids = itertools.cycle(store.query_ids())

    def read() -> Any:
        found = store.get_prediction(next(ids))
        assert found.structure is not None
        return found.structure.coords, found.sequence, found.structure.b_factor

    coords, sequence, b_factor = benchmark(read)
    assert coords.shape == (len(b_factor), 3)
    assert sequence


def test_outline_read(benchmark: BenchmarkFixture, store: DatabaseManager) -> None:
    """The pLDDT of one prediction, its coordinates left alone."""
    ids = itertools.cycle(store.query_ids())
    found = benchmark(lambda: store.get_prediction(next(ids)).plddt)
    assert found is None or found.ndim == 1


def test_header_read(benchmark: BenchmarkFixture, store: DatabaseManager) -> None:
    """Sequence and metadata of one prediction."""
    ids = itertools.cycle(store.query_ids())

    def read() -> Any:
        found = store.get_prediction(next(ids))
        return found.sequence, found.metadata

    assert all(benchmark(read))


@pytest.mark.parametrize("workers", [1, 2])
def test_scan(benchmark: BenchmarkFixture, store: DatabaseManager, workers: int) -> None:
    """The coordinates of all, one after the other."""

    def scan() -> int:
        found = store.iter_predictions(fields=("structure",), workers=workers)
        return sum(1 for prediction in found if prediction.structure is not None and len(prediction.structure.coords))

    assert benchmark.pedantic(scan, rounds=3, warmup_rounds=1) == store.count()


def test_many_by_id(benchmark: BenchmarkFixture, store: DatabaseManager) -> None:
    """A hundred headers in one call."""
    ids = store.query_ids()[:100]
    assert len(benchmark(lambda: store.get_predictions(ids))) == len(ids)
