"""Folders that programs write: every sample, its scores and files, or nothing."""

import json
from pathlib import Path

import numpy as np
import pytest

from interfaces.predictors import structure
from proteusdb import DatabaseManager
from proteusdb.errors import ValidationError
from proteusdb.interfaces import ModelInterface, from_folder


def boltz(folder: Path, sequence: str, scores: tuple[float, ...] = (0.4, 0.9, 0.6)) -> Path:
    """What Boltz writes for one job."""
    job = folder / "predictions" / "job"
    job.mkdir(parents=True)
    for number, score in enumerate(scores):
        name = f"job_model_{number}"
        (job / f"{name}.cif").write_text(structure(sequence, 60.0 + number).to_mmcif())
        told = {"confidence_score": score, "ptm": 0.5, "iptm": 0.25, "complex_plddt": 0.6}
        (job / f"confidence_{name}.json").write_text(json.dumps(told))
        np.savez(job / f"pae_{name}.npz", pae=np.full((len(sequence),) * 2, number, np.float32))
    return folder


def test_all_samples_of_a_folder_are_stored_and_the_best_is_told(db: DatabaseManager, tmp_path: Path) -> None:
    folder = boltz(tmp_path / "boltz_results_job", "MKTAYIAK")
    asked: list[str] = []
    interface = ModelInterface("boltz2", db, predictor=lambda s: asked.append(s) or folder)
    best = interface.predict("MKTAYIAK")
    assert (best.ranking_score, best.model, best.rank) == (0.9, "boltz2", 1)
    assert np.array_equal(best.arrays["pae"], np.ones((8, 8), np.float32))
    assert "confidence_job_model_1.json" in best.originals
    assert best.structure.original == (folder / "predictions/job/job_model_1.cif").read_bytes()
    assert db.count(model_name="boltz2") == 3
    assert len({each.job for each in db.query_predictions(model_name="boltz2")}) == 1
    assert interface.predict("MKTAYIAK").prediction_id == best.prediction_id
    assert asked == ["MKTAYIAK"]


def test_a_folder_of_another_sequence_or_a_broken_one_stores_nothing(db: DatabaseManager, tmp_path: Path) -> None:
    folder = boltz(tmp_path / "boltz_results_job", "MKTAYIAK")
    interface = ModelInterface("boltz2", db, predictor=lambda s: from_folder(folder), record_failures=False)
    with pytest.raises(ValidationError, match="sequence"):
        interface.predict("MKTAYIAQ")
    cut = folder / "predictions/job/job_model_2.cif"
    cut.write_text(cut.read_text()[:-900])
    with pytest.raises(ValidationError, match="job_model_2"):
        interface.predict("MKTAYIAK")
    cut.write_text(structure("MKTAYIAK").to_mmcif())
    (folder / "predictions/job/confidence_job_model_0.json").write_text('{"ptm": 0.')
    with pytest.raises(ValidationError, match="confidence_job_model_0"):
        interface.predict("MKTAYIAK")
    assert db.count() == 0


def test_a_folder_without_a_structure_or_none_at_all(db: DatabaseManager, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "log.txt").write_text("killed")
    with pytest.raises(ValidationError, match=r"no structure in this folder, only .*log\.txt"):
        ModelInterface("m", db, predictor=lambda s: tmp_path / "empty").predict("MKT")
    with pytest.raises(ValidationError, match="no such folder"):
        from_folder(tmp_path / "absent")
