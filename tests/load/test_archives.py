"""Archives and streams: whatever they are packed in, the same predictions."""

import io
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from load.contents import contents
from proteusdb import DatabaseManager
from proteusdb.errors import ValidationError
from proteusdb.testing.synthetic import write_layout
from roads.made import pdb, write
from shell import Shell


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder of two predictors."""
    write_layout(tmp_path / "run", "alphafold3", seed=1)
    write_layout(tmp_path / "run", "boltz", seed=1)
    return tmp_path / "run"


@pytest.fixture
def wanted(root: Path, tmp_path: Path) -> dict[str, object]:
    """What the folder is as a store."""
    with DatabaseManager(database_path=tmp_path / "wanted.db") as other:
        other.load_files(root)
        return bare(other)


def bare(db: DatabaseManager) -> dict[str, object]:
    """Contents without the times of files, which archives keep in their ways."""
    found = contents(db)
    for content in found.values():
        content["metadata"]["source"].pop("mtime", None)
    return found


def tar(mode: str) -> Callable[[Path, Path], None]:
    """A writer of tar archives."""

    def pack(root: Path, file: Path) -> None:
        with tarfile.open(file, mode) as archive:  # type: ignore[call-overload]
            archive.add(root, root.name)

    return pack


def tar_zst(root: Path, file: Path) -> None:
    """A tar archive in Zstandard."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        archive.add(root, root.name)
    file.write_bytes(zstandard.compress(stream.getvalue()))


def zipped(root: Path, file: Path) -> None:
    """A zip archive."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(root.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(root.parent))


PACKERS = {
    "x.tar": tar("w"),
    "x.tar.gz": tar("w:gz"),
    "x.tgz": tar("w:gz"),
    "x.tar.bz2": tar("w:bz2"),
    "x.tar.xz": tar("w:xz"),
    "x.tar.zst": tar_zst,
    "x.zip": zipped,
}


@pytest.fixture(params=PACKERS)
def packed(request: pytest.FixtureRequest, root: Path, tmp_path: Path) -> Path:
    """The folder in each kind of archive."""
    file = tmp_path / "packed" / request.param
    file.parent.mkdir()
    PACKERS[request.param](root, file)
    return file


def test_an_archive_is_the_folder(db: DatabaseManager, packed: Path, wanted: dict[str, object]) -> None:
    report = db.load_files(packed)
    assert (report.failed, report.pending, report.skipped) == ([], [], [])
    assert bare(db) == wanted
    assert db.load_files(packed.parent).stored == 0, "an archive within a folder"


def test_a_stream_is_the_folder(db: DatabaseManager, packed: Path, wanted: dict[str, object]) -> None:
    with packed.open("rb") as file:
        db.load_files(file)
    assert bare(db) == wanted


class Dripping:
    """A stream that gives little at a time and cannot seek, as a pipe."""

    def __init__(self, data: bytes) -> None:
        self._stream = io.BytesIO(data)

    def read(self, size: int = -1) -> bytes:
        """A few bytes."""
        return self._stream.read(min(size, 777) if size >= 0 else 777)


def test_a_pipe_may_give_little_at_a_time(db: DatabaseManager, packed: Path, wanted: dict[str, object]) -> None:
    db.load_files([Dripping(packed.read_bytes())])
    assert bare(db) == wanted


def test_a_stream_may_be_one_structure(db: DatabaseManager) -> None:
    report = db.load_files(io.BytesIO(pdb("MKV").encode()))
    assert db.get_prediction(report.ids[0]).sequence == "MKV"
    assert "mtime" not in db.get_prediction(report.ids[0]).metadata["source"]
    with pytest.raises(ValidationError, match="binary mode"):
        db.load_files(io.StringIO("text"))


def test_the_command_line_reads_stdin(root: Path, tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    zipped(root, tmp_path / "x.zip")
    ran = subprocess.run(
        [sys.executable, "-m", "proteusdb", "load", "-", "--json"],
        cwd=tmp_path,
        stdin=(tmp_path / "x.zip").open("rb"),
        capture_output=True,
        check=True,
        timeout=120,
    )
    assert b'"stored": 4' in ran.stdout
    assert shell.json("count") == {"count": 4}


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_an_archive_that_ends_early_gives_what_it_has(
    db: DatabaseManager, packed: Path, wanted: dict[str, object], share: float
) -> None:
    data = packed.read_bytes()
    cut = packed.with_name("cut-" + packed.name)
    cut.write_bytes(data[: int(len(data) * share)])
    report = db.load_files(cut, on_error="skip")
    assert [Path(entry.name).name for entry in report.pending + report.failed][-1:] == [cut.name]
    assert db.verify_integrity().ok
    db.load_files(packed)
    found = bare(db)
    # A copy whose original was in the part that was missing has been stored for itself.
    assert found.keys() >= wanted.keys()
    for key, content in wanted.items():
        assert found[key]["originals"] == content["originals"]  # type: ignore[index]


def test_what_is_no_archive_is_told(db: DatabaseManager, tmp_path: Path) -> None:
    write(tmp_path, "in/x.tar", "no archive")
    write(tmp_path, "in/y.zip", b"PK\x03\x04 nor this")
    write(tmp_path, "in/z.pdb", pdb("MKV"))
    report = db.load_files(tmp_path / "in", on_error="skip")
    assert report.stored == 1
    assert [Path(entry.name).name for entry in report.failed] == ["x.tar", "y.zip"]


def test_members_without_a_folder_take_the_archives_name_for_the_job(db: DatabaseManager, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "T1050.zip", "w") as archive:
        archive.writestr("ranked_0.pdb", pdb("MKV"))
    report = db.load_files(tmp_path / "T1050.zip")
    assert db.get_prediction(report.ids[0]).job == "T1050"
