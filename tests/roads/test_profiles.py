"""Compression, precision and compaction through the front door."""

from pathlib import Path

import numpy as np
import pytest

from proteusdb import DatabaseManager
from proteusdb.errors import QueryError, StorageError, ValidationError
from proteusdb.testing.synthetic import synthetic_prediction

RECORDS = [{**synthetic_prediction(60, seed), "prediction_id": f"p{seed}"} for seed in range(12)]


def filled(path: Path, **options: object) -> DatabaseManager:
    db = DatabaseManager(database_path=path, **options)  # type: ignore[arg-type]
    db.store_predictions(RECORDS)
    return db


@pytest.mark.parametrize("compression", [True, False, "fast", "small"])
def test_every_profile_gives_back_what_was_stored(path: Path, compression: bool | str) -> None:
    with filled(path, compression=compression) as db:
        for record in RECORDS:
            found = db.get_prediction(record["prediction_id"]).structure
            assert found == record["structure"]
            np.testing.assert_array_equal(found.coords, record["structure"].coords)


@pytest.mark.parametrize("precision", [0.02, 0.05, 0.1])
@pytest.mark.parametrize("profile", ["fast", "small"])
def test_a_precision_is_a_largest_error_and_saves_space(path: Path, profile: str, precision: float) -> None:
    with filled(path, precision=precision, compression=profile) as db:
        for record in RECORDS:
            found, given = db.get_prediction(record["prediction_id"]).structure, record["structure"]
            apart = np.linalg.norm(found.coords.astype(np.float64) - given.coords, axis=-1)
            assert 0 < apart.max() <= precision + 1e-4
            np.testing.assert_array_equal(found.b_factor, given.b_factor)
        bounded = db.stats()["parts"]["structure"]
    with filled(path.with_name("exact.db"), compression=profile) as db:
        assert bounded < 0.75 * db.stats()["parts"]["structure"]


@pytest.mark.parametrize("keep", [False, True])
def test_a_bounded_structure_keeps_its_file_only_where_asked(path: Path, keep: bool) -> None:
    text = RECORDS[0]["structure"].to_pdb()
    with DatabaseManager(database_path=path, precision=0.05, keep_original=keep) as db:
        for number in (1, 2):
            db.store_prediction(RECORDS[0]["sequence"], text, prediction_id="p", on_conflict="replace")
            prediction = db.get_prediction("p")
            assert prediction.structure.original == (text.encode() if keep else None), f"version {number}"
        db.update_prediction("p", {"structure": text})
        assert (db.get_prediction("p").structure.original is not None) is keep


def test_without_a_precision_the_file_is_kept(path: Path) -> None:
    text = RECORDS[0]["structure"].to_pdb()
    with DatabaseManager(database_path=path) as db:
        db.store_prediction(RECORDS[0]["sequence"], text, prediction_id="p")
        assert db.get_prediction("p").structure.original == text.encode()


@pytest.mark.parametrize("target", [True, False, "fast", "small"])
def test_compaction_rewrites_every_version_and_changes_nothing(path: Path, target: bool | str) -> None:
    with filled(path, compression=False) as db:
        db.update_prediction("p3", {name: RECORDS[4][name] for name in ("sequence", "structure")})
        db.update_prediction("p5", {"job": "later"})
        db.delete_prediction("p7")
        before = db.stats()
        db.compact(compression=target)
        after = db.stats()
        assert db.verify_integrity().ok
        assert (after["predictions"], after["versions"]) == (before["predictions"], before["versions"])
        if target is not False:
            assert after["parts"]["structure"] < before["parts"]["structure"]
        for record in RECORDS:
            assert db.get_prediction(record["prediction_id"], version=1).structure == record["structure"]
        assert db.get_prediction("p3").structure == RECORDS[4]["structure"]
        again = db.stats()["parts"]["structure"]
        db.compact(compression=target)
        assert db.stats()["parts"]["structure"] == again, "nothing is left to rewrite"


def test_compaction_refuses_what_it_cannot_do(path: Path) -> None:
    with filled(path) as db:
        with pytest.raises(ValidationError, match="'fast', 'small', False"):
            db.compact(compression="zip")
        with db.transaction(), pytest.raises(QueryError, match="compact"):
            db.compact()
    with DatabaseManager(database_path=path, read_only=True) as db, pytest.raises(StorageError, match="read_only"):
        db.compact()


def test_stats_tell_bytes_per_residue_by_part(path: Path) -> None:
    with filled(path) as db:
        parts = db.stats()["bytes_per_residue"]
        assert 10 < parts["coordinates"] < 60
        assert 0 < parts["plddt"] < 3
        assert 0.3 < parts["topology"] < 2
        assert {"text", "arrays", "originals", "metadata", "page_overhead"} <= parts.keys()
        total = sum(parts.values()) * db.stats()["residues"]
        assert total == pytest.approx(db.stats()["file_bytes"], rel=0.05)


def test_stats_count_shared_arrays_once(path: Path) -> None:
    matrix = np.round(np.random.default_rng(0).normal(9, 3, (150, 150)), 1)
    with DatabaseManager(database_path=path) as db:
        db.store_predictions({"sequence": "MKV" * 50, "structure": None, "arrays": {"x": matrix}} for _ in range(40))
        stats = db.stats()
        assert stats["parts"]["array"] > 20 * (stats["segment_bytes"] + stats["tables"]["loose"]), "stored once"
        parts = stats["bytes_per_residue"]
        assert parts["arrays"] * stats["residues"] <= stats["file_bytes"]
        assert sum(parts.values()) * stats["residues"] == pytest.approx(stats["file_bytes"], rel=0.05)
