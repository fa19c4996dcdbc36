"""Copies between back ends, and exports that other programs read."""

import csv
import json
import sqlite3
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backends.engines import ENGINES, open_engine
from proteusdb import DatabaseManager, Structure
from proteusdb.errors import QueryError, StorageError, ValidationError
from proteusdb.testing.rows import rows
from proteusdb.testing.synthetic import synthetic_prediction, write_folder


def fill(db: DatabaseManager) -> None:
    """Rows, a structure from a file, arrays, models, analyses, a past."""
    db.store_model("esm2", "1.0", {"recycles": 3})
    db.store_predictions(list(rows(40, seed=3)))
    made = synthetic_prediction(30, 2)
    text = made["structure"].to_pdb()
    pae = np.arange(900, dtype=np.float32).reshape(30, 30)
    key = db.store_prediction(made["sequence"], text, {"note": "it's"}, prediction_id="../x y", arrays={"pae": pae})
    db.store_analysis(key, {"energy": np.arange(3)}, {"p": 1})
    db.update_prediction(key, {"metadata": {"n": 1}})


def content(db: DatabaseManager) -> list[dict[str, Any]]:
    """Everything but numbers, times of commit and ids of models."""
    own = ("version", "updated_at", "model_id", "arrays", "structure")
    found = []
    for one in db.iter_predictions():
        told = {name: value for name, value in one.to_dict().items() if name not in own}
        told["arrays"] = {name: (array.dtype, array.tolist()) for name, array in one.arrays.items()}
        told["data"] = one.structure_data
        records = [db.get_analysis(key) for key in db.list_analyses(one.prediction_id)]
        told["analyses"] = [(str(record["results"]), record["parameters"]) for record in records]
        found.append(told)
    return found


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DatabaseManager]:
    with DatabaseManager(database_path=tmp_path_factory.mktemp("source") / "a.db", durability="relaxed") as db:
        fill(db)
        yield db


# --- copies -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ENGINES)
def test_a_copy_there_and_back_holds_the_same(source: DatabaseManager, engine: str, tmp_path: Path) -> None:
    with open_engine(engine, tmp_path) as there:
        report = source.copy_to(there.url)
        assert (report.copied, report.skipped, report.analyses) == (41, 0, 1)
        assert content(there) == content(source)
        assert there.verify_integrity().ok
        again = source.copy_to(there.url)
        assert (again.copied, again.skipped, again.analyses) == (0, 41, 0)
        assert again.digest == report.digest
        there.copy_to(tmp_path / "back.db")
        with DatabaseManager.from_url(tmp_path / "back.db") as back:
            assert content(back) == content(source)


def test_a_copy_of_some_and_then_of_what_changed(tmp_path: Path) -> None:
    target = f"sqlite://{tmp_path}/b.db"
    with DatabaseManager(database_path=tmp_path / "a.db") as db:
        fill(db)
        seen: list[tuple[int, int | None]] = []
        some = db.copy_to(target, where="length > 8", progress=lambda done, total: seen.append((done, total)))
        assert some.copied == db.count(where="length > 8") < 41
        assert seen[-1] == (some.copied, some.copied)
        assert db.copy_to(target, where={"length_range": (None, 8)}).copied == 41 - some.copied
        db.update_prediction("../x y", {"metadata": {"n": 2}})
        report = db.copy_to(target)
        assert (report.copied, report.skipped) == (1, 40)
        with DatabaseManager.from_url(target) as there:
            assert [version.version for version in there.history("../x y")] == [1, 2]


def test_a_copy_is_refused_onto_itself_and_for_a_wrong_where(source: DatabaseManager, tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="itself"):
        source.copy_to(source.url)
    with pytest.raises(QueryError, match="lenght"):
        source.copy_to(tmp_path / "b.db", where="lenght > 3")
    with pytest.raises(QueryError, match="expression"):
        source.copy_to(tmp_path / "b.db", where=3)  # type: ignore[arg-type]
    with source.transaction(), pytest.raises(QueryError, match="transaction"):
        source.copy_to(tmp_path / "b.db")


# --- exports ----------------------------------------------------------------------------------------------------------


def test_rows_are_read_by_other_programs(source: DatabaseManager, tmp_path: Path) -> None:
    import pyarrow.parquet as parquet

    wanted = source.query_predictions()
    for name in ("csv", "jsonl", "parquet"):
        report = source.export(tmp_path / f"all.{name}", format=name)
        assert (report.predictions, report.files) == (41, 1)
        assert report.bytes == (tmp_path / f"all.{name}").stat().st_size
    assert parquet.read_table(tmp_path / "all.parquet").equals(wanted.to_arrow())
    with open(tmp_path / "all.csv", encoding="utf-8", newline="") as file:
        read = list(csv.DictReader(file))
    assert [row["prediction_id"] for row in read] == wanted.ids
    assert [json.loads(row["metadata"])["note"] for row in read if row["prediction_id"] == "../x y"] == ["it's"]
    lines = (tmp_path / "all.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["sequence"] for line in lines] == [found.sequence for found in wanted]


def test_fasta_has_an_entry_a_chain(tmp_path: Path) -> None:
    with DatabaseManager(database_path=tmp_path / "a.db") as db:
        db.store_prediction("M" * 100 + ":GG", None, {"confidence": 0.5}, prediction_id="two chains", model="esm2")
        db.store_prediction("MKT", None, prediction_id="one")
        db.export(tmp_path / "x.fasta", format="fasta")
    told = " model=esm2 confidence=0.5000"
    assert (tmp_path / "x.fasta").read_text().splitlines() == [
        ">one", "MKT", f">two_chains_1{told}", "M" * 80, "M" * 20, f">two_chains_2{told}", "GG",
    ]  # fmt: skip


def test_sql_fills_another_database(source: DatabaseManager, tmp_path: Path) -> None:
    source.export(tmp_path / "all.sql", format="sql")
    other = sqlite3.connect(":memory:")
    other.executescript((tmp_path / "all.sql").read_text(encoding="utf-8"))
    ids = [row[0] for row in other.execute("SELECT prediction_id FROM predictions ORDER BY 1")]
    assert ids == source.query_ids()
    data, metadata = other.execute(
        "SELECT structure_data, metadata FROM predictions WHERE prediction_id = '../x y'"
    ).fetchone()
    assert bytes.fromhex(data) == source.get_prediction("../x y").structure_data
    assert json.loads(metadata)["note"] == "it's"
    assert other.execute("SELECT count(*) FROM analysis").fetchone() == (1,)
    assert other.execute("SELECT count(*) FROM models").fetchone()[0] == len(source.list_models())
    other.close()


@pytest.mark.parametrize(("format", "suffix"), [("pdb", ".pdb"), ("mmcif", ".cif")])
def test_structures_are_written_to_a_folder_or_a_tar(
    source: DatabaseManager, tmp_path: Path, format: str, suffix: str
) -> None:
    name = f"%2E.%2Fx%20y{suffix}"
    report = source.export(tmp_path / "out", format=format)
    assert (report.predictions, report.files) == (41, 1)
    assert [file.name for file in (tmp_path / "out").iterdir()] == [name]
    source.export(tmp_path / "out.tar.gz", format=format)
    with tarfile.open(tmp_path / "out.tar.gz") as tar:
        assert tar.getnames() == [name]
        member = tar.extractfile(name)
        assert member is not None
        assert member.read() == (tmp_path / "out" / name).read_bytes()
    read = Structure.from_file(tmp_path / "out" / name)
    assert read.sequence == source.get_prediction("../x y").sequence


def test_original_rebuilds_the_folder_as_it_was(tmp_path: Path) -> None:
    write_folder(tmp_path / "in" / "run", 6, seed=5, length=(20, 30))
    (tmp_path / "in" / "af2").mkdir()
    for name in ("unrelaxed_model_1_pred_0.pdb", "ranked_0.pdb"):
        text = synthetic_prediction(20, 9)["structure"].to_pdb()
        (tmp_path / "in" / "af2" / name).write_text(text)
    with DatabaseManager(database_path=tmp_path / "a.db") as db:
        db.load_files(tmp_path / "in")
        report = db.export(tmp_path / "out", format="original")
        db.export(tmp_path / "out.tar", format="original")
    before = {file.name: file.read_bytes() for file in (tmp_path / "in").rglob("*") if file.is_file()}
    after = {file.name: file.read_bytes() for file in (tmp_path / "out").rglob("*") if file.is_file()}
    assert after == before
    assert report.files == len(before)
    with tarfile.open(tmp_path / "out.tar") as tar:
        assert {Path(name).name for name in tar.getnames()} == set(before)


def test_no_record_writes_outside_the_folder(tmp_path: Path) -> None:
    text = synthetic_prediction(12, 1)["structure"].to_pdb()
    (tmp_path / "deep").mkdir()
    with DatabaseManager(database_path=tmp_path / "a.db") as db:
        for number, place in enumerate(["../../evil.pdb", "/etc/evil.pdb", "a/../../../evil.pdb"]):
            metadata = {
                "source": {"path": place, "aliases": ["../../alias.pdb", "/alias.pdb"], "name": "structure.pdb"}
            }
            db.store_prediction(None, text, {**metadata, "n": number}, prediction_id=f"{number}")
        report = db.export(tmp_path / "deep" / "out", format="original")
    written = [file for file in tmp_path.rglob("*") if file.is_file() and file.suffix == ".pdb"]
    assert all(file.is_relative_to(tmp_path / "deep" / "out") for file in written)
    assert report.files == len(written) > 0


@pytest.mark.parametrize("format", ["jsonl", "csv", "parquet", "fasta", "sql", "archive"])
def test_no_export_takes_the_place_of_the_database(source: DatabaseManager, tmp_path: Path, format: str) -> None:
    """It did, with `overwrite=True`: rows of text lay where the database had been."""
    own = Path(source._session.backend.path)  # type: ignore[attr-defined]
    (tmp_path / "link").symlink_to(own)
    before = source.query_ids()
    for path in (own, Path(f"{own}-lock"), tmp_path / "link"):
        with pytest.raises(StorageError, match="the store itself"):
            source.export(path, format=format, overwrite=True)  # type: ignore[call-overload]
    assert source.query_ids() == before
    assert source.verify_integrity().ok


def test_nothing_half_written_stays_and_nothing_is_replaced_unasked(source: DatabaseManager, tmp_path: Path) -> None:
    place = tmp_path / "all.csv"
    place.write_text("mine")
    with pytest.raises(StorageError, match="overwrite"):
        source.export(place, format="csv")
    assert place.read_text() == "mine"

    def stop(done: int, total: int | None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        source.export(place, format="csv", overwrite=True, progress=stop)
    assert place.read_text() == "mine"
    assert [file.name for file in tmp_path.iterdir()] == ["all.csv"]
    source.export(place, format="csv", overwrite=True)
    assert place.read_text().startswith("prediction_id,")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    with pytest.raises(StorageError, match="empty folder"):
        source.export(tmp_path / "full", format="pdb")
    with pytest.raises(StorageError, match="does not exist"):
        source.export(tmp_path / "nowhere" / "x.csv", format="csv")
    with pytest.raises(ValidationError, match="parquet"):
        source.export(tmp_path / "x.xls", format="xls")
    with pytest.raises(QueryError, match="lenght"):
        source.export(tmp_path / "x.csv", format="csv", where="lenght > 3")
