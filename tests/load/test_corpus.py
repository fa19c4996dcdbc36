"""Real companions: each in the record of its structure, each number as json reads it, in both shapes of the corpus."""

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from corpus import need
from proteusdb import DatabaseManager
from proteusdb.core.prediction import Prediction

ARRAYS = {
    "pae": "pae",
    "predicted_aligned_error": "pae",
    "pde": "pde",
    "contact_probs": "contact_probs",
    "plddt": "plddt",
    "atom_plddts": "plddt_atom",
    "chain_iptm": "chain_iptm",
    "chain_ptm": "chain_ptm",
    "chain_pair_iptm": "chain_pair_iptm",
    "chain_pair_pae_min": "chain_pair_pae_min",
    "token_res_ids": "token_residue_number",
    "token_chain_ids": "token_chain_id",
    "atom_chain_ids": "atom_chain_id",
}
SCALARS = {"ptm": "ptm", "iptm": "iptm", "ranking_score": "ranking_score", "sample_ranking_score": "ranking_score"}


def manifest() -> list[dict[str, str]]:
    """The rows of predictions and their companions."""
    with (need() / "manifest.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    return [row for row in rows if row["kind"].startswith("prediction")]


@pytest.fixture(params=["flat", "as the source had it"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The predictions in the flattened folder, or in the tree they came from."""
    corpus = need()
    if request.param == "flat":
        return corpus / "predictions"
    for row in manifest():
        repository = row["source_repository"].replace("/", "+")
        there = tmp_path / "tree" / repository / row["path"].replace("|", "_")
        there.parent.mkdir(parents=True, exist_ok=True)
        name = there.name + (".gz" if row["file"].endswith(".gz") and not there.name.endswith(".gz") else "")
        shutil.copy2(corpus / row["file"], there.with_name(name))
    return tmp_path / "tree"


def test_every_companion_is_in_the_right_record(db: DatabaseManager, folder: Path) -> None:
    report = db.load_files(folder)
    rows = manifest()
    assert (report.failed, report.pending, report.skipped) == ([], [], [])
    # In its tree, ranked_0 of AlphaPulldown is there in two formats, with equal coordinates.
    twins = 0 if folder.name == "predictions" else 1
    assert report.stored == sum(row["kind"] == "prediction" for row in rows) - twins == 188 - twins
    records = {
        prediction.originals[prediction.metadata["source"]["name"]]: prediction for prediction in db.iter_predictions()
    }
    companions = 0
    for row in rows:
        if row["companion_of"]:
            structure = (need() / "predictions" / row["companion_of"]).read_bytes()
            check(records[structure], need() / row["file"])
            companions += 1
    assert companions + twins == sum(len(record.originals) - 1 for record in records.values()) > 20
    assert db.verify_integrity().ok


def check(record: Prediction, file: Path) -> None:
    """That a record holds a companion, as `json` reads it."""
    data = file.read_bytes()
    assert data in [record.originals[name] for name in record.originals], file.name
    document = json.loads(data)
    document = document[0] if isinstance(document, list) else document
    if "residue1" in document:
        document = {"predicted_aligned_error": matrix(document), **document}
    known = 0
    for name, value in document.items():
        if name in SCALARS:
            assert record.metadata[SCALARS[name]] == value, (file.name, name)
            assert record.metadata["scores"][name] == value
            known += 1
        elif isinstance(value, list) and name in ARRAYS:
            check_array(record, file.name, name, value)
            known += 1
        elif isinstance(value, int | float):
            assert record.metadata["scores"][name] == value, (file.name, name)
            known += 1
    assert known, file.name


def check_array(record: Prediction, file: str, name: str, value: list[Any]) -> None:
    """That an array holds what is printed: its float32 prints the same, or is the same number."""
    wanted = np.array(value)
    # OpenFold3 calls that of atoms so too.
    here = "plddt_atom" if name == "plddt" and "plddt" not in record.arrays else ARRAYS[name]
    stored = record.arrays[here]
    if name == "predicted_aligned_error" and "predicted_aligned_error" in record.arrays:
        stored = record.arrays[name]
    if wanted.dtype.kind == "f" and stored.dtype == np.float32:
        wanted = wanted.astype(np.float32)
        pairs = zip(stored.ravel()[:50], np.ravel(value)[:50].tolist(), strict=True)
        assert all(printed in (float(item), float(str(item))) for item, printed in pairs), (file, name)
    assert np.array_equal(stored, wanted), (file, name)


def matrix(document: dict[str, Any]) -> list[list[float]]:
    """The columns of old releases as rows."""
    length = max(document["residue1"])
    table = [[float("nan")] * length for _ in range(length)]
    for row, column, value in zip(document["residue1"], document["residue2"], document["distance"], strict=True):
        table[row - 1][column - 1] = value
    return table


def test_tokens_of_a_ligand_are_its_atoms(db: DatabaseManager) -> None:
    (file,) = (need() / "predictions").glob("*with_ligand__267_sample-0__model.cif")
    record = db.get_prediction(db.load_files(file).ids[0])
    structure = record.structure
    assert structure is not None
    names = record.arrays["token_atom_name"]
    assert len(names) == len(record.arrays["pae"]) == len(record.arrays["token_chain_id"])
    ligand = names != ""
    assert set(record.arrays["token_chain_id"][ligand]) == set(structure.chain_id[structure.hetero])
    assert list(names[ligand]) == list(structure.atom_name[structure.hetero])
