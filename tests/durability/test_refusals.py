"""What the store does when it may not write, cannot grow, or finds its bytes changed."""

import os
import random
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from durability import programs
from durability.processes import SOAK, Run, Start
from proteusdb import DatabaseManager
from proteusdb.errors import ConnectionError, StorageError
from proteusdb.testing.synthetic import synthetic_prediction

FLIPS = 400 if SOAK else 25


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    path = tmp_path / "proteus.db"
    record = synthetic_prediction(50, 1)
    with DatabaseManager(database_path=path) as db:
        for number in range(30):
            db.store_prediction(**programs.content("filled", number), prediction_id=f"{number:03d}")
        for number in range(5):
            arrays = {"pae": np.full((20, 20), number, np.float32)}
            db.store_prediction(record["sequence"], record["structure"], prediction_id=f"s{number}", arrays=arrays)
    return path


def test_read_only_reads_everything_and_writes_nothing(filled: Path) -> None:
    before = filled.read_bytes()
    with DatabaseManager(database_path=filled, read_only=True) as db:
        assert db.count() == 35
        assert db.get_prediction("s1").structure.n_residues == 50
        for write in (
            lambda: db.store_prediction("MKT", None),
            lambda: db.update_prediction("s1", {"seed": 1}),
            lambda: db.delete_prediction("s1"),
            lambda: db.store_model("esm2"),
        ):
            with pytest.raises(StorageError, match="read_only"):
                write()
    assert filled.read_bytes() == before


def test_read_only_makes_no_store(tmp_path: Path) -> None:
    with pytest.raises(ConnectionError, match=r"absent\.db"):
        DatabaseManager(database_path=tmp_path / "absent.db", read_only=True)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def sealed_folder(filled: Path) -> Iterator[Path]:
    """A folder that others may read and not write, outside pytest's own, which others may not enter."""
    folder = Path(tempfile.mkdtemp(prefix="proteusdb-sealed-"))
    shutil.copy(filled, folder / "proteus.db")
    (folder / "proteus.db").chmod(0o444)
    folder.chmod(0o555)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


def test_a_file_in_a_folder_that_cannot_be_written_is_read(sealed_folder: Path, run: Run) -> None:
    (said,) = run("read_as_nobody", sealed_folder / "proteus.db")
    assert len(said["rows"]) == 35
    assert sorted(os.listdir(sealed_folder)) == ["proteus.db"]


def test_the_file_has_the_mode_asked_for(tmp_path: Path) -> None:
    old = os.umask(0o077)
    try:
        with DatabaseManager(database_path=tmp_path / "proteus.db", mode=0o664) as db:
            db.store_prediction("MKT", None)
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "proteus.db").stat().st_mode) == 0o664


def test_a_full_disk_is_a_storage_error_and_loses_nothing(tmp_path: Path, run: Run) -> None:
    path = tmp_path / "proteus.db"
    *stored, refusal = run("fill_limited", path, 2 << 20)
    assert stored
    assert "StorageError" in refusal["error"], refusal
    with DatabaseManager(database_path=path) as db:
        assert db.query_ids() == stored
        assert [found.metadata["number"] for found in db.iter_predictions()] == list(range(len(stored)))
        assert db.verify_integrity().ok
        db.store_prediction("MKT", None)


def test_a_changed_value_is_corruption_that_names_the_place(filled: Path, run: Run) -> None:
    data = bytearray(filled.read_bytes())
    spot = data.index(b"filled")
    while spot >= 0:
        data[spot] ^= 0x20
        spot = data.find(b"filled", spot)
    filled.write_bytes(data)
    (said,) = run("read_everything", filled)
    assert "CorruptionError" in said["error"], said
    assert "headers" in said["message"] or "prediction" in said["message"]


@pytest.mark.timeout(600)
def test_flipped_bits_never_change_an_answer(filled: Path, start: Start, run: Run) -> None:
    """LMDB's own pages have no checksums, so a flip there may end the process; a wrong answer is what must not be."""
    (before,) = run("read_everything", filled)
    pristine = filled.read_bytes()
    used = _used_bytes(pristine)
    outcomes = {"same": 0, "error": 0, "ended": 0, "faults": 0}
    for seed in range(FLIPS):
        spot = random.Random(seed).choice(used)
        data = bytearray(pristine)
        data[spot] ^= 1 << seed % 8
        filled.write_bytes(data)
        process = start("read_everything", filled, 1)
        output, _ = process.communicate(timeout=60)
        if process.returncode:
            outcomes["ended"] += 1
            continue
        said = programs.json.loads(output)
        if "error" in said:
            outcomes["error"] += 1
            continue
        wrong = {key for key, row in said["rows"].items() if before["rows"].get(key) != row}
        assert not wrong, f"byte {spot}: wrong answer for {wrong}"
        lost = set(before["rows"]) - set(said["rows"])
        assert not lost or said["faults"], f"byte {spot}: lost {lost}, and verify_integrity is content"
        outcomes["faults" if said["faults"] else "same"] += 1
    print(outcomes)


def _used_bytes(data: bytes, page: int = 4096) -> list[int]:
    """Places that are not zero, beyond the two meta pages."""
    return [spot for spot in range(2 * page, len(data)) if data[spot]]
