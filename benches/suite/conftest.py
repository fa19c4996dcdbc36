"""What the benchmarks of this folder share: made-up predictions, and stores that are filled once.

::

    pytest benches/suite --rows 2000 --headers 100000

`--rows` are predictions with structures, `--headers` rows without. Nothing here is a test of how long anything takes.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from proteusdb import DatabaseManager, Structure

BENCHES = Path(__file__).parents[1]
sys.path[:0] = [str(BENCHES), str(BENCHES / "compare")]

from queries import rows  # noqa: E402
from records import Record, records, templates  # noqa: E402


def pytest_addoption(parser: pytest.Parser) -> None:
    """How much is stored."""
    parser.addoption("--rows", type=int, default=2_000, help="predictions with structures")
    parser.addoption("--headers", type=int, default=20_000, help="rows without structures")


@pytest.fixture(scope="session")
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[Record]:
    """Predictions in memory, no two alike."""
    count = request.config.getoption("--rows")
    return list(records(templates(None, tmp_path_factory.mktemp("made"), min(40, count)), count))


@pytest.fixture(scope="session")
def drafts(made: list[Record]) -> list[dict[str, Any]]:
    """The same, ready to be stored."""
    names = ("sequence", "metadata", "created_at")
    return [
        {"prediction_id": r.id, "structure": Structure.from_arrays(**r.columns)} | {n: getattr(r, n) for n in names}
        for r in made
    ]


@pytest.fixture(scope="session", params=["fast", "small", "plain"])
def store(
    request: pytest.FixtureRequest, drafts: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DatabaseManager]:
    """A store of them, in each compression; it remembers no structure and no answer."""
    compression = False if request.param == "plain" else request.param
    path = tmp_path_factory.mktemp("store") / "proteus.db"
    with DatabaseManager(database_path=path, compression=compression, cache_size=0) as db:
        db.store_predictions(drafts)
        yield db


@pytest.fixture(scope="session")
def header_rows(request: pytest.FixtureRequest) -> list[dict[str, Any]]:
    """Rows without structures, as `benches/queries.py` makes them."""
    return list(rows(request.config.getoption("--headers")))


@pytest.fixture(scope="session")
def headers_path(header_rows: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of them, closed."""
    path = tmp_path_factory.mktemp("headers") / "proteus.db"
    with DatabaseManager(database_path=path) as db:
        db.store_predictions(header_rows)
    return path


@pytest.fixture(scope="session")
def headers(headers_path: Path) -> Iterator[DatabaseManager]:
    """The same, open; it remembers no answer."""
    with DatabaseManager(database_path=headers_path, cache_size=0) as db:
        yield db
