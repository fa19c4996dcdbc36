"""kill -9 of who writes a spool and of who merges it: merged twice, every acknowledged record is there once."""

import json
import random
import subprocess
import time
from pathlib import Path

import pytest

from durability.processes import SOAK, Start
from proteusdb import DatabaseManager
from proteusdb.core.keeping.container import Container

WRITERS = 50 if SOAK else 8
AT_A_TIME = 4


def killed(process: "subprocess.Popen[str]", seconds: float) -> list[str]:
    """Kills a writer after a while; the ids it acknowledged."""
    assert process.stdout is not None
    assert json.loads(process.stdout.readline()) == "ready", process.communicate()
    time.sleep(seconds)
    process.kill()
    lines = process.communicate()[0].splitlines(keepends=True)
    # A line that the kill cut short acknowledges nothing.
    return [key for line in lines if line.endswith("\n") for key in json.loads(line)]


@pytest.mark.timeout(600 if not SOAK else 0)
def test_what_killed_writers_acknowledged_is_merged_once(tmp_path: Path, start: Start) -> None:
    randomly = random.Random(12)
    folder, path = tmp_path / "spool", tmp_path / "proteus.db"
    folder.mkdir()
    acknowledged: list[str] = []
    for first in range(0, WRITERS, AT_A_TIME):
        merger = start("spooling.merge", folder, path)
        assert merger.stdout is not None
        assert json.loads(merger.stdout.readline()) == "ready", merger.communicate()
        writers = [start("spooling.write", folder, first + n) for n in range(AT_A_TIME)]
        acknowledged += [key for writer in writers for key in killed(writer, randomly.random() * 0.3)]
        merger.kill()
        merger.communicate()
    archives = sorted(folder.glob("*.spool"))
    for archive in archives:
        Container(archive).verify()
    with DatabaseManager(database_path=path) as db:
        merged, again = db.load_files(folder), db.load_files(folder)
        assert merged.ok
        assert again.ok
        assert again.ids == []
        found = {prediction.prediction_id: prediction for prediction in db.iter_predictions()}
        assert found.keys() >= set(acknowledged)
        assert len(acknowledged) == len(set(acknowledged))
        for key, prediction in found.items():
            assert prediction.version == 1
            assert prediction.metadata["tag"] == key.rpartition("-")[0]
            assert len(prediction.sequence) == prediction.metadata["length"]
            assert prediction.structure is None or prediction.structure.sequence == prediction.sequence
        assert db.verify_integrity().ok
    print(f"{WRITERS} writers killed, {len(archives)} archives, {len(acknowledged)} records acknowledged, 0 lost")
    assert acknowledged
