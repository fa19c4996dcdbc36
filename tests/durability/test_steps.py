"""kill -9 at the steps of what rewrites a store: each leaves a store that opens, with everything in it."""

import shutil
import subprocess
from pathlib import Path

import pytest

from durability.processes import SECONDS, SOAK, Run, Start
from durability.shims import built, under
from proteusdb import DatabaseManager, DatabaseMigrator
from proteusdb.core.keeping.container import Container

#: Steps that are tried of each operation.
TRIED = 40 if SOAK else 2
#: More than any of them has.
MOST = 100_000


def killed(start: Start, path: Path, name: str, step: int, environment: dict[str, str]) -> bool:
    """Whether it was killed there; False where the operation has no such step."""
    process: subprocess.Popen[str] = start("steps.killed", path, name, step, env=environment)
    output, errors = process.communicate(timeout=SECONDS)
    assert process.returncode in (0, -9), errors
    assert (process.returncode == 0) == (output == '"done"\n'), output
    return process.returncode == -9


def check(path: Path) -> None:
    """All is there, nothing has a name that it should not have, and the store is written on."""
    with DatabaseMigrator(path) as migrator:
        migrator.upgrade_schema()
    for container in path.parent.glob("*.backup"):
        Container(container).verify()
    with DatabaseManager(database_path=path) as db:
        found = {one.prediction_id: one for one in db.iter_predictions()}
        assert sorted(found) == [f"p{n:03}" for n in range(60)]
        for one in found.values():
            assert one.structure is not None
            assert one.structure.sequence == one.sequence
        assert db.verify_integrity().ok
        db.store_prediction("MKV", None, prediction_id="after")
        db.delete_prediction("after", purge=True)


@pytest.mark.timeout(1800 if not SOAK else 0)
@pytest.mark.parametrize("name", ["update", "compact", "cleanup", "backup", "restore", "repair", "migrate"])
def test_a_kill_at_a_step_leaves_a_whole_store(tmp_path: Path, start: Start, run: Run, name: str) -> None:
    library, made, folder = built(tmp_path), tmp_path / "made", tmp_path / "stores"
    made.mkdir()
    run("steps.make", made / "proteus.db")
    environment = under(library, folder)
    kills, step, stride = 0, 1, 1
    while True:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(made, folder)
        if not killed(start, folder / "proteus.db", name, step, environment):
            break
        kills += 1
        check(folder / "proteus.db")
        # The first steps one by one, then further and further apart.
        if kills >= TRIED:
            stride *= 2
        step += stride
        assert step < MOST
    check(folder / "proteus.db")
    print(f"{name}: killed at {kills} of its about {step} steps")
    assert kills > 0
