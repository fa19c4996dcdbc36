"""Several users of one store: a group that writes together, and who may only read.

Permissions do not bind root, so root runs the programs as users that it makes up; others cannot, and skip.
"""

import fcntl
import json
import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from durability import crowd
from durability.processes import Run, Start
from proteusdb import DatabaseManager
from proteusdb.errors import ConnectionError, StorageError, TimeoutError

pytestmark = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can run programs as other users"
)
GROUP, ANN, BOB, STRANGER = 54321, 54322, 54323, 54324


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder of the group, outside pytest's own, which others may not enter."""
    folder = Path(tempfile.mkdtemp(prefix="proteusdb-users-"))
    os.chown(folder, 0, GROUP)
    folder.chmod(0o2775)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def sealed(folder: Path) -> Iterator[Path]:
    """The same folder on a disk that is mounted to be read only."""
    mounted = Path(tempfile.mkdtemp(prefix="proteusdb-mounted-"))
    for command in (["mount", "--bind", folder, mounted], ["mount", "-o", "remount,ro,bind", mounted]):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            subprocess.run(["umount", mounted], capture_output=True, check=False)
            mounted.rmdir()
            pytest.skip(f"nothing can be mounted here: {done.stderr.strip()}")
    yield mounted
    subprocess.run(["umount", mounted], check=True)
    mounted.rmdir()


def modes(folder: Path) -> dict[str, str]:
    return {path.name: oct(stat.S_IMODE(path.stat().st_mode)) for path in folder.iterdir()}


def test_two_users_of_a_group_write_one_store_whatever_their_umask(folder: Path, run: Run) -> None:
    path = folder / "proteus.db"
    assert run("users.store", path, ANN, GROUP, "a") == [1]
    assert run("users.store", path, BOB, GROUP, "b") == [2]
    assert run("users.store", path, ANN, GROUP, "c") == [3]
    assert modes(folder) == {"proteus.db": "0o664", "proteus.db-lock": "0o664"}
    assert {file.stat().st_gid for file in folder.iterdir()} == {GROUP}


def test_a_copied_store_is_the_groups_whoever_opens_it_first(folder: Path, run: Run) -> None:
    path, copy = folder / "proteus.db", folder / "copy.db"
    assert run("users.store", path, ANN, GROUP, "a") == [1]
    shutil.copy2(path, copy)
    os.chown(copy, ANN, GROUP)
    assert run("users.store", copy, ANN, GROUP, "b") == [2]
    assert run("users.store", copy, BOB, GROUP, "c") == [3]


def test_a_private_store_is_private(folder: Path, run: Run) -> None:
    path = folder / "proteus.db"
    assert run("users.store", path, ANN, GROUP, "a", "0o0", "0o600") == [1]
    (said,) = run("users.store", path, BOB, GROUP, "b")
    assert said.startswith("ConnectionError:")
    assert "Permission denied" in said
    assert modes(folder) == {"proteus.db": "0o600", "proteus.db-lock": "0o600"}


def test_a_lock_file_that_one_may_not_write_is_named(folder: Path, run: Run) -> None:
    path = folder / "proteus.db"
    assert run("users.store", path, ANN, GROUP, "a") == [1]
    path.with_name("proteus.db-lock").chmod(0o640)
    (said,) = run("users.store", path, BOB, GROUP, "b")
    assert said.startswith("ConnectionError:")
    assert "proteus.db-lock cannot be written" in said


def test_a_store_on_a_read_only_disk_is_read_and_not_written(folder: Path, sealed: Path) -> None:
    with DatabaseManager(database_path=folder / "proteus.db") as db:
        db.store_predictions([crowd.record(number) for number in range(30)])
    path = sealed / "proteus.db"
    with pytest.raises(ConnectionError, match="read_only=True"):
        DatabaseManager(database_path=path)
    with DatabaseManager(database_path=path, read_only=True) as db:
        assert [crowd.check(found) for found in db.iter_predictions()] == list(range(30))
        assert db.verify_integrity().ok
        with pytest.raises(StorageError, match="read_only"):
            db.store_prediction("MKT", None)


def test_who_may_not_enter_the_lock_file_reads_right_answers_while_others_write(folder: Path, start: Start) -> None:
    path = folder / "proteus.db"
    with DatabaseManager(database_path=path, timeout=120) as db:
        db.store_predictions([crowd.record(number) for number in range(300)])
        db.update_prediction(crowd.name(0), {"metadata": {"seen": 300}})
        reader = start("users.peep", path, STRANGER, STRANGER)
        assert reader.stdout is not None
        assert json.loads(reader.stdout.readline()) == "ready", reader.communicate()
        number = 300
        while reader.poll() is None:
            if number < 1_000:
                db.store_prediction(**crowd.record(number))
            number += 1
            db.update_prediction(crowd.name(0), {"metadata": {"seen": number}})
    output, errors = reader.communicate()
    assert reader.returncode == 0, errors
    seen = json.loads(output)
    assert seen == sorted(seen)
    assert 300 <= seen[0] < seen[-1] <= number


def test_a_writer_who_waits_for_such_a_reader_is_told_which(folder: Path) -> None:
    path = folder / "proteus.db"
    with DatabaseManager(database_path=path, timeout=0.2) as db, path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        told = rf"process {os.getpid()} .*is still reading and has no place in the lock file"
        with pytest.raises(TimeoutError, match=told):
            db.store_prediction("MKT", None)
        fcntl.flock(file, fcntl.LOCK_UN)
        db.store_prediction("MKT", None)


def test_a_published_file_is_read_where_nobody_may_write(folder: Path, run: Run) -> None:
    path = folder / "release.db"
    with DatabaseManager(database_path=folder / "proteus.db") as db:
        db.store_predictions([crowd.record(number) for number in range(30)])
        db.publish(path)
    folder.chmod(0o555)
    before = modes(folder)
    assert before["release.db"] == "0o444"
    said, refused = run("users.read", path, STRANGER, STRANGER)
    assert said == [list(range(30)), True]
    assert refused.startswith("ConnectionError:")
    assert "was published" in refused
    assert modes(folder) == before
