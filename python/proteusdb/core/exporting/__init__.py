"""Predictions in formats that other programs read.

::

    parquet  csv  jsonl       a row a prediction                    rows
    fasta                     sequences                             rows
    sql                       statements that fill any SQL database statements
    pdb  mmcif                a file a structure, in a folder or a tar          files
    original                  the files that were loaded, where they were       files

Nothing is half-written: a file or folder is made beside its place and renamed; a folder that is there is empty before,
and what goes into it is made in a hidden one inside.

Invariants: predictions come in id order, or in that of `order_by`; memory is bounded whatever their number.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ...errors import StorageError
from ..config import one_of
from ..copying import criteria_of
from ..own_files import refuse_own_files
from ..prediction import Prediction
from ..progress import Meter
from ..session import Session
from ..stream import iter_predictions
from . import files, rows, statements

__all__ = ["FORMATS", "ExportReport", "export"]

Writer = Callable[[Session, Iterator[Prediction], str], int]
"""(session, predictions, path) to the number of files; what is at the path is new."""


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What an export wrote.

    Attributes
    ----------
    path : str
        Where.
    format : str
        How.
    predictions, files : int
        How many.
    bytes : int
        Of all files.
    seconds : float
        Wall time.
    """

    path: str
    format: str
    predictions: int
    files: int
    bytes: int
    seconds: float


@dataclass(frozen=True, slots=True)
class _Format:
    write: Writer
    fields: tuple[str, ...]
    """What is decoded ahead."""
    folder: bool = False
    """Whether a path that names no tar file is a folder."""


_COLUMNS = ("sequence", "metadata")

FORMATS: dict[str, _Format] = {
    "parquet": _Format(rows.write_parquet, _COLUMNS),
    "csv": _Format(rows.write_csv, _COLUMNS),
    "jsonl": _Format(rows.write_jsonl, _COLUMNS),
    "fasta": _Format(rows.write_fasta, _COLUMNS),
    "sql": _Format(statements.write_sql, _COLUMNS),
    "pdb": _Format(files.write_pdb, ("structure",), folder=True),
    "mmcif": _Format(files.write_mmcif, ("structure",), folder=True),
    "original": _Format(files.write_original, ("originals",), folder=True),
}


def export(
    session: Session, path: str | os.PathLike[str], format: str, where: Any, overwrite: bool, progress: Any
) -> ExportReport:
    """See `DatabaseManager.export`."""
    one_of("format", format, ("archive", *FORMATS))
    chosen = FORMATS[format]
    backend = session.outside("export")
    criteria = criteria_of(where)
    place = os.fspath(path)
    folder = chosen.folder and not files.is_tar(place)
    _check_place(place, overwrite, folder)
    refuse_own_files(backend, place, "an export")
    started = time.monotonic()
    total = backend.count({name: value for name, value in criteria.items() if name not in ("limit", "offset")}, None)
    with Meter(progress, total, "exporting") as meter:
        counted = _Counted(iter_predictions(session, None, chosen.fields, None, criteria), meter)
        settle = _folder if folder else _beside
        number, size = settle(place, lambda new: chosen.write(session, iter(counted), new))
    return ExportReport(place, format, counted.number, number, size, time.monotonic() - started)


class _Counted:
    """Predictions that are counted as they pass."""

    def __init__(self, predictions: Iterator[Prediction], meter: Meter) -> None:
        self._predictions = predictions
        self._meter = meter
        self.number = 0

    def __iter__(self) -> Iterator[Prediction]:
        for prediction in self._predictions:
            yield prediction
            self.number += 1
            self._meter.advance(1)


def _check_place(place: str, overwrite: bool, folder: bool) -> None:
    parent = os.path.dirname(os.path.abspath(place))
    if not os.path.isdir(parent):
        raise StorageError(f"cannot write {place}: the folder {parent} does not exist")
    if folder:
        if os.path.exists(place) and (not os.path.isdir(place) or os.listdir(place)):
            raise StorageError(f"cannot write {place}: it is there already; name a new or an empty folder")
    elif os.path.isdir(place) or (os.path.exists(place) and not overwrite):
        raise StorageError(f"cannot write {place}: it is there already; name a new file, or use overwrite=True")


def _beside(place: str, write: Callable[[str], int]) -> tuple[int, int]:
    """Writes a file under another name and renames it when it is whole and on the disk."""
    new = f"{place}.part-{os.getpid()}"
    try:
        number = write(new)
        with open(new, "rb+") as file:
            os.fsync(file.fileno())
        size = os.path.getsize(new)
        os.replace(new, place)
    except OSError as error:
        raise StorageError(f"cannot write {place}: {error.strerror or error}") from error
    finally:
        if os.path.exists(new):
            os.unlink(new)
    return number, size


def _folder(place: str, write: Callable[[str], int]) -> tuple[int, int]:
    """Writes a folder under another name and renames it, or its entries, when it is whole."""
    there = os.path.isdir(place)
    new = os.path.join(place, f".part-{os.getpid()}") if there else f"{place.rstrip(os.sep)}.part-{os.getpid()}"
    try:
        number = write(new)
        size = sum(os.path.getsize(os.path.join(top, name)) for top, _, names in os.walk(new) for name in names)
        if there:
            for name in os.listdir(new):
                os.rename(os.path.join(new, name), os.path.join(place, name))
        else:
            os.rename(new, place)
    except OSError as error:
        raise StorageError(f"cannot write {place}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return number, size
