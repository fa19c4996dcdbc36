"""What the structure codec makes of files, beside the usual ways, in one run: `make bench-codec`.

::

    python benches/codec.py LIST        LIST: a path a line, and after a tab what made it

    way            B/residue   encode   decode    largest error, Å
    .pdb.gz           ...        ...      ...     0

The ways in Rust are measured by the example `codec_table` of the core, which says which files it measured: those whose
sequence took no part in fitting the weights. Here BinaryCIF (by biotite) and foldcomp (where it is installed) take the
same files. foldcomp takes one chain without gaps; of what it refuses it has no row, so its residues can be fewer.
Speeds are millions of residues a second in one thread, the best of the rounds.
"""

import argparse
import gzip
import importlib.util
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from proteusdb import Structure

ROUNDS = 3


@dataclass
class Row:
    """A way's sums over the files of one maker."""

    bytes: int = 0
    residues: int = 0
    encode: float = 0.0
    decode: float = 0.0
    error: float = 0.0

    def add(self, other: "Row") -> None:
        self.bytes += other.bytes
        self.residues += other.residues
        self.encode += other.encode
        self.decode += other.decode
        self.error = max(self.error, other.error)


Table = dict[str, dict[str, Row]]
"""Maker and way to sums."""


def in_rust(listed: str) -> tuple[list[tuple[Path, str]], Table]:
    """The files that the core's example measured with their makers, and its rows."""
    command = ["cargo", "run", "--release", "-q", "-p", "proteusdb-core", "--example", "codec_table", "--", listed]
    printed = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    files, table = [], defaultdict[str, dict[str, Row]](dict)
    for kind, *cells in (line.split("\t") for line in printed.splitlines()):
        if kind == "file":
            files.append((Path(cells[0]), cells[1]))
        else:
            maker, way, size, residues, *times = cells
            table[maker][way] = Row(int(size), int(residues), *map(float, times))
    return files, dict(table)


def fastest(work: Callable[[], Any]) -> tuple[float, Any]:
    """The shortest time, s, and what was made."""
    best, made = float("inf"), None
    for _ in range(ROUNDS):
        start = time.perf_counter()
        made = work()
        best = min(best, time.perf_counter() - start)
    return best, made


def binary_cif(structure: Structure) -> Row:
    """BinaryCIF through gzip."""
    encode, packed = fastest(lambda: gzip.compress(structure.to_bcif(), 9))
    decode, back = fastest(lambda: Structure.from_text(gzip.decompress(packed)))
    return Row(len(packed), structure.n_residues, encode, decode, apart(structure, back))


def foldcomp(structure: Structure) -> Row | None:
    """foldcomp's, or None where it refuses the structure or gives other atoms back."""
    import foldcomp as program

    try:
        text = structure.to_pdb()
        encode, packed = fastest(lambda: program.compress("structure", text))
        decode, (_, back) = fastest(lambda: program.decompress(packed))
        error = apart(structure, Structure.from_text(back, format="pdb"))
    except Exception as refusal:  # its own errors are of many kinds; the row is left out and the reason told
        print(f"foldcomp leaves one out: {refusal}", file=sys.stderr)
        return None
    return Row(len(packed), structure.n_residues, encode, decode, error)


def apart(one: Structure, other: Structure) -> float:
    """The largest distance between the same atoms, Å.

    Raises
    ------
    ValueError
        They have different atoms.
    """
    if one.n_atoms != other.n_atoms:
        raise ValueError(f"{one.n_atoms} atoms became {other.n_atoms}")
    orders = [np.lexsort((s.atom_name, s.residue_number, s.chain_id)) for s in (one, other)]
    between = one.coords[orders[0]].astype(float) - other.coords[orders[1]]
    return float(np.linalg.norm(between, axis=1).max(initial=0.0))


def beside(files: list[tuple[Path, str]], table: Table) -> None:
    """Adds the rows of other programs."""
    ways: dict[str, Callable[[Structure], Row | None]] = {"BinaryCIF.gz": binary_cif}
    if importlib.util.find_spec("foldcomp"):
        ways["foldcomp"] = foldcomp
    for path, maker in files:
        structure = Structure.from_file(path)
        for way, measure in ways.items():
            row = measure(structure)
            for group in {"all", maker} if row else ():
                table[group].setdefault(way, Row()).add(row or Row())


def lines(rows: dict[str, Row]) -> Iterator[str]:
    """A table for people, the smallest way first."""
    yield f"{'way':18} {'residues':>9} {'B/residue':>10} {'encode':>8} {'decode':>8} {'error, Å':>10}"
    for way, row in sorted(rows.items(), key=lambda item: item[1].bytes / item[1].residues):
        speeds = f"{row.residues / row.encode / 1e6:8.2f} {row.residues / row.decode / 1e6:8.2f}"
        yield f"{way:18} {row.residues:9,} {row.bytes / row.residues:10.2f} {speeds} {row.error:10.4f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("list", help="a path a line, and after a tab what made it")
    files, table = in_rust(parser.parse_args().list)
    if not files:
        sys.exit("no file of the list is a structure whose sequence was kept aside")
    beside(files, table)
    for maker, rows in table.items():
        print(f"\n{maker}", *lines(rows), sep="\n")


if __name__ == "__main__":
    main()
