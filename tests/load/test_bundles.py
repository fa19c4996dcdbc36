"""Which files belong together, and what becomes of those that do not."""

import os
import sys
from pathlib import Path

import pytest

from load.contents import by_file
from proteusdb import DatabaseManager, Structure
from proteusdb.testing.synthetic import write_layout
from roads.made import mmcif, pdb, write


def names(db: DatabaseManager) -> dict[str, set[str]]:
    """The files beside each structure, by its name."""
    found = {}
    for prediction in db.iter_predictions(fields=("metadata",)):
        name = prediction.metadata["source"]["name"]
        found[name] = set(prediction.originals) - {name}
    return found


def test_a_companion_belongs_to_the_longest_name(db: DatabaseManager, tmp_path: Path) -> None:
    for number, name in enumerate(("x", "x.y", "x_1", "x_10")):
        write(tmp_path, f"in/{name}.pdb", pdb("MKV", x=number))
        for ending in (".json", "_pae.json", ".scores.npy"):
            write(tmp_path, f"in/{name}{ending}", '{"ptm": 0.5}' if ending.endswith("json") else _npy())
    report = db.load_files(tmp_path / "in")
    assert (report.stored, report.skipped, report.failed) == (4, [], [])
    assert names(db) == {
        f"{name}.pdb": {f"{name}.json", f"{name}_pae.json", f"{name}.scores.npy"}
        for name in ("x", "x.y", "x_1", "x_10")
    }


def _npy() -> bytes:
    import io

    import numpy as np

    stream = io.BytesIO()
    np.save(stream, np.arange(3.0))
    return stream.getvalue()


def test_each_file_is_told_once(db: DatabaseManager, tmp_path: Path) -> None:
    root = tmp_path / "run"
    made = [one for tool in ("alphafold2", "alphafold3", "colabfold") for one in write_layout(root, tool, seed=1)]
    for name in (
        "notes.txt",
        "target1/x.png",
        "af3job1/af3job1_data.json",
        "orphan_scores.json",
        "target1/old.pdb.tmp",
    ):
        write(root, name, "{}")
    report = db.load_files(root)
    told = [entry.name for entry in report.skipped + report.pending + report.failed]
    loaded = {str(file) for one in made for file in [one.structure, *one.companions, *one.aliases]}
    everything = {str(file) for file in root.rglob("*") if file.is_file()}
    # Copies of companions, at the top of an AlphaFold 3 job, are the sample's.
    copies = {str(root / "af3job1" / f"af3job1_{ending}.json") for ending in ("confidences", "summary_confidences")}
    assert len(told) == len(set(told))
    assert set(told) | loaded | copies == everything
    assert not set(told) & loaded
    reasons = {Path(entry.name).name: entry.reason for entry in report.skipped}
    assert "no structure was found" in reasons["orphan_scores.json"]
    assert "neither a structure" in reasons["notes.txt"]


def test_ids_by_stem_tell_the_aliases(db: DatabaseManager, tmp_path: Path) -> None:
    made = write_layout(tmp_path / "run", "alphafold2", seed=1)
    report = db.load_files(tmp_path / "run", ids="stem")
    best = next(one for one in made if one.rank == 0 and one.aliases)
    assert report.aliases[str(best.aliases[0])] == best.structure.stem == "relaxed_model_2_ptm_pred_0"
    assert db.get_prediction("relaxed_model_2_ptm_pred_0").metadata["source"]["aliases"] == ["ranked_0.pdb"]
    assert "ranked_0" not in report.ids
    again = db.load_files(tmp_path / "run", ids="stem")
    assert (again.stored, again.aliases) == (0, report.aliases)


def test_a_copy_that_is_no_copy_is_a_prediction(db: DatabaseManager, tmp_path: Path) -> None:
    made = write_layout(tmp_path / "run", "alphafold2", seed=1)
    ranked = next(one for one in made if one.rank == 0 and one.aliases).aliases[0]
    ranked.write_bytes(ranked.read_bytes().replace(b"REMARK", b"HEADER", 1))
    report = db.load_files(tmp_path / "run")
    assert (report.stored, str(ranked) in report.aliases) == (len(made) + 1, False)
    record = by_file(db)[ranked.relative_to(tmp_path / "run").as_posix()]
    assert (record.rank, record.model, record.job) == (0, "AlphaFold2", "target1")
    assert record.ranking_score == made[-1].values["ranking_score"]


def test_a_copy_that_is_loaded_alone_is_a_prediction(db: DatabaseManager, tmp_path: Path) -> None:
    made = write_layout(tmp_path / "run", "alphafold3", seed=1)
    top = next(alias for one in made for alias in one.aliases)
    report = db.load_files(top)
    assert (report.stored, report.aliases) == (1, {})
    record = db.get_prediction(report.ids[0])
    assert (record.job, record.seed, record.sample) == ("af3job1", None, None)
    assert record.arrays["pae"].shape == (48, 48)


def test_globs_take_what_lies_beside(db: DatabaseManager, tmp_path: Path) -> None:
    made = write_layout(tmp_path / "run", "colabfold", seed=1)
    report = db.load_files(f"{tmp_path}/run/*/*.pdb")
    assert (report.stored, report.skipped) == (len(made), [])
    assert all({file.name for file in one.companions} <= names(db)[one.structure.name] for one in made)
    with DatabaseManager(database_path=tmp_path / "all.db") as other:
        everything = other.load_files(f"{tmp_path}/run/*/*")
        assert (everything.ids, everything.skipped) == (report.ids, [])


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names of files are text there")
def test_names_that_are_no_text(db: DatabaseManager, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    with open(os.fsencode(folder) + b"/\xff\xe9.ef.pdb", "wb") as file:
        file.write(pdb("MKV").encode())
    with open(os.fsencode(folder) + b"/\xff\xe9.ef.json", "wb") as file:
        file.write(b'{"ptm": 0.5}')
    report = db.load_files(folder)
    record = db.get_prediction(report.ids[0])
    assert (record.metadata["ptm"], set(record.originals)) == (0.5, {"��.ef.pdb", "��.ef.json"})
    assert db.load_files(folder).stored == 0


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_cannot_be_listed_is_told(db: DatabaseManager, tmp_path: Path) -> None:
    write(tmp_path, "in/x.pdb", pdb("MKV"))
    write(tmp_path, "in/closed/y.pdb", pdb("MLS"))
    (tmp_path / "in/closed").chmod(0)
    try:
        report = db.load_files(tmp_path / "in", on_error="skip")
    finally:
        (tmp_path / "in/closed").chmod(0o755)
    assert (report.stored, [Path(entry.name).name for entry in report.failed]) == (1, ["closed"])


def test_templates_are_no_predictions(db: DatabaseManager, tmp_path: Path) -> None:
    write_layout(tmp_path / "run", "alphafold3_server", seed=1)
    hit = write(tmp_path, "run/templates/fold_server_1_template_hit_0_chains_a.cif", mmcif("MKV"))
    entry = write(tmp_path, "run/x_env/templates_101/1abc.cif", mmcif("MLS"))
    write(tmp_path, "run/templates/ranked_0.cif", mmcif("GGG"))
    report = db.load_files(tmp_path / "run")
    assert report.stored == 3
    assert {entry.name for entry in report.skipped} == {str(hit), str(entry)}
    assert all("template" in entry.reason for entry in report.skipped)
    assert db.load_files(entry).stored == 1, "it was asked for"


def test_both_formats_of_a_structure_are_one_prediction(db: DatabaseManager, tmp_path: Path) -> None:
    root = tmp_path / "run"
    for tool in ("alphafold_db", "alphafold2"):
        for one in write_layout(root, tool, seed=1):
            structure = Structure.from_file(one.structure)
            other = ".pdb" if one.structure.suffix == ".cif" else ".cif"
            text = structure.to_pdb() if other == ".pdb" else structure.to_mmcif()
            one.structure.with_suffix(other).write_text(text)
            for alias in one.aliases:
                alias.with_suffix(other).write_text(text)
    report = db.load_files(root, ids="stem")
    assert (report.stored, report.failed) == (5, [])
    assert {Path(entry.name).suffix for entry in report.skipped} == {".pkl"}
    best = db.get_prediction("relaxed_model_2_ptm_pred_0")
    assert best.metadata["source"]["name"] == "relaxed_model_2_ptm_pred_0.cif"
    assert set(best.metadata["source"]["aliases"]) == {
        "ranked_0.cif", "ranked_0.pdb", "relaxed_model_2_ptm_pred_0.pdb",
    }  # fmt: skip
    assert (best.rank, best.arrays["pae"].shape) == (0, (24, 24))
    folder = root / "target1"
    for name in ("relaxed_model_2_ptm_pred_0.cif", "relaxed_model_2_ptm_pred_0.pdb", "ranked_0.pdb"):
        assert best.originals[name] == (folder / name).read_bytes()
    assert report.aliases[str(folder / "ranked_0.cif")] == report.aliases[str(folder / "ranked_0.pdb")]
    entry = db.get_prediction("AF-P01000-F1-model_v4")
    assert entry.metadata["source"]["aliases"] == ["AF-P01000-F1-model_v4.pdb"]
    assert db.load_files(root, ids="stem").stored == 0
    assert db.load_files(root / "AF-P01000-F1-model_v4.pdb").stored == 1, "asked for alone it is its own"


def test_a_format_that_comes_later_is_added(db: DatabaseManager, tmp_path: Path) -> None:
    (one, *_) = write_layout(tmp_path / "run", "alphafold_db", seed=1)
    db.load_files(tmp_path / "run", ids="stem")
    pdb_file = one.structure.with_suffix(".pdb")
    text = Structure.from_file(one.structure).to_pdb()
    pdb_file.write_text(text[: len(text) // 2])
    report = db.load_files(tmp_path / "run", ids="stem")
    assert (report.stored, [entry.name for entry in report.pending]) == (0, [str(pdb_file)])
    pdb_file.write_text(text)
    assert db.load_files(tmp_path / "run", ids="stem").ids == [one.structure.stem]
    record = db.get_prediction(one.structure.stem)
    assert (record.version, record.originals[pdb_file.name]) == (2, pdb_file.read_bytes())
    assert record.structure is not None
    assert record.structure.original == one.structure.read_bytes()
