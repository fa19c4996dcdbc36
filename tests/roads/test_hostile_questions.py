"""Questions made to hurt: each ends, with the right answer or with a refusal that says what is allowed.

::

    *A*A*A*A*     10 kB of pattern     (((A+)+)+)+     one model with every row     a value for every row

Every answer is compared with Python's own, over all rows. Work is told by what `explain` looked at, not by clocks.
`PROTEUSDB_SOAK=1` asks a million rows, and watches memory too.
"""

import os
import random
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from proteusdb import DatabaseManager
from proteusdb.errors import QueryError, TimeoutError

SOAK = os.environ.get("PROTEUSDB_SOAK") == "1"
ROWS = 1_000_000 if SOAK else 2_000
EVERYTHING = "*" * 50 + "?" + "*" * 50

GLOBS = {
    "wildcards about one letter": "*A*A*A*A*",
    "many gaps": "*[AG]?" * 40 + "*",
    "10 kB of gaps": "*A" * 5_000 + "*",
    "10 kB of single wildcards": "?*" * 5_000,
    "10 kB of letters": "*" + "ACDEF" * 2_000 + "*",
    "10 kB of classes": "*" + "[AC]" * 2_500 + "*",
    "letters that all begin with": "M*",
    "wildcards alone": EVERYTHING,
}

EXPRESSIONS = {
    "nested repeats": ("(((A+)+)+)+W$", "A+W$"),
    "nested repeats of anything": ("((.*)*)*WW", "WW"),
    "optional letters, then as many": ("(A?){60}A{6}", "A{6}"),
    "10 kB of alternatives": ("|".join(["WWW", "MMMM", "CCCC"] * 800), "WWW|MMMM|CCCC"),
}

REFUSED = {
    "repeats of repeats of repeats": "re:((A{1,50}){1,50}){1,50}",
    "brackets within brackets": "re:" + "(" * 5_000 + "A" + ")" * 5_000,
    "many ranges": "prosite:" + "-".join(["x(0,9)"] * 1_400) + ".",
}


def sequences() -> Iterator[str]:
    """The same in each test."""
    dice = random.Random(11)
    for _ in range(ROWS):
        yield "M" + "".join(dice.choices("LAGVESIKRDTPNQFYMHCW", k=dice.randint(20, 300)))


def resident() -> float:
    """MiB of this process's memory at its highest."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << (20 if sys.platform == "darwin" else 10))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One model with all rows; each row has a value of its own, under an index."""
    path = tmp_path_factory.mktemp("hostile") / "proteus.db"
    with DatabaseManager(database_path=path) as db:
        db.create_index("metadata.tag")
        report = db.store_predictions(
            {
                "prediction_id": f"p{number:08d}",
                "sequence": sequence,
                "model": "the only one",
                "metadata": {"tag": f"tag {number:08d}", "confidence": 0.5},
            }
            for number, sequence in enumerate(sequences())
        )
        assert report.stored == ROWS
    return path


@pytest.fixture
def db(store: Path) -> Iterator[DatabaseManager]:
    """The store, with nothing remembered of earlier questions."""
    with DatabaseManager(database_path=store, cache_size=0) as manager:
        yield manager


def ids(pattern: Callable[[str], object]) -> list[str]:
    """Which rows match, by a plain scan."""
    return [f"p{number:08d}" for number, sequence in enumerate(sequences()) if pattern(sequence)]


@pytest.mark.parametrize("pattern", GLOBS.values(), ids=GLOBS)
def test_patterns_made_to_hurt_are_answered_as_by_a_scan(db: DatabaseManager, pattern: str) -> None:
    expected = ids(greedy(pattern))
    assert db.query_ids(sequence_pattern=pattern) == expected
    assert db.count(sequence_pattern=pattern) == len(expected)


def greedy(pattern: str) -> Callable[[str], bool]:
    """A glob that finds each part as early as it can: linear, where a backtracking match is not."""
    first, *middle, last = (re.compile(part.replace("?", ".")) for part in re.sub(r"\*+", "*", pattern).split("*"))
    room = len(re.findall(r"\[[A-Z]+\]|[^*]", pattern))
    end = len(re.findall(r"\[[A-Z]+\]|.", pattern.rpartition("*")[2]))

    def matches(sequence: str) -> bool:
        at, tail = first.match(sequence), len(sequence) - end
        if at is None or len(sequence) < room or not last.match(sequence, tail):
            return False
        for part in middle:
            at = part.search(sequence, at.end(), tail)
            if at is None:
                return False
        return True

    return matches


@pytest.mark.parametrize(("pattern", "simple"), EXPRESSIONS.values(), ids=EXPRESSIONS)
def test_expressions_that_backtrack_elsewhere_take_linear_time(db: DatabaseManager, pattern: str, simple: str) -> None:
    assert db.query_ids(sequence_pattern=f"re:{pattern}") == ids(re.compile(simple).search)


@pytest.mark.parametrize("pattern", REFUSED.values(), ids=REFUSED)
def test_patterns_that_would_fill_memory_are_refused(db: DatabaseManager, pattern: str) -> None:
    with pytest.raises(QueryError, match="sequence_pattern"):
        db.query_ids(sequence_pattern=pattern)
    assert db.count() == ROWS


@pytest.mark.parametrize(
    "criteria",
    [
        {"sequence_pattern": "*"},
        {"sequence_pattern": "M*"},
        {"sequence_pattern": EVERYTHING},
        {"model_name": "the only one"},
        {"confidence_threshold": 0.5},
        {"metadata": {"tag": ("tag", "tag 99999999")}},
    ],
    ids=lambda criteria: next(iter(criteria)),
)
def test_ten_of_all_rows_are_found_without_a_look_at_the_others(db: DatabaseManager, criteria: dict[str, Any]) -> None:
    assert db.query_ids(**criteria, limit=10) == [f"p{number:08d}" for number in range(10)]
    assert db.explain(**criteria, limit=10)["visited"] < 200
    last = [f"p{number:08d}" for number in range(ROWS - 10, ROWS)]
    assert db.query_ids(**criteria, order_by="-prediction_id", limit=10) == last[::-1]


def test_a_value_for_every_row_is_found_by_its_index(db: DatabaseManager) -> None:
    for number in (0, ROWS // 2, ROWS - 1):
        criteria = {"metadata": {"tag": f"tag {number:08d}"}}
        assert db.query_ids(**criteria) == [f"p{number:08d}"]
        assert db.explain(**criteria)["visited"] <= 1
    assert db.count(metadata={"tag": ("tag 00000100", "tag 00000199")}) == 100


def test_a_timeout_ends_the_question_and_only_that(store: Path) -> None:
    with DatabaseManager(database_path=store, cache_size=0, timeout=1e-6) as db:
        with pytest.raises(TimeoutError, match="timeout of"):
            db.query_ids(sequence_pattern="*A*A*A*A*")
        with pytest.raises(TimeoutError, match="timeout of"):
            db.count(sequence_pattern="re:(((A+)+)+)+W$")
        assert db.get_prediction("p00000000").sequence.startswith("M")


@pytest.mark.skipif(not SOAK, reason="memory is watched over a million rows: PROTEUSDB_SOAK=1")
def test_a_million_matches_take_no_more_memory_than_their_names(db: DatabaseManager) -> None:
    before = resident()
    assert len(db.query_ids(sequence_pattern="*A*")) > ROWS // 2
    assert resident() - before < 600
