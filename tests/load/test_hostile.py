"""Files that mean harm, or claim what they do not hold."""

import io
import pickle
import struct
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from proteusdb import DatabaseManager
from proteusdb.core.document import CutShort, read_document
from proteusdb.errors import ValidationError
from roads.made import pdb, write


class Bomb:
    """Makes a folder when it is unpickled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> Any:
        return (Path.mkdir, (self.folder,))


def npy(array: Any, **options: Any) -> bytes:
    """The bytes of an .npy file."""
    stream = io.BytesIO()
    np.save(stream, array, **options)
    return stream.getvalue()


def header(shape: str, dtype: str = "<f4", rest: bytes = b"") -> bytes:
    """An .npy file whose header claims so."""
    text = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode() + rest


def packed(name: str, data: bytes) -> bytes:
    """A zip archive of one member."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return stream.getvalue()


def test_nothing_is_unpickled(db: DatabaseManager, tmp_path: Path) -> None:
    exploded = tmp_path / "exploded"
    objects = npy(np.array([Bomb(exploded)], object), allow_pickle=True)
    write(tmp_path, "in/x.pdb", pdb("MKV"))
    write(tmp_path, "in/x_pae.npy", objects)
    write(tmp_path, "in/x_pde.npz", packed("pde.npy", objects))
    write(tmp_path, "in/x_plddt.npy", pickle.dumps(Bomb(exploded)))
    write(tmp_path, "in/x.pkl", pickle.dumps(Bomb(exploded)))
    report = db.load_files(tmp_path / "in", on_error="skip")
    assert report.stored == 1
    assert {Path(entry.name).name for entry in report.failed} == {"x_pae.npy", "x_pde.npz", "x_plddt.npy"}
    assert any("never unpickled" in entry.reason for entry in report.failed)
    assert not exploded.exists()
    assert list(db.get_prediction(report.ids[0]).arrays) == []


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("x.npy", header("(100000000, 100000000)", rest=b"1234")),
        ("x.npy", header("(3,)", rest=b"1234")),
        ("x.npz", packed("pae.npy", header("(1 << 62,)".replace("1 << 62", str(1 << 62))))),
        ("x.npz", packed("pae.npy", header("(2, 2)", rest=b"1234"))),
        ("x.npz", packed("pae.npy", b"")[:40]),
        ("x.json", b'{"pae": [[0.5, 1.'),
        ("x.json", b'{"pae": [[0.5, 1.5]'),
        ("x.json", b'{"a": "}'),
        ("x.csv", b"seed,sample\n1,2"),
        ("x.json", b" \n"),
    ],
)
def test_less_than_is_claimed_is_cut_short(name: str, data: bytes) -> None:
    with pytest.raises(CutShort):
        read_document(name, data)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("x.npy", b"\x93NUMPY\x09\x00rest"),
        ("x.npy", b"no array at all"),
        ("x.npy", header("'x'")),
        ("x.npy", header("(2,)", dtype="|O", rest=b"12345678")),
        ("x.npy", header("(-5,)", rest=b"12345678")),
        ("x.npz", b"no archive"),
        ("x.json", b"[" * 100_000 + b"]"),
        ("x.json", b"{} {}"),
        ("x.json", b"nothing"),
        ("x.json", b"\xff\xfe{}"),
    ],
)
def test_what_is_wrong_is_told(name: str, data: bytes) -> None:
    with pytest.raises(ValidationError, match=r"x\."):
        read_document(name, data)


def test_a_zip_bomb_is_not_unpacked() -> None:
    bomb = packed("pae.npy", header("(25000, 25000)", rest=bytes(1 << 20)))
    with pytest.raises(CutShort):
        read_document("x.npz", bomb)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("pae.npy", "w") as member:
        for _ in range(600):
            member.write(bytes(1 << 20))
    with pytest.raises(ValidationError, match="unpacks to 629145600 bytes"):
        read_document("x.npz", stream.getvalue())


@pytest.mark.skipif(sys.platform == "win32", reason="resource limits are of POSIX")
def test_a_bomb_in_an_archive_takes_no_memory(db: DatabaseManager, tmp_path: Path) -> None:
    import resource

    with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.pdb", pdb("MKV"))
        with archive.open("x_pae.npy", "w") as member:
            for _ in range(700):
                member.write(bytes(1 << 20))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    report = db.load_files(tmp_path / "x.zip", on_error="skip")
    assert (report.stored, [Path(entry.name).name for entry in report.failed]) == (1, ["x.zip::x_pae.npy"])
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000


def test_names_in_archives_lead_nowhere(db: DatabaseManager, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("../../evil.pdb", pdb("MKV"))
        archive.writestr("/abs/olute.pdb", pdb("MLS"))
    report = db.load_files(tmp_path / "x.zip")
    assert report.stored == 2
    paths = {prediction.metadata["source"]["path"] for prediction in db.iter_predictions()}
    assert paths == {"evil.pdb", "abs/olute.pdb"}
    assert not list(tmp_path.parent.glob("evil.pdb"))


def test_scores_that_fit_nothing_are_kept_but_not_believed(db: DatabaseManager, tmp_path: Path) -> None:
    write(tmp_path, "in/x.ef.pdb", pdb("MKV", b=80))
    write(tmp_path, "in/x.ef.json", '{"plddt": [1e300, -5, 3.5, 2.5], "ptm": NaN, "": 1, "$a": 2}')
    report = db.load_files(tmp_path / "in")
    record = db.get_prediction(report.ids[0])
    assert record.confidence == pytest.approx(0.8)
    assert record.metadata.get("ptm") is None
    assert set(record.originals) == {"x.ef.pdb", "x.ef.json"}
