"""The power goes at any moment: each image that the disk may hold opens, verifies, and has what was acknowledged."""

import json
from pathlib import Path
from typing import Any

import pytest

from durability.images import events, losses
from durability.processes import SOAK, Run
from durability.shims import built, under

IMAGES = 3000 if SOAK else 40
#: Images that one process looks at; that many are on the disk at a time.
AT_A_TIME = 60
#: Commits that `relaxed` may lose: LMDB writes the meta page of one with the sync of the next.
RELAXED = 1


@pytest.mark.timeout(1800 if not SOAK else 0)
@pytest.mark.parametrize("durability", ["full", "relaxed"])
def test_a_loss_of_power_leaves_a_store(tmp_path: Path, run: Run, durability: str) -> None:
    library, folder = built(tmp_path), tmp_path / "stores"
    folder.mkdir()
    path, log = folder / "proteus.db", tmp_path / "log"
    environment = under(library, folder, SHIM_FILE=str(path.resolve()))
    run("power.write", path, durability, log, 7, env=environment)
    recorded = list(events(log))
    start = {f"base-{n}": 0 for n in range(20)}
    lost: dict[int, int] = {}
    pending: list[tuple[Path, Any]] = []
    for number, loss in enumerate(losses((folder / "base").read_bytes(), recorded, start, IMAGES, 11)):
        image = tmp_path / f"{number}.db"
        image.write_bytes(loss.image)
        pending.append((image, loss))
        if len(pending) == AT_A_TIME or number == IMAGES - 1:
            look(run, pending, lost, durability)
            pending = []
    kinds = "".join(event.kind for event in recorded)
    told = ", ".join(f"{lost[commits]} lost {commits}" for commits in sorted(lost))
    print(f"{durability}: {IMAGES} images of {kinds.count('w')} writes, {kinds.count('s')} syncs; commits: {told}")
    assert kinds.count("w") > 50


def look(run: Run, pending: list[tuple[Path, Any]], lost: dict[int, int], durability: str) -> None:
    """Compares images with the states they may be in."""
    for (image, loss), said in zip(
        pending, run("power.look", *[image for image, _ in pending], seconds=1200), strict=True
    ):
        assert "error" not in said, said
        assert not said["faults"], said
        states = [*loss.states, *([] if loss.following is None else [loss.following])]
        matching = [number for number, state in enumerate(states) if state == said["present"]]
        assert matching, f"{image}: the state of no commit: {json.dumps(said)}"
        commits = max(0, len(loss.states) - 1 - matching[-1])
        assert commits <= (0 if durability == "full" else RELAXED), f"{image}: {commits} acknowledged commits are lost"
        lost[commits] = lost.get(commits, 0) + 1
        for file in image.parent.glob(f"{image.name}*"):
            file.unlink()
