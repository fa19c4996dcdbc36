"""Many large companions: memory stays bounded, and an interrupt is obeyed."""

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from proteusdb import DatabaseManager
from proteusdb.testing.synthetic import write_layout

N = 600
COUNT = 60


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """AlphaFold 3 samples with matrices of several megabytes each, and as many of Boltz."""
    folder = tmp_path_factory.mktemp("large")
    (sample, *_) = write_layout(folder / "small", "alphafold3_0", seed=1)
    structure = sample.structure.read_text()
    random = np.random.default_rng(1)
    matrix = np.round(random.uniform(0, 31.7, (N, N)), 1)
    scores = json.dumps({"pae": matrix.tolist(), "contact_probs": np.round(matrix / 32, 2).tolist()})
    for number in range(COUNT):
        here = folder / "run" / "job" / f"seed-1_sample-{number}"
        here.mkdir(parents=True)
        (here / "model.cif").write_text(structure + f"# {number}\n")
        (here / "confidences.json").write_text(scores.replace("31.7", f"{number % 10}.7"))
    return folder / "run"


LOAD = """
import os, resource, sys, threading, time
from proteusdb import DatabaseManager
if sys.argv[3] == "measure":
    resident = lambda: int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGESIZE") >> 20
    peak = before = resident()
    def watch():
        global peak
        while True:
            peak = max(peak, resident())
            time.sleep(0.002)
    threading.Thread(target=watch, daemon=True).start()
with DatabaseManager(database_path=sys.argv[1]) as db:
    say = lambda done, total: print(done, flush=True)
    try:
        report = db.load_files(sys.argv[2], batch_size=4, workers=4, progress=say)
        print(report.stored)
    except KeyboardInterrupt as stop:
        print(stop.__notes__[0], flush=True)
if sys.argv[3] == "measure":
    print(peak - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells the memory of a process on Linux")
def test_memory_does_not_grow_with_the_load(root: Path, tmp_path: Path) -> None:
    files = sum(file.stat().st_size for file in root.rglob("*.*") if file.is_file())
    assert files > 200 << 20
    command = [sys.executable, "-c", LOAD, str(tmp_path / "x.db"), str(root), "measure"]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    assert int(ran.stdout.split()[-1]) < 512
    assert ran.stdout.split()[-3:-1] == [str(COUNT)] * 2


@pytest.mark.skipif(sys.platform == "win32", reason="SIGINT cannot be sent to one process")
def test_an_interrupt_is_obeyed_among_large_files(root: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    child = subprocess.Popen(
        [sys.executable, "-c", LOAD, str(path), str(root), "interrupt"], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "4\n"
    child.send_signal(signal.SIGINT)
    sent = time.monotonic()
    told = child.stdout.read().splitlines()
    assert child.wait(60) == 0
    print(f"ended {time.monotonic() - sent:.2f} s after the signal")
    found = re.fullmatch(r"at least (\d+) predictions were stored before this", told[-1])
    assert found is not None
    count = int(found[1])
    with DatabaseManager(database_path=path) as db:
        assert count <= db.stats()["predictions"] < COUNT
        assert db.verify_integrity().ok
        report = db.load_files(root)
        assert report.stored + len(report.skipped) == COUNT
