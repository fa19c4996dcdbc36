"""kill -9 at a random moment of a load: what was acknowledged is there, a group is whole or absent, loading goes on."""

import json
import random
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from durability.processes import SOAK, Start
from proteusdb import DatabaseManager

ROUNDS = 300 if SOAK else 20


def killed(start: Start, path: Path, seed: int, large: bool) -> list[Any]:
    """Loads, kills after a random while, and returns what was acknowledged; a line cut short was not."""
    randomly = random.Random(seed)
    process = start("load", path, seed, int(large))
    assert process.stdout is not None
    assert json.loads(process.stdout.readline()) == "ready", process.communicate()
    time.sleep(randomly.choice([0.0, 0.001, 0.01, 0.05, 0.2]) * (0.5 + randomly.random()))
    process.kill()
    rest = process.communicate()[0]
    return [json.loads(line) for line in rest.splitlines(keepends=True) if line.endswith("\n")]


def check(db: DatabaseManager, said: list[Any], seen: dict[str, int]) -> None:
    """Everything acknowledged so far is there and whole; no group is there in part."""
    for line in said:
        if "ids" in line:
            seen.update(dict.fromkeys(line["ids"], -1))
        else:
            seen[line["update"]] = line["n"]
    present: dict[str, Any] = {}
    groups: Counter[str] = Counter()
    for found in db.iter_predictions():
        present[found.prediction_id] = found.metadata
        groups[found.metadata["tag"]] += 1
        assert len(found.sequence) == found.metadata["length"]
        if found.structure is not None:
            assert found.structure.sequence == found.sequence
    lost = [key for key in seen if key not in present]
    assert not lost, f"acknowledged and lost: {lost[:5]}"
    for key, number in seen.items():
        if number >= 0:
            assert present[key]["updated"] == number, key
    torn = [tag for tag, metadata in ((m["tag"], m) for m in present.values()) if groups[tag] != metadata["group_size"]]
    assert not torn, f"groups in part: {torn[:5]}"
    assert db.verify_integrity().ok


@pytest.mark.parametrize("large", [False, True], ids=["rows", "structures"])
@pytest.mark.timeout(600 if not SOAK else 0)
def test_a_killed_loader_loses_nothing_it_acknowledged(tmp_path: Path, start: Start, large: bool) -> None:
    path = tmp_path / "proteus.db"
    seen: dict[str, int] = {}
    acknowledged = 0
    for seed in range(ROUNDS // 2):
        said = killed(start, path, seed, large)
        acknowledged += len(said)
        print(f"seed {seed}: {len(said)} acknowledged before the kill")
        with DatabaseManager(database_path=path) as db:
            check(db, said, seen)
    assert acknowledged > 0, "every loader was killed before its first write; nothing was tested"
