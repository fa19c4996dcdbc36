"""Loading folders: what is found, recognised, skipped, and how a load goes on."""

import bz2
import gzip
import lzma
import os
import pickle
import signal
import subprocess
import sys
import tarfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from corpus import need, structure_files
from proteusdb import DatabaseManager, Structure
from proteusdb.errors import ConflictError, ValidationError
from roads.made import mmcif, pdb, write


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Files of three predictors, in two folders, some compressed."""
    run = tmp_path / "run"
    write(run, "AF-P12345-F1-model_v4.cif", mmcif("MKV", software=("AlphaFold", "v2.0"), title="A protein"))
    write(run, "sub/7eb38_unrelaxed_rank_001_alphafold2_ptm_model_4_seed_003.pdb", pdb("MLS"))
    write(run, "sub/design.ef.pdb.gz", gzip.compress(pdb("AAA", b=0.5).encode()))
    write(run, "plain.ent.xz", lzma.compress(pdb("GGG").encode()))
    write(run, "other.mmcif.bz2", bz2.compress(mmcif("TTT").encode()))
    return run


def test_a_folder_is_loaded_with_all_below_it(db: DatabaseManager, folder: Path) -> None:
    report = db.load_files(folder)
    assert (report.stored, report.failed, report.skipped, report.pending) == (5, [], [], [])
    assert report.residues == 15
    assert report.bytes == sum(file.stat().st_size for file in folder.rglob("*.*") if file.is_file())
    by_name = {prediction.metadata["source"]["name"]: prediction for prediction in db.iter_predictions()}
    assert len(by_name) == 5
    for name, prediction in by_name.items():
        file = next(folder.rglob(name))
        structure = prediction.structure
        assert structure is not None
        assert structure.original == file.read_bytes()
        assert structure.original_name == name
        assert structure.coords.shape == (3, 3)
        mtime = datetime.fromtimestamp(file.stat().st_mtime, UTC)
        assert abs((prediction.metadata["source"]["mtime"] - mtime).total_seconds()) < 1e-3


def test_names_and_headers_tell_the_predictor(db: DatabaseManager, folder: Path) -> None:
    db.load_files(folder)
    by_sequence = {prediction.sequence: prediction for prediction in db.iter_predictions()}
    alphafold, colabfold, esmfold = (by_sequence[sequence] for sequence in ("MKV", "MLS", "AAA"))
    assert (alphafold.model, alphafold.model_version, alphafold.metadata["model"]) == ("AlphaFold", "2.0", "AlphaFold")
    source = alphafold.metadata["source"]
    assert (source["accession"], source["fragment"], source["release"]) == ("P12345", 1, 4)
    assert (source["entry"], source["title"]) == ("made", "A protein")
    assert (colabfold.model, colabfold.job, colabfold.seed, colabfold.sample, colabfold.rank) == (
        "alphafold2_ptm",
        "7eb38",
        3,
        4,
        1,
    )
    assert colabfold.metadata["source"]["relaxed"] is False
    assert (esmfold.model, esmfold.job, esmfold.confidence) == ("ESMFold", "design", pytest.approx(0.5))
    assert (by_sequence["GGG"].model, by_sequence["GGG"].confidence) == (None, None), "not every B-factor is a pLDDT"


def test_the_callers_model_and_metadata_win(db: DatabaseManager, folder: Path) -> None:
    db.load_files(folder, model="mine", metadata={"project": "x"})
    assert {prediction.model for prediction in db.iter_predictions()} == {"mine"}
    for prediction in db.iter_predictions():
        assert prediction.metadata["project"] == "x"
        assert "model" not in prediction.metadata
        assert (prediction.confidence is not None) == (prediction.sequence in ("MKV", "MLS", "AAA"))


@pytest.mark.parametrize(("scale", "confidence"), [("auto", None), (100, 0.9), (None, None)])
def test_the_scale_of_the_b_factors_can_be_said(
    db: DatabaseManager, tmp_path: Path, scale: Any, confidence: Any
) -> None:
    report = db.load_files(write(tmp_path, "x.pdb", pdb("MKV")), plddt_scale=scale)
    assert db.get_prediction(report.ids[0]).confidence == (None if confidence is None else pytest.approx(confidence))


def test_loading_again_stores_nothing_twice(db: DatabaseManager, folder: Path) -> None:
    first = db.load_files(folder)
    write(folder, "new.pdb", pdb("VVV"))
    again = db.load_files(folder)
    assert (again.stored, len(again.skipped), again.failed) == (1, 5, [])
    assert first.ids[0] in again.skipped[0].reason
    assert db.stats()["predictions"] == db.stats()["versions"] == 6


def test_the_same_file_is_one_prediction_wherever_it_lies(db: DatabaseManager, tmp_path: Path) -> None:
    write(tmp_path, "a.pdb", pdb("MKV"))
    write(tmp_path, "b/c.pdb.gz", gzip.compress(pdb("MKV").encode()))
    report = db.load_files([tmp_path / "a.pdb", tmp_path / "b"])
    assert (report.stored, len(report.skipped)) == (1, 1)
    assert "a.pdb" in report.skipped[0].reason
    with DatabaseManager(database_path=tmp_path / "other.db") as other:
        assert other.load_files(tmp_path / "b").ids == report.ids


def test_seeds_with_equal_bytes_are_kept_apart(db: DatabaseManager, tmp_path: Path) -> None:
    for seed in (1, 2):
        write(tmp_path, f"j_unrelaxed_rank_00{seed}_alphafold2_ptm_model_1_seed_00{seed}.pdb", pdb("MKV"))
    assert db.load_files(tmp_path / "*.pdb").stored == 2


def test_ids_can_be_the_names(db: DatabaseManager, folder: Path) -> None:
    report = db.load_files(folder, ids="stem")
    assert report.ids == [
        "AF-P12345-F1-model_v4",
        "other",
        "plain",
        "7eb38_unrelaxed_rank_001_alphafold2_ptm_model_4_seed_003",
        "design.ef",
    ]
    assert len(db.load_files(folder, ids="stem").skipped) == 5
    write(folder, "plain.pdb", pdb("WWW"))
    again = db.load_files(folder, ids="stem", on_error="skip")
    assert len(again.skipped) == 5
    assert [entry.name for entry in again.failed] == [str(folder / "plain.pdb")]
    assert "plain.ent.xz" in again.failed[0].reason
    with pytest.raises(ConflictError, match=r"plain\.pdb"):
        db.load_files(folder, ids="stem")


def test_two_files_of_one_name_in_one_load_are_not_mixed_up(db: DatabaseManager, tmp_path: Path) -> None:
    write(tmp_path, "a/x.pdb", pdb("MKV"))
    write(tmp_path, "b/x.pdb", pdb("MLS"))
    report = db.load_files(tmp_path, ids="stem", on_error="skip")
    assert report.ids == ["x"]
    assert [Path(entry.name).parent.name for entry in report.failed] == ["b"]


def test_ids_can_be_made_by_a_function(db: DatabaseManager, folder: Path) -> None:
    report = db.load_files(folder / "plain.ent.xz", ids=lambda path: "my-" + Path(path).name)
    assert report.ids == ["my-plain.ent.xz"]
    with pytest.raises(ValidationError, match="ids gave 3"):
        db.load_files(folder / "other.mmcif.bz2", ids=lambda path: 3)  # type: ignore[arg-type, return-value]


def test_what_is_no_structure_is_told_and_pickles_are_never_opened(db: DatabaseManager, tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> Any:
            return (os.mkdir, (str(tmp_path / "exploded"),))

    write(tmp_path, "in/result.pkl", pickle.dumps(Bomb()))
    write(tmp_path, "in/weights.pt", b"x")
    write(tmp_path, "in/scores.json", "{}")
    write(tmp_path, "in/notes.txt", "hello")
    write(tmp_path, "in/.hidden.pdb", pdb("MKV"))
    write(tmp_path, "in/good.pdb", pdb("MKV"))
    report = db.load_files(tmp_path / "in")
    told = {Path(entry.name).name: entry.reason for entry in report.skipped}
    assert set(told) == {"result.pkl", "weights.pt", "scores.json", "notes.txt"}
    assert "never unpickled" in told["result.pkl"]
    assert "never unpickled" in told["weights.pt"]
    assert "no structure" in told["scores.json"]
    assert report.stored == 1
    assert not (tmp_path / "exploded").exists()


def test_files_cut_short_are_pending_until_they_are_whole(db: DatabaseManager, tmp_path: Path) -> None:
    whole = pdb("MKVLLA")
    models = "MODEL        1\n" + whole.replace("END\n", "ENDMDL\nEND\n")
    cuts = {
        "empty.pdb": b"",
        "line.pdb": whole.encode()[: 81 * 3 + 58],
        "model.pdb": models.encode()[:300],
        "stream.pdb.gz": gzip.compress(whole.encode())[:-20],
        "stream.pdb.xz": lzma.compress(whole.encode())[:-30],
        "stream.pdb.bz2": bz2.compress(whole.encode())[:-30],
        "half.pdb.part": whole.encode(),
    }
    for name, data in cuts.items():
        write(tmp_path, f"in/{name}", data)
    report = db.load_files(tmp_path / "in")
    assert {Path(entry.name).name for entry in report.pending} == set(cuts)
    assert (report.stored, report.failed) == (0, [])
    write(tmp_path, "in/line.pdb", whole)
    assert db.load_files(tmp_path / "in").stored == 1


def test_a_bad_file_is_named_with_line_and_reason(db: DatabaseManager, tmp_path: Path) -> None:
    write(tmp_path, "a.pdb", pdb("MKV"))
    bad = write(tmp_path, "b.pdb", pdb("MKV", x=1).replace("  11.400", "  1x.400").replace("  12.400", "  1x.400"))
    damaged = write(tmp_path, "c.pdb.gz", b"\x1f\x8bnothing of the kind")
    write(tmp_path, "d.pdb", pdb("MLS"))
    with pytest.raises(ValidationError, match=r"b\.pdb.*line 3") as caught:
        db.load_files(tmp_path)
    assert "0 predictions were stored" in caught.value.__notes__[0]
    assert db.stats()["predictions"] == 0
    report = db.load_files(tmp_path, on_error="skip")
    assert report.stored == 2
    assert [entry.name for entry in report.failed] == [str(bad), str(damaged)]
    assert report.failed[0].reason.startswith("line 3")


def test_globs_lists_and_archives(db: DatabaseManager, folder: Path, tmp_path: Path) -> None:
    assert db.load_files(f"{folder}/*.cif").stored == 1
    assert db.load_files([folder / "plain.ent.xz", str(folder / "sub")]).stored == 3
    for name, mode in (("run.tar", "w"), ("run.tar.gz", "w:gz"), ("run.tgz", "w:gz")):
        with tarfile.open(tmp_path / name, mode) as archive:  # type: ignore[call-overload]
            archive.add(folder, "run")
            write(tmp_path, "x.pkl", b"x")
            archive.add(tmp_path / "x.pkl", "run/x.pkl")
    with DatabaseManager(database_path=tmp_path / "tar.db") as other:
        report = other.load_files(tmp_path / "run.tar.gz")
        assert (report.stored, len(report.skipped)) == (5, 1)
        assert report.skipped[0].name.endswith("run.tar.gz::run/x.pkl")
        assert len(other.load_files([tmp_path / "run.tar", tmp_path / "run.tgz"]).skipped) == 12
        assert db.load_files(folder).ids[0] in report.ids


def test_a_truncated_archive_gives_what_it_has(db: DatabaseManager, folder: Path, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "run.tar", "w") as archive:
        archive.add(folder, "run")
    data = (tmp_path / "run.tar").read_bytes()
    write(tmp_path, "cut.tar", data[: len(data) // 2])
    report = db.load_files(tmp_path / "cut.tar", on_error="skip")
    assert 0 < report.stored < 5
    assert [Path(entry.name).name for entry in report.pending + report.failed] == ["cut.tar"]


@pytest.mark.parametrize(
    ("paths", "told"),
    [
        ("absent", "no such file"),
        ("absent/*.pdb", "no file matches"),
        ([3], "no path"),
        (3, "needed"),
        (b"x", "needed"),
    ],
)
def test_wrong_paths_are_named(db: DatabaseManager, paths: Any, told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        db.load_files(paths)
    with pytest.raises(ValidationError, match=told):
        db.load_files(paths, on_error="skip")


def test_a_slip_in_one_path_stores_nothing_of_the_others(db: DatabaseManager, folder: Path) -> None:
    with pytest.raises(ValidationError, match="absent: no such file or folder"):
        db.load_files([folder, "absent"], batch_size=1)
    assert db.stats()["predictions"] == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"ids": "name"},
        {"batch_size": 0},
        {"workers": 0},
        {"on_error": "x"},
        {"plddt_scale": 10},
        {"metadata": [1]},
        {"progress": 3},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_wrong_options_are_refused_before_a_file_is_read(
    db: DatabaseManager, folder: Path, wrong: dict[str, Any]
) -> None:
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        db.load_files(folder, **wrong)
    assert db.stats()["predictions"] == 0


def test_batches_of_any_size_give_the_same(folder: Path, tmp_path: Path) -> None:
    stored = []
    for size in (1, 2, 100):
        with DatabaseManager(database_path=tmp_path / f"{size}.db") as db:
            seen: list[int] = []
            db.load_files(folder, batch_size=size, workers=2, progress=lambda done, total, seen=seen: seen.append(done))
            assert seen[-1] == 5
            stored.append([(prediction.prediction_id, prediction.metadata) for prediction in db.iter_predictions()])
    assert stored[0] == stored[1] == stored[2]


@pytest.mark.skipif(sys.platform == "win32", reason="SIGINT cannot be sent to one process")
def test_an_interrupt_ends_a_load_within_a_second_and_loses_nothing(path: Path, tmp_path: Path) -> None:
    for number in range(3000):
        write(tmp_path, f"in/f{number:04d}.pdb", pdb("MKVLLA" * 20, x=number / 10))
    program = (
        "import sys, time\n"
        "from proteusdb import DatabaseManager\n"
        "db = DatabaseManager(database_path=sys.argv[1])\n"
        "say = lambda done, total: print(done, flush=True)\n"
        "try:\n"
        "    db.load_files(sys.argv[2], batch_size=50, progress=say)\n"
        "except KeyboardInterrupt as stop:\n"
        "    print(stop.__notes__[0], flush=True)\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", program, str(path), str(tmp_path / "in")], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "50\n"
    child.send_signal(signal.SIGINT)
    sent = time.monotonic()
    told = child.stdout.read().splitlines()
    assert child.wait(10) == 0
    assert time.monotonic() - sent < 2
    count = int(told[-1].split()[2])
    assert told[-1] == f"at least {count} predictions were stored before this"
    with DatabaseManager(database_path=path) as db:
        assert count <= db.stats()["predictions"] < 3000
        assert db.stats()["predictions"] % 50 == 0
        assert db.verify_integrity().ok
        report = db.load_files(tmp_path / "in")
        assert report.stored + len(report.skipped) == 3000
        assert db.stats()["predictions"] == 3000


def test_the_corpus_loads_and_every_original_comes_back(db: DatabaseManager) -> None:
    corpus = need()
    report = db.load_files(corpus / "predictions", on_error="raise")
    assert (report.stored, report.skipped, report.pending) == (len(structure_files("predictions")), [], [])
    for prediction in db.iter_predictions(fields=("structure", "originals")):
        name = prediction.metadata["source"]["name"]
        structure = prediction.structure
        assert structure is not None
        assert structure.original == (corpus / "predictions" / name).read_bytes()
        read = Structure.from_file(corpus / "predictions" / name)
        for column in ("coords_all", "b_factor", "occupancy", "atom_name", "residue_number", "chain_id", "element"):
            assert np.array_equal(getattr(structure, column), getattr(read, column)), (name, column)
    odd = db.load_files(corpus / "odd", on_error="skip")
    assert all(entry.reason for entry in odd.failed + odd.pending + odd.skipped)
    assert db.verify_integrity().ok
