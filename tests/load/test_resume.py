"""A load that is cut off anywhere goes on, and ends where one that was not cut off ends."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from load.contents import contents
from proteusdb import DatabaseManager
from proteusdb.testing.synthetic import LAYOUTS, synthetic_prediction, write_layout

LOAD = """
import sys
from proteusdb import DatabaseManager
with DatabaseManager(database_path=sys.argv[1]) as db:
    print("open", flush=True)
    report = db.load_files(sys.argv[2], batch_size=2, on_error="skip")
print(len(report.failed), flush=True)
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders of every predictor, several of each."""
    root = tmp_path_factory.mktemp("resume") / "run"
    for number, tool in enumerate(LAYOUTS):
        for seed in range(3):
            write_layout(root / tool / str(seed), tool, seed=3 * number + seed + 1)
    return root


def start(path: Path, root: Path) -> "subprocess.Popen[str]":
    """A load in a process of its own, once its store is open."""
    child = subprocess.Popen([sys.executable, "-c", LOAD, path, root], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "open\n"
    return child


@pytest.mark.skipif(sys.platform == "win32", reason="processes are not killed so")
def test_killed_at_any_moment_it_goes_on(root: Path, tmp_path: Path) -> None:
    with DatabaseManager(database_path=tmp_path / "wanted.db") as db:
        started = time.monotonic()
        db.load_files(root)
        length = time.monotonic() - started
        wanted = contents(db)
    moments = random.Random(7)
    kills = 0
    for attempt in range(6 if not os.environ.get("PROTEUSDB_SOAK") else 60):
        path = tmp_path / f"{attempt}.db"
        for _ in range(3):
            child = start(path, root)
            time.sleep(moments.uniform(0, length))
            child.send_signal(signal.SIGKILL)
            kills += child.wait(60) == -signal.SIGKILL
            assert child.stdout is not None
            child.stdout.close()
        with DatabaseManager(database_path=path) as db:
            assert db.verify_integrity().ok
            before = contents(db)
            assert all(wanted[key] == content for key, content in before.items()), "what is there is whole"
            db.load_files(root)
            assert contents(db) == wanted
            assert db.stats()["versions"] == len(wanted)
    assert kills > 0


def test_two_loads_of_the_same_folder_at_once(root: Path, tmp_path: Path) -> None:
    path = tmp_path / "shared.db"
    children = [start(path, root) for _ in range(2)]
    for child in children:
        told, _ = child.communicate(timeout=240)
        assert (child.returncode, told) == (0, "0\n"), "what the other has stored is no failure"
    with DatabaseManager(database_path=path) as db, DatabaseManager(database_path=tmp_path / "one.db") as other:
        other.load_files(root)
        assert contents(db) == contents(other)
        assert db.verify_integrity().ok


def test_copies_elsewhere_bring_their_companions(tmp_path: Path) -> None:
    import shutil

    # The first copy has no companions, so the second must add them although both are in one load.
    (one, *_) = write_layout(tmp_path / "run/b", "alphafold_db", seed=1)
    (tmp_path / "run/a").mkdir()
    shutil.copy2(one.structure, tmp_path / "run/a")
    with DatabaseManager(database_path=tmp_path / "x.db") as db:
        report = db.load_files(tmp_path / "run")
        assert report.stored == 3, "two structures, and the companions of one"
        record = db.get_prediction(report.ids[0])
        assert (record.version, set(record.arrays) >= {"pae", "plddt"}) == (2, True)
        assert db.load_files(tmp_path / "run").stored == 0


@pytest.mark.parametrize("batch_size", [1, 512])
def test_copies_whose_companions_differ_change_the_record_one_after_the_other(tmp_path: Path, batch_size: int) -> None:
    (tmp_path / "run").mkdir()
    structure = synthetic_prediction(4, 1)["structure"].to_pdb()
    for copy in range(3):
        (tmp_path / f"run/x{copy}.pdb").write_text(structure)
        scores = {"pae": [[float(copy)] * 4] * 4, "max_pae": 31.75}
        (tmp_path / f"run/x{copy}_pae.json").write_text(json.dumps(scores))
    with DatabaseManager(database_path=tmp_path / "proteus.db") as db:
        report = db.load_files(tmp_path / "run", batch_size=batch_size)
        (key,) = set(report.ids)
        told = [db.get_prediction(key, version=each.version).arrays["pae"][0, 0] for each in db.history(key)]
        assert (told[0], sorted(told)) == (0, [0, 1, 2])
        assert sorted(db.get_prediction(key).originals) == ["x0.pdb", *(f"x{copy}_pae.json" for copy in range(3))]
        assert db.load_files(tmp_path / "run").stored == 0
