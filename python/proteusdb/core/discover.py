"""Paths, folders, globs and tar archives to the files in them, in a fixed order.

::

    "run/"            every file below it, sorted; hidden files and folders left out
    "run/*.pdb"       what matches, sorted
    "run.tar.gz"      its members, in their order
    "model.cif"       itself, whatever its suffix

A file that is no structure by its name is told with the reason rather than dropped. Pickles (and PyTorch's `.pt`, which
are pickles) can run any code when opened, so they are never opened.
"""

from __future__ import annotations

import glob
import os
import tarfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from ..errors import ValidationError
from .complete import TEMPORARY

__all__ = ["Found", "discover", "stem_of"]

STRUCTURES = (".pdb", ".ent", ".cif", ".mmcif", ".bcif")
COMPRESSIONS = (".gz", ".bz2", ".zst", ".xz")
_TARS = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
_PICKLES = (".pkl", ".pickle", ".pt", ".pth", ".ckpt")
_COMPANIONS = (".json", ".npz", ".npy")

Paths = str | os.PathLike[str]


@dataclass(slots=True)
class Found:
    """A file.

    Attributes
    ----------
    name : str
        Path as given or found; `archive.tar::member` within an archive.
    size : int
        Bytes.
    mtime : float
        Seconds since 1970.
    data : bytes or None
        Its bytes where they were read already.
    problem : (kind, reason) or None
        Why it is not loaded: kind is `skipped`, `pending` or `failed`.
    """

    name: str
    size: int = 0
    mtime: float = 0.0
    data: bytes | None = None
    problem: tuple[str, str] | None = None

    @property
    def path(self) -> PurePath:
        """The path within the file system or the archive."""
        return PurePath(self.name.rpartition("::")[2])


def stem_of(path: PurePath) -> str:
    """A file's name without the suffixes of structure files and compression: `rank_1.pdb.gz` -> `rank_1`."""
    name = path.name
    for suffixes in (COMPRESSIONS, STRUCTURES):
        shorter = next((name[: -len(end)] for end in suffixes if name.lower().endswith(end)), name)
        name = shorter or name
    return name


def discover(paths: Paths | Iterable[Paths]) -> Iterator[Found]:
    """Every file that `paths` stands for.

    Parameters
    ----------
    paths : path or iterable of paths
        Files, folders, globs (`*`, `?`, `[...]`, `**`), tar archives.

    Raises
    ------
    ValidationError
        `paths` is none of these, or names what does not exist. A sequence is checked before its first file is given.
    """
    several: Any = [paths] if isinstance(paths, str | os.PathLike) else paths
    if isinstance(several, bytes) or not isinstance(several, Iterable):
        raise ValidationError(f"paths {paths!r:.80}: a path, folder, glob or an iterable of them is needed")
    # What a sequence names is looked up first, so that a slip in a name costs no time.
    known = [(path, _matches(path)) for path in several] if isinstance(several, Sequence) else None
    return _files(known if known is not None else ((path, _matches(path)) for path in several))


def _matches(path: Any) -> list[str] | None:
    """What a glob matches; None for a path."""
    if not isinstance(path, str | os.PathLike):
        raise ValidationError(f"paths: {path!r:.80} is no path; a str or os.PathLike is needed")
    name = os.fspath(path)
    if os.path.lexists(name):
        return None
    if not glob.has_magic(name):
        raise ValidationError(f"paths: {name}: no such file or folder")
    matches = sorted(glob.glob(name, recursive=True))
    if not matches:
        raise ValidationError(f"paths: {name}: no file matches this pattern")
    return matches


def _files(several: Iterable[tuple[Paths, list[str] | None]]) -> Iterator[Found]:
    for path, matches in several:
        for name in [os.fspath(path)] if matches is None else matches:
            yield from _folder(name) if os.path.isdir(name) else _file(name, asked=matches is None)


def _folder(folder: str) -> Iterator[Found]:
    def unreadable(error: OSError) -> None:
        problems.append(Found(str(error.filename), problem=("failed", f"cannot be listed: {error.strerror}")))

    problems: list[Found] = []
    for here, folders, files in os.walk(folder, onerror=unreadable):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith("."):
                yield from _file(os.path.join(here, name), asked=False)
    yield from problems


def _file(path: str, *, asked: bool) -> Iterator[Found]:
    if path.lower().endswith(_TARS):
        yield from _archive(path)
        return
    problem = _unwanted(path, asked=asked)
    if problem is not None:
        yield Found(path, problem=problem)
        return
    try:
        status = os.stat(path)
    except OSError as error:
        yield Found(path, problem=("failed", f"cannot be read: {error.strerror}"))
        return
    yield Found(path, size=status.st_size, mtime=status.st_mtime)


def _archive(path: str) -> Iterator[Found]:
    try:
        with tarfile.open(path, "r|*") as archive:
            for member in archive:
                if not member.isfile() or PurePath(member.name).name.startswith("."):
                    continue
                name = f"{path}::{member.name}"
                problem = _unwanted(member.name, asked=False)
                if problem is not None:
                    yield Found(name, problem=problem)
                    continue
                stream = archive.extractfile(member)
                data = b"" if stream is None else stream.read()
                yield Found(name, size=len(data), mtime=float(member.mtime), data=data)
    except (tarfile.TarError, OSError, EOFError, ValueError) as error:
        # The members before the fault were given out; they are whole.
        kind = "pending" if "unexpected end" in str(error) or isinstance(error, EOFError) else "failed"
        yield Found(path, problem=(kind, f"archive cannot be read to its end: {error}"))


def _unwanted(path: str, *, asked: bool) -> tuple[str, str] | None:
    name = path.lower()
    plain = next((name[: -len(end)] for end in COMPRESSIONS if name.endswith(end)), name)
    if plain.endswith(_PICKLES):
        return ("skipped", "a pickle may run code when it is opened, so it is never unpickled")
    if plain.endswith(TEMPORARY):
        return ("pending", "its name says that it is still being written")
    if asked or plain.endswith(STRUCTURES):
        return None
    if plain.endswith(_COMPANIONS):
        return ("skipped", "companion files are not loaded by this version; store their arrays with arrays=")
    return ("skipped", f"no structure file by its name; loaded are {' '.join(STRUCTURES)}, also compressed")
