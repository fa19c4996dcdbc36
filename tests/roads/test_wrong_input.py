"""Whatever is wrong is told clearly, and the store stays as it was."""

import math
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from proteusdb import DatabaseManager, Structure
from proteusdb.errors import ConnectionError, QueryError, ValidationError
from roads.made import pdb, write


def structure_with_nan() -> Structure:
    return Structure.from_arrays(
        coords=np.array([[math.nan, 0, 0]], np.float32),
        atom_name=["CA"],
        element=["C"],
        residue_name=["ALA"],
        chain_id=["A"],
        residue_number=[1],
    )


STORED: list[tuple[str, Callable[[Path], dict[str, Any]], str]] = [
    ("empty sequence", lambda _: {"sequence": ""}, "sequence"),
    ("letter", lambda _: {"sequence": "MK1V"}, "1"),
    ("gap sign", lambda _: {"sequence": "MK-V"}, "-"),
    ("contradiction", lambda _: {"sequence": "AAA", "structure": pdb("MKV")}, "sequence"),
    ("NaN coordinates", lambda _: {"sequence": "A", "structure": structure_with_nan()}, "NaN|finite"),
    ("NaN in a file", lambda _: {"structure": pdb("MKV").replace("   3.800", "     nan")}, "line 1"),
    ("absent path", lambda folder: {"structure": folder / "absent.pdb"}, "absent.pdb"),
    ("directory as path", lambda folder: {"structure": folder}, "director"),
    ("no structure text", lambda _: {"structure": "hello\nworld\n"}, "structure"),
    ("foreign object", lambda _: {"structure": 3.5}, "accepted are"),
    ("confidence of 80", lambda _: {"sequence": "MKV", "metadata": {"confidence": 80}}, "0.8"),
    ("metadata key", lambda _: {"sequence": "MKV", "metadata": {"$where": 1}}, r"\$where"),
    ("metadata value", lambda _: {"sequence": "MKV", "metadata": {"x": object()}}, "metadata.x"),
    ("infinite metadata", lambda _: {"sequence": "MKV", "metadata": {"x": math.inf}}, "metadata.x"),
    ("metadata", lambda _: {"sequence": "MKV", "metadata": [1]}, "metadata"),
    ("object array", lambda _: {"sequence": "MKV", "arrays": {"x": np.array([object()])}}, "x"),
    ("empty id", lambda _: {"sequence": "MKV", "prediction_id": ""}, "prediction_id"),
    ("long id", lambda _: {"sequence": "MKV", "prediction_id": "x" * 256}, "255"),
    ("seed", lambda _: {"sequence": "MKV", "seed": "one"}, "seed"),
    ("big seed", lambda _: {"sequence": "MKV", "seed": 1 << 70}, "seed"),
    ("on_conflict", lambda _: {"sequence": "MKV", "on_conflict": "ignore"}, "error, skip, replace"),
    ("created_at", lambda _: {"sequence": "MKV", "created_at": "yesterday"}, "created_at"),
    ("check_sequence", lambda _: {"sequence": "MKV", "check_sequence": "no"}, "check_sequence"),
]


@pytest.mark.parametrize(("make", "told"), [case[1:] for case in STORED], ids=[case[0] for case in STORED])
def test_a_wrong_record_is_refused(
    db: DatabaseManager, tmp_path: Path, make: Callable[[Path], dict[str, Any]], told: str
) -> None:
    with pytest.raises(ValidationError, match=told):
        db.store_prediction(**{"sequence": None, "structure": None, **make(tmp_path)})
    assert db.stats()["predictions"] == 0
    assert db.list_models() == []


def test_an_unreadable_path_is_named(db: DatabaseManager, tmp_path: Path) -> None:
    locked = write(tmp_path, "locked.pdb", pdb("MKV"))
    locked.unlink()
    locked.symlink_to(locked)
    with pytest.raises(ValidationError, match=r"locked\.pdb.*cannot be read"):
        db.store_prediction("MKV", locked)


def sqlite(file: Path) -> None:
    connection = sqlite3.connect(file)
    connection.execute("create table t (x)")
    connection.commit()
    connection.close()


OPENED: list[tuple[str, Callable[[Path], Any], str]] = [
    ("directory", lambda file: file.mkdir(), "folder"),
    ("text", lambda file: file.write_text("hello\n" * 2000), "not|no "),
    ("SQLite", sqlite, "sqlite"),
]


@pytest.mark.parametrize(("make", "told"), [case[1:] for case in OPENED], ids=[case[0] for case in OPENED])
def test_what_is_no_store_of_ours_is_left_alone(tmp_path: Path, make: Callable[[Path], Any], told: str) -> None:
    file = tmp_path / "thing.db"
    make(file)
    before = file.read_bytes() if file.is_file() else None
    with pytest.raises(ConnectionError, match=f"(?i){told}"):
        DatabaseManager(database_path=file)
    assert (file.read_bytes() if file.is_file() else None) == before
    assert [path.name for path in tmp_path.iterdir()] == ["thing.db"]


QUERIES: list[tuple[dict[str, Any], str]] = [
    ({"limit": -1}, "limit"),
    ({"offset": -1}, "offset"),
    ({"date_range": ("2024-03-25", "2024-01-01")}, "date_range"),
    ({"date_range": ("soon", None)}, "date_range"),
    ({"sequence_pattern": "re:("}, "pattern"),
    ({"sequence_pattern": "M[K"}, "pattern"),
    ({"sequence_pattern": "prosite:N-{P"}, "pattern"),
    ({"confidence_threshold": 80}, "0.8"),
    ({"confidence_threshold": math.nan}, "confidence_threshold"),
    ({"confidence": 0.8}, "confidence_threshold"),
    ({"length_range": (10, 5)}, "length_range"),
    ({"order_by": "colour"}, "colour"),
    ({"where": "length >"}, "where"),
    ({"as_of": "soon"}, "as_of"),
]


@pytest.mark.parametrize(("criteria", "told"), QUERIES, ids=lambda value: str(value)[:40])
def test_a_wrong_criterion_is_refused_wherever_it_is_given(
    db: DatabaseManager, criteria: dict[str, Any], told: str
) -> None:
    for ask in (db.query_predictions, db.count, db.query_ids, db.explain):
        with pytest.raises(QueryError, match=told):
            ask(criteria)


def test_criteria_are_a_dict_and_given_once(db: DatabaseManager) -> None:
    with pytest.raises(QueryError, match=r"limit.*once"):
        db.query_predictions({"limit": 3}, limit=4)
    for wrong in ("MKV*", ["limit"], {3: 4}):
        with pytest.raises(QueryError, match="criteria"):
            db.query_predictions(wrong)  # type: ignore[arg-type]
    assert db.query_ids({"limit": None}, limit=3) == []
