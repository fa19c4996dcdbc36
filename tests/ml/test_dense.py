"""Dense rows are what the columns say, padded, in new arrays or in the caller's."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from corpus import structure_files
from ml import oracle
from proteusdb import DatabaseManager, Structure
from proteusdb.errors import PredictionNotFoundError, QueryError, ValidationError
from proteusdb.ml.dense import COLUMNS
from proteusdb.testing import synthetic_prediction

FILES = structure_files("predictions")
ALL = tuple(COLUMNS)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[DatabaseManager]:
    with DatabaseManager("lmdb", tmp_path / "proteus.db") as manager:
        yield manager


def made(length: int, seed: int = 1, **options: Any) -> dict[str, Any]:
    return {**synthetic_prediction(length, seed, **options), "prediction_id": f"p{length}"}


def odd() -> Structure:
    """Alternate locations, selenomethionine, a nucleotide, a ligand, hydrogens, numbers that jump."""
    rows = [
        ("N", "N", "GLY", "A", 7, "", 1.0), ("CA", "C", "GLY", "A", 7, "A", 0.3), ("CA", "C", "GLY", "A", 7, "B", 0.7),
        ("CB", "C", "ALA", "A", 9, "A", 0.5), ("CB", "C", "ALA", "A", 9, "B", 0.5), ("HA", "H", "ALA", "A", 9, "", 1.0),
        ("CA", "C", "MSE", "A", 10, "", 1.0), ("SE", "Se", "MSE", "A", 10, "", 1.0),
        ("P", "P", "DA", "B", 1, "", 1.0), ("C1'", "C", "DA", "B", 1, "", 1.0), ("N1", "N", "DA", "B", 1, "", 1.0),
        ("CA", "C", "ATP", "C", 1, "", 1.0),
    ]  # fmt: skip
    names, elements, residues, chains, numbers, altlocs, occupancies = zip(*rows, strict=True)
    return Structure.from_arrays(
        coords=np.arange(3 * len(rows), dtype=np.float32).reshape(-1, 3),
        atom_name=names,
        element=elements,
        residue_name=residues,
        chain_id=chains,
        residue_number=numbers,
        altloc=altlocs,
        occupancy=occupancies,
        b_factor=np.arange(len(rows), dtype=np.float32),
        plddt_scale=100,
    )


def check(item: dict[str, Any], structure: Structure) -> None:
    """An item says what the structure does."""
    coords, mask = oracle.atom37(structure)
    np.testing.assert_array_equal(item["coords"], coords)
    np.testing.assert_array_equal(item["mask"], mask)
    residues: Any = structure.core.sequence_residues()
    known = structure.plddt
    expected = np.full(len(residues), np.nan, np.float32) if known is None else known[residues]
    np.testing.assert_array_equal(item["plddt"], expected)
    assert item["aatype"].tolist() == oracle.aatype(structure)
    assert item["chain_index"].tolist() == oracle.chains(structure)
    starts = structure.residue_starts[:-1]
    assert item["residue_index"].tolist() == structure.residue_number[starts][residues].tolist()
    assert item["length"] == len(residues)


def test_a_structure_of_every_oddness_is_what_its_columns_say(db: DatabaseManager) -> None:
    structure = odd()
    db.store_prediction(structure.sequence, structure)
    [item] = db.dataset(columns=ALL)
    check(item, structure)
    assert item["coords"][0, 1].tolist() == [6, 7, 8]
    assert item["coords"][1, 3].tolist() == [9, 10, 11]
    assert item["mask"][2].nonzero()[0].tolist() == [1, 18]
    assert item["aatype"].tolist()[:3] == [7, 0, 12]


@pytest.mark.skipif(not FILES, reason="no corpus: set PROTEUSDB_CORPUS")
def test_real_files_are_what_their_columns_say(db: DatabaseManager) -> None:
    stored = {}
    for file in FILES[:: max(1, len(FILES) // 25)]:
        structure = Structure.from_file(file)
        stored[db.store_prediction(structure.sequence, structure, check_sequence=False)] = structure
    assert len(stored) > 5
    for item in db.dataset(columns=ALL):
        check(item, stored[item["id"]])


def test_atom37_is_the_same(db: DatabaseManager) -> None:
    for structure in (odd(), made(40)["structure"]):
        for one, other in zip(structure.atom37(), oracle.atom37(structure), strict=True):
            np.testing.assert_array_equal(one, other)
            assert one.dtype == other.dtype


def test_a_batch_is_padded_to_its_longest(db: DatabaseManager) -> None:
    records = [made(12), made(30, chains=2), made(20)]
    db.store_predictions(records)
    batch = db.dataset(columns=ALL).read([0, 1, 2])
    assert batch["id"] == ["p12", "p20", "p30"]
    length = batch["length"].tolist()
    assert {name: batch[name].shape for name in ALL} == {
        name: (3, max(length), *shape) for name, (_, shape) in COLUMNS.items()
    }
    assert all(batch[name].dtype == dtype for name, (dtype, _) in COLUMNS.items())
    padding = {name: batch[name][0, 12:] for name in ALL}
    assert not padding["mask"].any()
    assert [set(padding[name].ravel().tolist()) for name in ("coords", "plddt", "aatype", "chain_index")] == [
        {0}, {0}, {20}, {-1},
    ]  # fmt: skip


def test_a_given_sequence_that_is_longer_pads_nothing(db: DatabaseManager) -> None:
    record = made(12)
    db.store_prediction(record["sequence"] + "GG", record["structure"])
    batch = db.dataset().read([0])
    assert (batch["length"].tolist(), batch["mask"].shape) == ([12], (1, 12, 37))


def test_arrays_of_the_caller_are_used_again(db: DatabaseManager) -> None:
    db.store_predictions([made(12), made(30), made(20)])
    db.store_prediction("MKT", None, prediction_id="none")
    out = {name: np.full((3, 32, *shape), 1, dtype) for name, (dtype, shape) in COLUMNS.items()}
    assert db.get_many_into(["p30", "none", "p20"], out=out).tolist() == [30, 0, 20]
    assert out["mask"].any(axis=2).sum(axis=1).tolist() == [30, 0, 20]
    assert db.get_many_into(iter(["p12"]), out=out).tolist() == [12]
    assert out["mask"].any(axis=2).sum(axis=1).tolist() == [12, 0, 20]
    np.testing.assert_array_equal(out["coords"][0, :12], made(12)["structure"].atom37()[0])
    assert not out["coords"][0, 12:].any()
    assert db.get_many_into([], out=out).tolist() == []


def test_arrays_that_cannot_be_filled_are_named(db: DatabaseManager) -> None:
    db.store_predictions([made(12), made(30)])
    good = np.zeros((2, 30), np.int64)
    wrong: list[tuple[Any, str]] = [
        ({}, "no array"),
        ({"xyz": good}, "'xyz' is no column"),
        ({"aatype": good[:1]}, "1 rows; 2 are needed"),
        ({"aatype": good.astype(np.int32)}, "int64"),
        ({"aatype": good.T}, "C order"),
        ({"aatype": np.broadcast_to(good[0], (2, 30))}, "writable"),
        ({"aatype": good.tolist()}, "list"),
        ({"mask": np.zeros((2, 30, 14), bool)}, r"\(B, L, 37\)"),
        ({"aatype": good, "plddt": np.zeros((2, 31), np.float32)}, "aatype 30, plddt 31"),
        ({"aatype": np.zeros((2, 29), np.int64)}, "p30.*30 residues.*room for 29"),
    ]
    for out, message in wrong:
        with pytest.raises(ValidationError, match=message):
            db.get_many_into(["p12", "p30"], out=out)
    with pytest.raises(PredictionNotFoundError, match="absent"):
        db.get_many_into(["p12", "absent"], out={"aatype": good})
    with pytest.raises(QueryError, match="dict of arrays"):
        db.get_many_into(["p12"], out=good)  # type: ignore[arg-type]


def test_what_is_asked_is_what_is_read(db: DatabaseManager) -> None:
    db.store_predictions([made(12), made(30), made(20)])
    db.store_prediction("MKT", None)
    assert db.dataset().ids == ["p12", "p20", "p30"]
    assert db.dataset({"length_range": (15, 40)}).ids == ["p20", "p30"]
    assert db.dataset(where="length < 15 or length > 25", order_by="-id").ids == ["p30", "p12"]
    assert sorted(db.dataset(columns=("aatype",))[0]) == ["aatype", "id", "length"]
    for columns in ((), "coords", ("xyz",)):
        with pytest.raises(QueryError, match="columns"):
            db.dataset(columns=columns)
    with pytest.raises(QueryError):
        db.dataset(where="length <")
    with pytest.raises(IndexError):
        db.dataset()[3]


def test_a_write_does_not_change_a_data_set(db: DatabaseManager) -> None:
    db.store_predictions([made(12), made(20)])
    data = db.dataset()
    before = data[0]
    db.store_prediction(**{**made(12, seed=2), "on_conflict": "replace"})
    db.store_prediction(**made(15))
    assert len(data) == 2
    np.testing.assert_array_equal(data[0]["coords"], before["coords"])
    db.delete_prediction("p12", purge=True)
    with pytest.raises(PredictionNotFoundError, match="p12"):
        data[0]
