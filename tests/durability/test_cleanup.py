"""kill -9 while a store is cleaned up: it is whole, tags keep what they named, and the same call goes on."""

import json
import random
import time
from pathlib import Path
from typing import Any

import pytest

from durability.processes import SOAK, Start
from proteusdb import DatabaseManager

ROUNDS = 100 if SOAK else 4


def killed(start: Start, path: Path, seed: int) -> list[Any]:
    """Cleans for a random while, kills, and returns what was acknowledged."""
    process = start("cleaning.clean", path, seed)
    assert process.stdout is not None
    assert json.loads(process.stdout.readline()) == "ready", process.communicate()
    said = [json.loads(process.stdout.readline())]
    time.sleep(random.Random(seed).uniform(0.0, 0.4))
    process.kill()
    rest = process.communicate()[0]
    return said + [json.loads(line) for line in rest.splitlines(keepends=True) if line.endswith("\n")]


@pytest.mark.timeout(600 if not SOAK else 0)
def test_a_killed_cleanup_leaves_a_whole_store(tmp_path: Path, start: Start) -> None:
    path = tmp_path / "proteus.db"
    kept: dict[str, list[int]] = {}
    for seed in range(ROUNDS):
        kept.update({line["tag"]: line["numbers"] for line in killed(start, path, seed)})
        with DatabaseManager(database_path=path) as db:
            assert db.verify_integrity().ok
            tags = {tag.name for tag in db.tags()}
            assert tags >= kept.keys()
            for name, numbers in kept.items():
                found = [db.get_prediction(f"p{n:02d}", as_of=name) for n in range(40)]
                assert [one.metadata["number"] for one in found] == numbers, name
                assert len(found[7].arrays["noise"]) == 3000 + numbers[7] % 7 * 1000
            db.cleanup(keep_versions=1)
            assert db.cleanup(keep_versions=1).versions == 0
            assert db.verify_integrity().ok
            for name in list(kept)[:-2]:
                db.drop_tag(name)
                del kept[name]
    assert kept
