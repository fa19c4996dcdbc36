"""Files of predictions in a folder or a tar: structures written anew, or the files that were loaded.

::

    export("out", format="pdb")            out/<id>.pdb
    export("out.tar.gz", format="mmcif")   <id>.cif, ...
    export("out", format="original")       run_7/rank_1.pdb, run_7/rank_1_pae.json: where they lay when they were loaded

Invariants: no name leads out of the folder, whatever a record says; two files never stand under one name: what is
equal is written once, and what differs goes into a folder named by its prediction.
"""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any, Protocol
from urllib.parse import quote

from ...errors import StorageError
from ...structure import Structure
from ..prediction import Prediction
from ..session import Session

__all__ = ["is_tar", "write_mmcif", "write_original", "write_pdb"]

_TAR = {".tar": "w", ".tar.gz": "w:gz", ".tgz": "w:gz", ".tar.xz": "w:xz", ".tar.bz2": "w:bz2"}
_LONGEST = 200


def is_tar(path: str) -> bool:
    """Whether a path names a tar file."""
    return _mode(path) is not None


def write_pdb(session: Session, predictions: Iterator[Prediction], path: str) -> int:
    """A PDB file a prediction; those without a structure have none."""
    return _structures(predictions, path, ".pdb", Structure.to_pdb)


def write_mmcif(session: Session, predictions: Iterator[Prediction], path: str) -> int:
    """An mmCIF file a prediction; those without a structure have none."""
    return _structures(predictions, path, ".cif", Structure.to_mmcif)


def _structures(predictions: Iterator[Prediction], path: str, suffix: str, write: Callable[[Structure], str]) -> int:
    with _sink(path) as sink:
        number = 0
        for prediction in predictions:
            if prediction.structure is not None:
                text = write(prediction.structure)
                sink.add(_safe(prediction.prediction_id) + suffix, text.encode(), prediction.created_at)
                number += 1
    return number


def write_original(session: Session, predictions: Iterator[Prediction], path: str) -> int:
    """The files that predictions were loaded from, byte for byte, in the folders they were found in."""
    hashes: dict[str, bytes] = {}
    with _sink(path) as sink:
        for prediction in predictions:
            for name, data, time in _originals(prediction):
                digest = hashlib.sha256(data).digest()
                if hashes.setdefault(name, digest) != digest:
                    name = f"{_safe(prediction.prediction_id)}/{name}"
                    if hashes.setdefault(name, digest) != digest:
                        raise StorageError(f"prediction {prediction.prediction_id!r}: two files are called {name!r}")
                elif name in sink.names:
                    continue
                sink.add(name, data, time)
    return len(sink.names)


def _originals(prediction: Prediction) -> Iterator[tuple[str, bytes, datetime]]:
    """(place, bytes, time) of each file, and of the copies of the structure under other names."""
    source = prediction.metadata.get("source")
    source = source if isinstance(source, dict) else {}
    place = source.get("path")
    folder = PurePosixPath(place).parent if isinstance(place, str) else PurePosixPath(_safe(prediction.prediction_id))
    told = source.get("mtime")
    time = told if isinstance(told, datetime) else prediction.created_at
    for name, data in prediction.originals.items():
        yield _inside(folder / name), data, time
    names = source.get("aliases")
    copy = prediction.originals.get(source.get("name") or "")
    for alias in names if isinstance(names, list) and copy is not None else ():
        if isinstance(alias, str) and copy is not None:
            yield _inside(folder / alias), copy, time


def _inside(path: PurePosixPath) -> str:
    """A path within the folder: `..` goes up as far as there is something to leave."""
    steps: list[str] = []
    for step in path.parts:
        if step == "..":
            del steps[-1:]
        elif step not in ("/", ".", "//"):
            steps.append(step.replace("\0", "_"))
    return "/".join(steps) or "file"


def _safe(prediction_id: str) -> str:
    """An id as the name of a file, on every system: what is neither letter, digit, dot, dash nor underscore as %XX."""
    name = quote(prediction_id, safe="")
    name = name.replace(".", "%2E", 1) if name.startswith(".") else name
    if len(name) > _LONGEST:
        name = name[:_LONGEST] + "-" + hashlib.sha256(prediction_id.encode()).hexdigest()[:16]
    return name


# --- where files go ---------------------------------------------------------------------------------------------------


class _Sink(Protocol):
    names: set[str]

    def add(self, name: str, data: bytes, time: datetime) -> None: ...


class _Folder:
    """Files in a folder, which is made."""

    def __init__(self, path: str) -> None:
        self._path = path
        self.names: set[str] = set()
        os.makedirs(path, exist_ok=True)

    def add(self, name: str, data: bytes, time: datetime) -> None:
        target = os.path.join(self._path, *name.split("/"))
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "wb") as file:
            file.write(data)
        os.utime(target, (time.timestamp(), time.timestamp()))
        self.names.add(name)


class _Tar:
    """Files in a tar."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self.names: set[str] = set()

    def add(self, name: str, data: bytes, time: datetime) -> None:
        entry = tarfile.TarInfo(name)
        entry.size, entry.mtime, entry.mode = len(data), int(time.astimezone(UTC).timestamp()), 0o644
        self._tar.addfile(entry, io.BytesIO(data))
        self.names.add(name)


@contextmanager
def _sink(path: str) -> Iterator[_Sink]:
    mode: Any = _mode(path)
    if mode is None:
        yield _folder(path)
        return
    with tarfile.open(path, mode, format=tarfile.PAX_FORMAT) as tar:
        yield _Tar(tar)


def _folder(path: str) -> _Sink:
    try:
        return _Folder(path)
    except OSError as error:
        raise StorageError(f"cannot write {path}: {error.strerror or error}") from error


def _mode(path: str) -> str | None:
    # A file on its way has its name, and after it that it is one.
    name = path.rsplit(".part-", 1)[0].lower()
    return next((mode for suffix, mode in _TAR.items() if name.endswith(suffix)), None)
