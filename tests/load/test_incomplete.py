"""Files that are not all there: pending, harmless, and taken up when they are whole."""

import io
import json
from pathlib import Path

import numpy as np
import pytest

from load.contents import contents
from proteusdb import DatabaseManager
from proteusdb.errors import ValidationError
from proteusdb.testing.synthetic import write_layout

LATE = [
    ("boltz", "pae_*_model_0.npz", "arrays.pae"),
    ("boltz", "confidence_*_model_1.json", "metadata.ptm"),
    ("alphafold3", "seed-*/*_sample-0_confidences.json", "arrays.contact_probs"),
    ("alphafold3", "*_ranking_scores.csv", "metadata.source"),
    ("alphafold2", "ranking_debug.json", "metadata.ranking_score"),
    ("colabfold", "*_scores_rank_002_*.json", "arrays.pae"),
    ("alphafold_db", "*-predicted_aligned_error_v4.json", "arrays.pae"),
    ("chai", "scores.model_idx_1.npz", "metadata.iptm"),
]


def hide(root: Path, pattern: str) -> list[tuple[Path, bytes]]:
    """Takes files away; what they were."""
    taken = [(file, file.read_bytes()) for file in sorted(root.rglob(pattern))]
    assert taken
    for file, _ in taken:
        file.unlink()
    return taken


@pytest.mark.parametrize(("tool", "pattern", "changed"), LATE)
def test_a_companion_that_comes_later_makes_a_version(
    db: DatabaseManager, tmp_path: Path, tool: str, pattern: str, changed: str
) -> None:
    root = tmp_path / "run"
    write_layout(root, tool, seed=7)
    with DatabaseManager(database_path=tmp_path / "at-once.db") as at_once:
        at_once.load_files(root)
        whole = contents(at_once)
    taken = hide(root, pattern)
    first = db.load_files(root)
    assert contents(db).keys() == whole.keys()
    assert contents(db) != whole
    for file, data in taken:
        file.write_bytes(data)
    later = db.load_files(root)
    assert set(later.ids) <= set(first.ids)
    assert 0 < later.stored <= len(first.ids)
    for prediction_id in later.ids:
        versions = db.history(prediction_id)
        assert [version.version for version in versions] == [1, 2]
        assert changed in versions[1].changed
    assert sort_maps(contents(db)) == sort_maps(whole)
    assert db.load_files(root).stored == 0
    assert db.verify_integrity().ok


def sort_maps(value: object) -> object:
    """Dicts as sorted lists, as the order of files is that of their arrival."""
    if isinstance(value, dict):
        return sorted(((key, sort_maps(item)) for key, item in value.items()), key=lambda pair: pair[0])
    return value


def npz(**arrays: np.ndarray) -> bytes:
    """The bytes of an NPZ."""
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]
    return stream.getvalue()


@pytest.mark.parametrize(("tool", "pattern"), [case[:2] for case in LATE])
@pytest.mark.parametrize("share", [0, 0.3, 0.97])
def test_a_truncated_companion_is_pending_and_harms_nothing(
    db: DatabaseManager, tmp_path: Path, tool: str, pattern: str, share: float
) -> None:
    root = tmp_path / "run"
    made = write_layout(root, tool, seed=8)
    whole = {file: file.read_bytes() for file in root.rglob(pattern)}
    cut = {file: data[: int(len(data) * share)] for file, data in whole.items()}
    for file, data in cut.items():
        file.write_bytes(data)
    report = db.load_files(root, on_error="raise")
    assert report.stored == len(made)
    assert {entry.name for entry in report.pending} == {str(file) for file in cut}
    assert not any(entry.reason == "" for entry in report.pending)
    for file, data in whole.items():
        file.write_bytes(data)
    assert db.load_files(root).pending == []
    complete = contents(db)
    for file, data in cut.items():
        file.write_bytes(data)
    again = db.load_files(root)
    assert (again.stored, len(again.pending), contents(db)) == (0, len(cut), complete)


def test_a_structure_that_is_cut_short_waits_with_its_companions(db: DatabaseManager, tmp_path: Path) -> None:
    (one, *_) = write_layout(tmp_path / "run", "colabfold_old", seed=2)
    whole = one.structure.read_bytes()
    one.structure.write_bytes(whole[:1000])
    report = db.load_files(tmp_path / "run")
    assert [entry.name for entry in report.pending] == [str(one.structure)]
    assert one.companions[0].name not in {name for record in db.iter_predictions() for name in record.originals}
    one.structure.write_bytes(whole)
    assert db.get_prediction(db.load_files(tmp_path / "run").ids[0]).arrays["pae"].shape == (24, 24)


def test_files_still_being_written_are_pending_by_their_name(db: DatabaseManager, tmp_path: Path) -> None:
    (one, *_) = write_layout(tmp_path / "run", "boltz", seed=2)
    for suffix in (".tmp", ".part"):
        (one.structure.parent / f"pae_{one.structure.stem}.npz{suffix}").write_bytes(b"PK")
    report = db.load_files(tmp_path / "run")
    assert (report.stored, len(report.pending)) == (2, 2)


def test_a_broken_companion_fails_alone(db: DatabaseManager, tmp_path: Path) -> None:
    (one, *_) = write_layout(tmp_path / "run", "colabfold_old", seed=2)
    scores = one.companions[0]
    scores.write_text(scores.read_text().replace('"pae": [[', '"pae": [[!'))
    with pytest.raises(ValidationError, match=scores.name):
        db.load_files(tmp_path / "run")
    assert db.stats()["predictions"] == 0
    report = db.load_files(tmp_path / "run", on_error="skip")
    assert (report.stored, [entry.name for entry in report.failed]) == (2, [str(scores)])
    assert "line 1, column" in report.failed[0].reason


def test_a_changed_companion_replaces_its_arrays(db: DatabaseManager, tmp_path: Path) -> None:
    made = write_layout(tmp_path / "run", "boltz", seed=2)
    db.load_files(tmp_path / "run")
    pae = next(file for file in made[0].companions if file.name.startswith("pae_"))
    new = made[0].arrays["pae"] + np.float32(1)
    pae.write_bytes(npz(pae=new))
    (prediction_id,) = db.load_files(tmp_path / "run").ids
    record = db.get_prediction(prediction_id)
    assert np.array_equal(record.arrays["pae"], new)
    assert record.originals[pae.name] == pae.read_bytes()
    assert np.array_equal(db.get_prediction(prediction_id, version=1).arrays["pae"], made[0].arrays["pae"])


def test_what_others_put_into_a_record_stays(db: DatabaseManager, tmp_path: Path) -> None:
    root = tmp_path / "run"
    write_layout(root, "boltz", seed=2)
    taken = hide(root, "confidence_*.json")
    for prediction_id in db.load_files(root, metadata={"ptm": 0.123}).ids:
        db.update_prediction(prediction_id, {"metadata": {"organism": "E. coli", "scores": {"mine": 1}}, "rank": 9})
    for file, data in taken:
        file.write_bytes(data)
    for prediction_id in db.load_files(root, metadata={"ptm": 0.123}).ids:
        record = db.get_prediction(prediction_id)
        assert (record.metadata["organism"], record.metadata["ptm"], record.rank) == ("E. coli", 0.123, 9)
        assert record.metadata["scores"]["mine"] == 1
        assert record.metadata["scores"]["ptm"] == json.loads(record.originals[_confidence(record.originals)])["ptm"]


def _confidence(names: object) -> str:
    return next(name for name in names if name.startswith("confidence_"))  # type: ignore[attr-defined]


def test_a_companion_that_is_wrong_halfway_leaves_nothing(db: DatabaseManager, tmp_path: Path) -> None:
    (one, *_) = write_layout(tmp_path / "run", "alphafold3_0", seed=2)
    table = one.companions[-1]
    table.write_bytes(b"seed,sample,ranking_score\r\n2,0,0.5\r\n2,0,best\r\n")
    hide(tmp_path / "run", "summary_confidences.json")
    report = db.load_files(tmp_path / "run", on_error="skip")
    assert [entry.name for entry in report.failed] == [str(table)]
    record = next(prediction for prediction in db.iter_predictions() if prediction.sample == 0)
    assert record.ranking_score is None
    assert table.name not in record.originals
