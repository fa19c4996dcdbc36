"""A flipped bit anywhere in the file never gives wrong content.

Each is read in a child process: the right answer, `CorruptionError`, or a refusal. A row that is missing, or a crash
inside LMDB, only where `verify_integrity` names the damage; and `salvage` brings back what the bit did not hit.
"""

import json
import random
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from durability.flipping import IDS, content, fill
from durability.processes import SOAK, begin
from proteusdb import DatabaseManager
from proteusdb.core.keeping.verify import pages

FLIPS = 4_000 if SOAK else 40
#: Bits of one child.
EACH = 20
PAGE_BITS = 4096 * 8
#: Seconds after which a child hangs.
SECONDS = 120


def chosen(size: int, randomly: random.Random) -> list[int]:
    """Half of them anywhere, half in the heads of pages, on which all else depends."""
    anywhere = [randomly.randrange(size * 8) for _ in range(FLIPS // 2)]
    heads = [randomly.randrange(size // 4096) * PAGE_BITS + randomly.randrange(512) for _ in range(FLIPS // 2)]
    return anywhere + heads


def outcomes(sound: Path, wanted: Path, bits: list[int]) -> dict[int, str]:
    """What children say of each bit; of the one a child died at, that it did."""
    told: dict[int, str] = {}
    while left := [bit for bit in bits if bit not in told][:EACH]:
        child = begin("flipping.flips", sound, sound.with_name("damaged.db"), wanted, *left)
        try:
            output, errors = child.communicate(timeout=SECONDS)
            ended = f"died: {child.returncode}"
        except subprocess.TimeoutExpired:
            child.kill()
            output, errors = child.communicate()
            ended = "hung"
        said: list[Any] = [json.loads(line) for line in output.splitlines()]
        told.update({bit: what for kind, bit, *rest in said if kind == "end" for what in rest})
        if child.returncode != 0:
            assert said, errors
            assert said[-1][0] == "begin", errors
            assert "Traceback" not in errors, errors
            told[said[-1][1]] = ended
    return told


def brought_back(sound: Path, bit: int, wanted: dict[str, str]) -> int:
    """Salvages a file with a bit flipped; how many predictions are not as they were, each told as lost."""
    damaged, new = sound.with_name("damaged.db"), sound.with_name("new.db")
    data = bytearray(sound.read_bytes())
    data[bit // 8] ^= 1 << (bit % 8)
    damaged.write_bytes(data)
    report = DatabaseManager.salvage_file(damaged, new)
    with DatabaseManager(database_path=new) as db:
        there = {prediction_id: content(db, prediction_id) for prediction_id in db.query_ids()}
    for leftover in (new, new.with_name("new.db-lock")):
        leftover.unlink()
    gone = [prediction_id for prediction_id in IDS if there.get(prediction_id) != wanted[prediction_id]]
    assert not gone or report.lost, (bit, gone)
    return len(gone)


@pytest.mark.timeout(0 if SOAK else 600)
def test_a_flipped_bit_never_gives_wrong_content(tmp_path: Path) -> None:
    sound, answers = tmp_path / "sound.db", tmp_path / "wanted.json"
    wanted = fill(sound)
    answers.write_text(json.dumps(wanted), encoding="utf-8")
    told = outcomes(sound, answers, chosen(sound.stat().st_size, random.Random(12)))
    wrong = {bit: what for bit, what in told.items() if what.startswith("WRONG")}
    assert not wrong
    damaged = tmp_path / "damaged.db"
    for bit, what in told.items():
        if not what.startswith(("missing", "died", "hung")):
            continue
        data = bytearray(sound.read_bytes())
        data[bit // 8] ^= 1 << (bit % 8)
        damaged.write_bytes(data)
        found = pages(str(damaged), None)
        if found is None or found.ok:
            assert what.startswith("missing"), f"bit {bit}: {what}, and no page is named"
            with DatabaseManager(database_path=damaged) as db:
                assert not db.verify_integrity().ok, f"bit {bit}: {what}, and nothing is named"
        assert brought_back(sound, bit, wanted) <= 16, "a bit hits one record, one segment or one block"
    kinds = Counter(what.split(":")[0].split(" [")[0] for what in told.values())
    print(f"{len(told):,} bits flipped: {dict(kinds)}")
    assert kinds["right"] > 0
