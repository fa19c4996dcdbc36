"""A short trial of this machine: the same predictions in a database, and as a folder of plain files.

::

    store     records/s   `store_predictions` of PDB texts, on the disk when it ends    the texts written, not synced
    header    records/s   `get_prediction`, no structure                                (files have none)
    read      records/s   `get_prediction(...).structure`, checked                      `Structure.from_file`
    find      ms          one query by sequence and confidence                          every file read, and looked at
    size      B/residue   what the database takes of the disk                           what the files take of it

The ways take turns, in another order each round, and the median of the rounds is told. Both give the texts back byte
for byte, and are read to the same numpy columns. The files have it easier: nothing is parsed to be stored, nothing is
synced, checked or indexed.
"""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..core.manager import DatabaseManager
from ..errors import ValidationError
from ..structure import Structure
from .synthetic import synthetic_prediction

__all__ = ["Step", "Trial", "made_up", "trial"]

_FIELDS = ("sequence", "metadata", "model", "job", "seed", "sample", "rank")
_LENGTHS = (60, 400)
_ROUNDS = 3
_PATTERN, _CONFIDENCE = "*W*", 0.7

Progress = Callable[[int, int | None], None]
Measured = dict[str, float]


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a trial.

    Attributes
    ----------
    name, unit : str
        What was measured, and in what.
    database, files : float or None
        The medians; None where files have no such thing.
    """

    name: str
    unit: str
    database: float
    files: float | None


@dataclass(frozen=True, slots=True)
class Trial:
    """What was measured.

    Attributes
    ----------
    folder : str
        Where, and so on which disk.
    records, residues, rounds : int
        How much, and how often.
    steps : tuple of Step
        The lines.
    """

    folder: str
    records: int
    residues: int
    rounds: int
    steps: tuple[Step, ...]


def made_up(count: int) -> Iterator[dict[str, Any]]:
    """Records of 60 to 400 residues, the same at every call."""
    lengths = random.Random(0)
    for seed in range(count):
        yield synthetic_prediction(lengths.randint(*_LENGTHS), seed)


def trial(
    source: DatabaseManager | None = None,
    *,
    count: int = 100,
    folder: str | Path | None = None,
    progress: Progress | None = None,
) -> Trial:
    """Measures in a temporary folder, which is removed.

    Parameters
    ----------
    source : DatabaseManager, optional
        Predictions with a structure are taken from here, and nothing is written to it; else they are made up.
    count : int
        How many.
    folder : str or Path, optional
        Where the temporary folder is made: its disk is what is measured. The system's own unless given.
    progress : callable, optional
        Called with (done, total).

    Returns
    -------
    Trial
        Medians of three rounds.

    Raises
    ------
    ValidationError
        `count` is below 1, or the source has no structure.
    """
    if count < 1:
        raise ValidationError(f"count {count}: at least 1 is needed")
    cases = [_case(record) for record in (made_up(count) if source is None else _taken(source, count))]
    rounds: dict[str, list[Measured]] = {"database": [], "files": []}
    advance = progress or (lambda done, total: None)
    with tempfile.TemporaryDirectory(prefix="proteusdb-bench-", dir=folder) as place:
        for number in range(_ROUNDS):
            for name in random.sample(list(rounds), len(rounds)):
                advance(sum(map(len, rounds.values())), _ROUNDS * len(rounds))
                here = Path(place) / f"{name}-{number}"
                here.mkdir()
                rounds[name].append((_database if name == "database" else _files)(cases, here))
        where = str(Path(place).resolve().parent)
    residues = sum(case.residues for case in cases)
    return Trial(where, len(cases), residues, _ROUNDS, _steps(rounds, len(cases), residues))


def _steps(rounds: dict[str, list[Measured]], records: int, residues: int) -> tuple[Step, ...]:
    """Medians, each in the unit a person asks for."""
    units: dict[str, tuple[str, Callable[[float], float]]] = {
        "store": ("records/s", lambda seconds: records / seconds),
        "header": ("records/s", lambda seconds: records / seconds),
        "read": ("records/s", lambda seconds: records / seconds),
        "find": ("ms", lambda seconds: 1e3 * seconds),
        "size": ("B/residue", lambda size: size / residues),
    }
    steps = []
    for name, (unit, told) in units.items():
        ours, theirs = ([told(one[name]) for one in rounds[way] if name in one] for way in ("database", "files"))
        steps.append(Step(name, unit, statistics.median(ours), statistics.median(theirs) if theirs else None))
    return tuple(steps)


def _taken(source: DatabaseManager, count: int) -> Iterator[dict[str, Any]]:
    """The first predictions that have a structure."""
    ids = source.query_ids(where="structure exists", limit=count)
    if not ids:
        raise ValidationError("there is no prediction with a structure in it; leave it out, and they are made up")
    for prediction in source.iter_predictions(ids):
        yield {name: getattr(prediction, name) for name in (*_FIELDS, "structure")}


@dataclass(frozen=True, slots=True)
class _Case:
    """What both ways are given."""

    suffix: str
    text: bytes
    residues: int
    record: dict[str, Any]


def _case(record: dict[str, Any]) -> _Case:
    """The text of the structure, and its confidence said aloud: a B-factor alone need not be one."""
    structure: Structure = record["structure"]
    suffix, text = _text(structure)
    rest: dict[str, Any] = {name: record[name] for name in _FIELDS}
    if structure.plddt is not None:
        rest["metadata"] = {**rest["metadata"], "confidence": float(structure.plddt.mean()) / 100}
    return _Case(suffix, text.encode(), structure.n_residues, {**rest, "structure": text})


def _text(structure: Structure) -> tuple[str, str]:
    """Suffix and text: PDB, or mmCIF where PDB has no room for it."""
    try:
        return ".pdb", structure.to_pdb()
    except ValidationError:
        return ".cif", structure.to_mmcif()


def _database(cases: list[_Case], folder: Path) -> Measured:
    path = folder / "proteus.db"
    with DatabaseManager(database_path=path) as db:
        store, report = _timed(lambda: db.store_predictions(case.record for case in cases))
        names = random.sample(report.ids, len(report.ids))
        header, _ = _timed(lambda: [db.get_prediction(name).confidence for name in names])
        read, _ = _timed(lambda: [_columns(db.get_prediction(name).structure) for name in names])
        find, _ = _timed(lambda: db.query_ids(sequence_pattern=_PATTERN, confidence_threshold=_CONFIDENCE))
    return {"store": store, "header": header, "read": read, "find": find, "size": _on_disk([path])}


def _files(cases: list[_Case], folder: Path) -> Measured:
    paths: list[Path] = []

    def write() -> None:
        for number, case in enumerate(cases):
            paths.append(folder / f"{number}{case.suffix}")
            paths[-1].write_bytes(case.text)

    def matches(path: Path) -> bool:
        structure = Structure.from_file(path, plddt_scale=100)
        confident = structure.plddt is not None and structure.plddt.mean() >= 100 * _CONFIDENCE
        return confident and "W" in structure.sequence

    store, _ = _timed(write)
    order = random.sample(paths, len(paths))
    read, _ = _timed(lambda: [_columns(Structure.from_file(path)) for path in order])
    find, _ = _timed(lambda: [path for path in paths if matches(path)])
    return {"store": store, "read": read, "find": find, "size": _on_disk(paths)}


def _columns(structure: Structure | None) -> tuple[Any, ...]:
    """What a reader wants of it."""
    assert structure is not None
    return structure.coords, structure.atom_name, structure.residue_number, structure.b_factor


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    answer = work()
    return time.perf_counter() - start, answer


def _on_disk(paths: list[Path]) -> float:
    """Bytes that are taken; their lengths where the system does not tell."""
    stats = [path.stat() for path in paths]
    return float(sum(getattr(stat, "st_blocks", 0) * 512 or stat.st_size for stat in stats))
