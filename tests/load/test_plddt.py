"""Whose pLDDT counts, and on which scale it is."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from corpus import need
from proteusdb import DatabaseManager, Structure
from proteusdb.testing.synthetic import write_layout
from roads.made import pdb, write


def test_boltz_has_two_scales_and_the_npz_wins(db: DatabaseManager, tmp_path: Path) -> None:
    for one in write_layout(tmp_path, "boltz", seed=1):
        record = db.get_prediction(db.load_files(one.structure).ids[0])
        structure = record.structure
        assert structure is not None
        told = one.arrays["plddt"].astype(np.float64) * 100
        assert told.max() > 1 >= one.arrays["plddt"].max()
        assert np.array_equal(structure.plddt, told.astype(np.float32))
        assert np.array_equal(db.get_prediction(record.prediction_id).plddt, structure.plddt)
        assert record.confidence == pytest.approx(told.mean() / 100, rel=1e-6)
        assert record.metadata["source"]["plddt_from"] == "plddt"
        # B-factors are kept as they were printed, and say the same with fewer digits.
        read = Structure.from_file(one.structure, plddt_scale=100)
        assert np.array_equal(structure.b_factor, read.b_factor)
        assert np.allclose(read.plddt, structure.plddt, atol=0.006)
        assert not np.array_equal(read.plddt, structure.plddt)
        assert [prediction.prediction_id for prediction in db.query_predictions(confidence_threshold=0)]


@pytest.mark.parametrize(
    ("name", "b", "beside", "confidence"),
    [
        ("x.ef.pdb", 0.75, None, 0.75),
        ("x.ef.pdb", 75.0, None, 0.75),
        ("x.ef.pdb", 175.0, None, None),
        ("x.pdb", 75.0, None, None),
        ("x.pdb", 75.0, ("x.confidences.json", '{"ptm": 0.5}'), 0.75),
        ("x.pdb", 3.5, ("x.json", '{"plddt": [81.5, 82.5, 83.5]}'), 0.825),
        ("x.pdb", 0.5, ("x.json", '{"plddt": [0.815, 0.825, 0.835]}'), 0.825),
        ("x.pdb", 75.0, ("x.json", '{"ptm": 0.5}'), None),
        ("x.ef.pdb", 100.0, None, None),
        ("x.ef.pdb", 1.0, None, None),
        ("predictions_simplefold_3B/x_sampled_0.pdb", 75.0, None, None),
        ("models/model_00.pdb", 75.0, ("model_00.npz", {"lddt": [0.9, 0.8, 0.7]}), 0.8),
    ],
)
def test_the_scale_is_decided_for_each_array(
    db: DatabaseManager, tmp_path: Path, name: str, b: float, beside: Any, confidence: float | None
) -> None:
    file = write(tmp_path, f"in/{name}", pdb("MKV", b=b))
    if beside is not None and isinstance(beside[1], str):
        write(file.parent, *beside)
    elif beside is not None:
        np.savez(file.parent / beside[0], **{key: np.array(value, np.float32) for key, value in beside[1].items()})
    record = db.get_prediction(db.load_files(tmp_path / "in").ids[0])
    assert record.confidence == (None if confidence is None else pytest.approx(confidence, abs=1e-6))
    structure = record.structure
    assert structure is not None
    assert structure.b_factor[0] == np.float32(b)
    assert (structure.plddt is None) == (confidence is None)


def test_a_scale_that_is_given_is_the_b_factors(db: DatabaseManager, tmp_path: Path) -> None:
    (one, _) = write_layout(tmp_path, "boltz", seed=1)
    record = db.get_prediction(db.load_files(one.structure, plddt_scale=100).ids[0])
    structure = record.structure
    assert structure is not None
    assert np.array_equal(structure.plddt, Structure.from_file(one.structure, plddt_scale=100).plddt)
    assert "plddt_from" not in record.metadata["source"]


def test_flags_of_what_was_designed_are_no_plddt(db: DatabaseManager) -> None:
    folder = need() / "predictions"
    for name in ("intermediate_designs__device-0_binder", "before_refolding__rank01_device-1_binder_4"):
        (file,) = folder.glob(f"*{name}.cif")
        record = db.get_prediction(db.load_files(file).ids[0])
        structure = record.structure
        assert structure is not None
        assert (record.confidence, structure.plddt) == (None, None)
        assert set(np.unique(structure.b_factor)) <= {0, 1, 100}
    (file,) = folder.glob("*final_30_designs__rank07_device-0_binder_0.cif")
    assert db.get_prediction(db.load_files(file).ids[0]).confidence == pytest.approx(0.818, abs=0.01)
