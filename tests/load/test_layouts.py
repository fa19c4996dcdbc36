"""Each predictor's folder, as it leaves it: every file in its record, every number where the contract says."""

import gzip
import os
import tarfile
from pathlib import Path

import numpy as np
import pytest

from load.contents import by_file, contents
from proteusdb import DatabaseManager
from proteusdb.core.prediction import Prediction
from proteusdb.testing.synthetic import LAYOUTS, Made, write_layout


@pytest.fixture(params=LAYOUTS)
def tool(request: pytest.FixtureRequest) -> str:
    """Each tool in turn."""
    name: str = request.param
    return name


def check(made: Made, prediction: Prediction, root: Path) -> None:
    """That a record is what was written."""
    assert prediction.model == made.model
    places = (prediction.job, prediction.seed, prediction.sample, prediction.rank)
    assert places == (made.job, made.seed, made.sample, made.rank)
    for name, array in made.arrays.items():
        stored = prediction.arrays[name]
        assert np.array_equal(stored, array, equal_nan=array.dtype.kind == "f"), name
        assert stored.dtype == array.dtype or array.dtype.kind in "Ui", name
    for name in ("ptm", "iptm", "ranking_score"):
        assert prediction.metadata.get(name) == pytest.approx(made.values.get(name)), name
    assert prediction.ranking_score == prediction.metadata.get("ranking_score")
    files = {file.name: file.read_bytes() for file in [made.structure, *made.companions]}
    assert dict(prediction.originals) == files
    source = prediction.metadata["source"]
    assert source.get("aliases", []) == [alias.name for alias in made.aliases]
    assert set(source["files"]) == {
        Path(os.path.relpath(file, made.structure.parent)).as_posix() for file in [*made.companions, *made.aliases]
    }
    assert source["path"] == f"{root.name}/{made.structure.relative_to(root).as_posix()}"


def test_every_file_is_in_its_record(db: DatabaseManager, tmp_path: Path, tool: str) -> None:
    root = tmp_path / "run"
    made = write_layout(root, tool, seed=3)
    report = db.load_files(root)
    assert (report.stored, report.failed, report.pending) == (len(made), [], [])
    assert [Path(entry.name).suffix for entry in report.skipped] == [".pkl"] * (2 if tool == "alphafold2" else 0)
    stored = by_file(db)
    for one in made:
        check(one, stored[one.structure.relative_to(root).as_posix()], root)
    by_alias = {str(alias): one for one in made for alias in one.aliases}
    assert set(report.aliases) == set(by_alias)
    for name, one in by_alias.items():
        record = stored[one.structure.relative_to(root).as_posix()]
        assert report.aliases[name] == record.prediction_id


def test_loading_twice_or_from_an_archive_is_the_same(db: DatabaseManager, tmp_path: Path, tool: str) -> None:
    root = tmp_path / "run"
    write_layout(root, tool, seed=4)
    db.load_files(root)
    once = contents(db)
    again = db.load_files(root)
    assert (again.stored, again.failed, contents(db)) == (0, [], once)
    assert db.stats()["versions"] == len(once)
    for name, mode in (("run.tar", "w"), ("run.tar.gz", "w:gz")):
        with tarfile.open(tmp_path / name, mode) as archive:  # type: ignore[call-overload]
            archive.add(root, "run")
        with DatabaseManager(database_path=tmp_path / f"{name}.db") as other:
            other.load_files(tmp_path / name)
            unpacked = contents(other)
        assert {key: _without_times(value) for key, value in unpacked.items()} == {
            key: _without_times(value) for key, value in once.items()
        }


def _without_times(content: dict[str, object]) -> dict[str, object]:
    # A tar archive keeps whole seconds.
    metadata = dict(content["metadata"])  # type: ignore[call-overload]
    source = metadata["source"]
    return {**content, "metadata": {**metadata, "source": {**source, "mtime": source["mtime"].replace(microsecond=0)}}}


def test_files_named_one_by_one_find_their_companions(db: DatabaseManager, tmp_path: Path, tool: str) -> None:
    made = write_layout(tmp_path / "run", tool, seed=5)
    db.load_files([one.structure for one in made])
    for prediction in db.iter_predictions(fields=("metadata",)):
        one = next(one for one in made if one.structure.name == prediction.metadata["source"]["name"])
        assert prediction.arrays.keys() >= one.arrays.keys()
        beside = {file.name for file in one.companions if file.parent == one.structure.parent}
        assert set(prediction.originals) >= beside


def test_companions_may_be_compressed(db: DatabaseManager, tmp_path: Path, tool: str) -> None:
    root = tmp_path / "run"
    made = write_layout(root, tool, seed=6)
    for file in {file for one in made for file in one.companions}:
        file.with_name(file.name + ".gz").write_bytes(gzip.compress(file.read_bytes()))
        file.unlink()
    report = db.load_files(root)
    assert (report.stored, report.failed, report.pending) == (len(made), [], [])
    stored = by_file(db)
    for one in made:
        record = stored[one.structure.relative_to(root).as_posix()]
        for name, array in one.arrays.items():
            assert np.array_equal(record.arrays[name], array), name
        assert set(record.originals) == {one.structure.name, *(f"{file.name}.gz" for file in one.companions)}
