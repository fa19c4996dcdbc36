"""The predictions that every store gets: arrays in memory, parsed before any clock runs.

::

    files ── parsed once ── templates ── turned, moved, relabelled ── n records, no two alike

A record of a template is its coordinates after a rigid motion, rounded to 0.001 Å as files print them; about half of
its D, N, E and Q changed for the residue of the same shape, with the atom names that residue has in the same file; and
its B-factors with a little noise. So no store gains by keeping equal things once. The same seed gives the same records.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from proteusdb import Structure
from proteusdb.testing.synthetic import write_folder

Columns = dict[str, npt.NDArray[Any]]

COLUMNS = (
    "coords", "atom_name", "element", "residue_name", "chain_id", "residue_number", "insertion_code", "b_factor",
    "occupancy",
)  # fmt: skip
ALIKE = {"ASP": ("ASN", "N"), "ASN": ("ASP", "D"), "GLU": ("GLN", "Q"), "GLN": ("GLU", "E")}
START = dt.datetime(2023, 1, 1, tzinfo=dt.UTC)
SUFFIXES = (".pdb", ".cif", ".pdb.gz", ".cif.gz")


@dataclass(frozen=True)
class Record:
    """One prediction, as a program has it that has just predicted it."""

    id: str
    sequence: str
    metadata: dict[str, Any]
    created_at: dt.datetime
    columns: Columns


@dataclass(frozen=True)
class Template:
    """A file's columns, the atom each residue begins with, and one after the last."""

    sequence: str
    columns: Columns
    bounds: npt.NDArray[np.int64]


def template(structure: Structure, lengths: tuple[int, int]) -> Template | None:
    """What of a structure is needed; None unless it is one chain of whole residues, which all peers can hold."""
    if list(structure.chain_types) != ["protein"] or structure.hetero.any() or "X" in structure.sequence:
        return None
    columns = {name: np.asarray(getattr(structure, name)) for name in COLUMNS}
    columns = {name: a.astype("S") if a.dtype.kind == "U" else a for name, a in columns.items()}
    changes = np.flatnonzero(np.diff(columns["residue_number"])) + 1
    bounds = np.concatenate([[0], changes, [len(columns["coords"])]])
    length = len(structure.sequence)
    if len(bounds) - 1 != length or not lengths[0] <= length <= lengths[1]:
        return None
    return Template(structure.sequence, columns, bounds)


def templates(folder: Path | None, scratch: Path, made: int, lengths: tuple[int, int] = (100, 1000)) -> list[Template]:
    """Of the structure files of a folder; of made-up ones, as many as told, where none is named."""
    files = write_folder(scratch, made, length=(150, 450), formats=("pdb",)) if folder is None else folder.iterdir()
    found = []
    for path in sorted(Path(path) for path in files):
        if path.name.endswith(SUFFIXES):
            try:
                made = template(Structure.from_file(path), lengths)
            except ValueError:
                continue
            found += [] if made is None else [made]
    if not found:
        raise SystemExit(f"{folder}: no file holds one chain of {lengths[0]} to {lengths[1]} whole standard residues")
    return found


def moved(coords: npt.NDArray[np.float32], dice: np.random.Generator) -> npt.NDArray[np.float32]:
    """The same shape, turned and moved at random."""
    turn, _ = np.linalg.qr(dice.normal(size=(3, 3)))
    turn[:, 0] *= np.sign(np.linalg.det(turn))
    centred = coords.astype(np.float64) - coords.mean(axis=0, dtype=np.float64)
    return np.round(centred @ turn + dice.uniform(-40, 40, 3), 3).astype(np.float32)


def relabelled(one: Template, columns: Columns, dice: np.random.Generator) -> str:
    """Change residues for those of the same shape, in the columns; the new sequence."""
    names = columns["residue_name"][one.bounds[:-1]].astype("U")
    spans = list(zip(one.bounds[:-1], one.bounds[1:], strict=True))
    blocks = {(name, end - at): slice(at, end) for name, (at, end) in zip(names, spans, strict=True)}
    letters = list(one.sequence)
    for residue, (name, (at, end)) in enumerate(zip(names, spans, strict=True)):
        other, letter = ALIKE.get(name, ("", ""))
        block = blocks.get((other, end - at))
        if block is not None and dice.random() < 0.5:
            for column in ("residue_name", "atom_name", "element"):
                columns[column][at:end] = one.columns[column][block]
            letters[residue] = letter
    return "".join(letters)


def records(sources: list[Template], count: int, seed: int = 1) -> Iterator[Record]:
    """As many records as asked for, of each template as many as of any other."""
    dice = np.random.default_rng(seed)
    for number in range(count):
        one = sources[number % len(sources)]
        columns = {name: column.copy() for name, column in one.columns.items()}
        columns["coords"] = moved(columns["coords"], dice)
        noise = np.repeat(dice.integers(-30, 31, len(one.bounds) - 1) / 100, np.diff(one.bounds))
        columns["b_factor"] = np.clip(np.round(columns["b_factor"] + noise, 2), 0, 100).astype(np.float32)
        sequence = relabelled(one, columns, dice)
        confidence = round(float(columns["b_factor"][one.bounds[:-1]].mean()) / 100, 6)
        metadata = {"model": f"model{number % 7}", "confidence": confidence, "organism": f"organism {number % 8}"}
        created = START + dt.timedelta(seconds=int(dice.integers(2 * 365 * 86_400)))
        yield Record(f"p{dice.integers(1 << 40):010x}{number:06d}", sequence, metadata, created, columns)
