"""Every example in a docstring of the package runs, each in a folder of its own, and gives what it shows.

They may use ``db``, an open database with one confident prediction and one without a structure, tagged ``paper-v1``;
``fold``, a predictor; and the files ``ranked_0.pdb`` and ``old.db``.
"""

import doctest
import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import proteusdb
from proteusdb import DatabaseManager, Structure
from proteusdb.testing.synthetic import synthetic_prediction


def examples() -> Iterator[doctest.DocTest]:
    """The docstrings with examples, of modules, classes and functions."""
    finder = doctest.DocTestFinder(exclude_empty=True)
    for found in pkgutil.walk_packages(proteusdb.__path__, "proteusdb."):
        if not found.name.endswith(("__main__", "_core")):
            yield from (test for test in finder.find(importlib.import_module(found.name)) if test.examples)
    yield from (test for test in finder.find(proteusdb) if test.examples)


EXAMPLES = {test.name: test for test in examples()}


def fold(sequence: str) -> Structure:
    """Its C-alpha atoms on a line."""
    positions, mask = np.zeros((len(sequence), 37, 3), "f4"), np.zeros((len(sequence), 37), "f4")
    positions[:, 1, 0], mask[:, 1] = 3.8 * np.arange(len(sequence)), 1
    return Structure.from_atom37(positions, mask, sequence, plddt=np.full(len(sequence), 80.0, "f4"))


@pytest.fixture
def names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """What examples may use without making it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PROTEUSDB_URL", raising=False)
    Path("ranked_0.pdb").write_text(synthetic_prediction(60, seed=2)["structure"].to_pdb(), encoding="utf-8")
    DatabaseManager(database_path="old.db").close()
    with DatabaseManager(database_path="example.db") as db:
        db.store_prediction("MLSDEDFK", None, {"organism": "E. coli", "confidence": 0.93}, prediction_id="good")
        db.store_prediction("MKTAYIAK", None, {"organism": "yeast"}, prediction_id="first", job="screen-7")
        db.tag("paper-v1")
        yield {"db": db, "fold": fold}


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_an_example_gives_what_it_shows(name: str, names: dict[str, Any]) -> None:
    example = EXAMPLES[name]
    assert not any(doctest.SKIP in part.options for part in example.examples), "an example that is never run"
    example.globs = dict(names)
    told: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    assert runner.run(example, out=told.append, clear_globs=False).failed == 0, "".join(told)


def test_the_examples_are_found() -> None:
    assert {"proteusdb", "proteusdb.core.manager.DatabaseManager"} <= set(EXAMPLES)
