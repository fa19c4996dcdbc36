"""Load and read the same structures three ways, in one run, and tell ratios.

::

    proteusdb      one LMDB file, structure columns and the original bytes, every read checked
    py-lmdb        one LMDB file of pickled atom arrays: what people write in an afternoon
    .pdb.gz        a folder of gzip files, parsed at every read

    python benches/load_and_read.py [--n 300] [--rounds 3]

All three read to numpy columns: coordinates, atom and residue names, B-factors. The ways take turns in each round, in
random order; medians are told. The data are made up (`proteusdb.testing.synthetic`), the same for all.
pickle stands here only as the peer that is measured; the package itself never reads it.
"""

import argparse
import gzip
import pickle
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lmdb

from proteusdb import DatabaseManager, Structure
from proteusdb.testing.synthetic import synthetic_prediction

COLUMNS = ("coords", "atom_name", "residue_name", "residue_number", "chain_id", "b_factor")

Measured = tuple[float, float, int]
"""Seconds to write all, seconds to read all in random order, bytes on disk."""


def columns(structure: Structure) -> dict[str, Any]:
    """What a reader wants of a structure."""
    return {name: getattr(structure, name) for name in COLUMNS}


def timed(work: Callable[[], object]) -> float:
    """Wall seconds of one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def on_disk(path: Path) -> int:
    """Allocated bytes of a file or of all files below a folder."""
    files = [path] if path.is_file() else [p for p in path.rglob("*") if p.is_file()]
    return sum(p.stat().st_blocks * 512 for p in files)


def proteusdb(texts: dict[str, str], order: list[str], folder: Path) -> Measured:
    """`store_predictions` of PDB texts, then `get_prediction` one by one."""
    path = folder / "proteus.db"
    records = ({"prediction_id": name, "structure": text} for name, text in texts.items())
    with DatabaseManager(database_path=path) as db:
        writing = timed(lambda: db.store_predictions(records))
        reading = timed(lambda: [columns(db.get_prediction(name).structure) for name in order])
    return writing, reading, on_disk(path)


def pickled(texts: dict[str, str], order: list[str], folder: Path) -> Measured:
    """Parsed by the same parser, pickled, one transaction; then unpickled one by one."""
    path = folder / "pickled.lmdb"
    env = lmdb.open(str(path), subdir=False, map_size=1 << 34)

    def write() -> None:
        with env.begin(write=True) as txn:
            for name, text in texts.items():
                txn.put(name.encode(), pickle.dumps(columns(Structure.from_text(text))))

    def read_all() -> None:
        with env.begin() as txn:
            for name in order:
                pickle.loads(txn.get(name.encode()))

    writing, reading = timed(write), timed(read_all)
    env.close()
    return writing, reading, on_disk(path)


def zipped(texts: dict[str, str], order: list[str], folder: Path) -> Measured:
    """One .pdb.gz a prediction; each read parses it with the same parser."""
    home = folder / "pdb.gz"
    home.mkdir()

    def write() -> None:
        for name, text in texts.items():
            (home / f"{name}.pdb.gz").write_bytes(gzip.compress(text.encode(), 6))

    writing = timed(write)
    reading = timed(lambda: [columns(Structure.from_file(home / f"{name}.pdb.gz")) for name in order])
    return writing, reading, on_disk(home)


WAYS = {"proteusdb": proteusdb, "pickles in py-lmdb": pickled, "folder of .pdb.gz": zipped}


def main() -> None:
    """Make the data, run the rounds, print one line a way."""
    parser = argparse.ArgumentParser(description="Load and read structures three ways.")
    parser.add_argument("--n", type=int, default=300, help="predictions")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    dice = random.Random(1)
    made = {f"p{i:06d}": synthetic_prediction(dice.randint(50, 500), seed=i) for i in range(options.n)}
    texts = {name: record["structure"].to_pdb() for name, record in made.items()}
    order = dice.sample(sorted(texts), len(texts))
    results: dict[str, list[Measured]] = {name: [] for name in WAYS}
    for _ in range(options.rounds):
        for name in dice.sample(sorted(WAYS), len(WAYS)):
            with tempfile.TemporaryDirectory() as folder:
                results[name].append(WAYS[name](texts, order, Path(folder)))
    medians = {name: [statistics.median(c) for c in zip(*rows, strict=True)] for name, rows in results.items()}
    print(f"{options.n} predictions, {options.rounds} rounds; in brackets: times proteusdb")
    for name, row in medians.items():
        cells = zip(("write", "read", "MB"), row, (1, 1, 1e-6), medians["proteusdb"], strict=True)
        print(f"{name:20}" + "".join(f"{what:>8} {x * unit:8.3f} ({x / own:5.2f})" for what, x, unit, own in cells))


if __name__ == "__main__":
    main()
