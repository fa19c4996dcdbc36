"""Paths, folders, globs, archives and streams to the predictions in them, in a fixed order.

::

    "run/"            everything below it, sorted; hidden files and folders left out
    "run/*.pdb"       what matches, sorted, with the companions that lie beside
    "run.tar.gz"      its members; also .zip, and archives within a folder
    "model.cif"       itself, whatever its suffix, with its companions
    sys.stdin.buffer  an archive or a structure, whichever the bytes say

A file that is no structure by its name is told with the reason rather than dropped.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice
from pathlib import PurePath
from typing import Any

from ..errors import ValidationError
from .archive import Ahead, Readable, looks_packed, open_archive
from .bundle import Bundle, bundles
from .names import is_archive, plain_name
from .trees import DiskTree, Found

__all__ = ["Source", "discover"]

Source = str | os.PathLike[str] | Readable

_STREAM = "stream"
"""What a stream without a name is called."""

_TOGETHER = 4096
"""Files that were named one by one and are looked at together."""


def discover(paths: Source | Iterable[Source]) -> Iterator[Bundle | Found]:
    """Every prediction that `paths` stands for, and every file that is none.

    Parameters
    ----------
    paths : path, open binary file, or iterable of these
        Files, folders, globs (`*`, `?`, `[...]`, `**`), archives; streams are read once, to their end.

    Raises
    ------
    ValidationError
        `paths` is none of these, or names what does not exist. A sequence is checked before its first file is given.
    """
    single = isinstance(paths, str | os.PathLike) or hasattr(paths, "read")
    several: Any = [paths] if single else paths
    if isinstance(several, bytes) or not isinstance(several, Iterable):
        raise ValidationError(f"paths {paths!r:.80}: a path, folder, glob, open file or an iterable of them is needed")
    # What a sequence names is looked up first, so that a slip in a name costs no time.
    known = [(path, _matches(path)) for path in several] if isinstance(several, Sequence) else None
    return _all(known if known is not None else ((path, _matches(path)) for path in several))


def _matches(path: Any) -> list[str] | None:
    """What a glob matches; None for a path or a stream."""
    if hasattr(path, "read"):
        return None
    if not isinstance(path, str | os.PathLike):
        raise ValidationError(f"paths: {path!r:.80} is no path; a str, os.PathLike or open binary file is needed")
    name = os.fspath(path)
    if os.path.lexists(name):
        return None
    if not glob.has_magic(name):
        raise ValidationError(f"paths: {name}: no such file or folder")
    matches = sorted(glob.glob(name, recursive=True))
    if not matches:
        raise ValidationError(f"paths: {name}: no file matches this pattern")
    return matches


def _all(several: Iterable[tuple[Source, list[str] | None]]) -> Iterator[Bundle | Found]:
    # Files of one folder are looked at together, so that they find their companions with one listing of it.
    for (kind, folder), group in groupby(_named(several), key=lambda item: item[:2]):
        things = (thing for _, _, thing in group)
        while kind == "file" and (names := list(islice(things, _TOGETHER))):
            yield from _tree(DiskTree(folder, ""), names)
        for thing in things:
            if kind == "stream":
                yield from _stream(thing)
            elif kind == "archive":
                yield from _archive(thing)
            else:
                yield from _folder(thing)


def _named(several: Iterable[tuple[Source, list[str] | None]]) -> Iterator[tuple[str, str, Any]]:
    """What each thing is: (`stream`, `archive`, `folder` or `file`, the folder of a file, the thing)."""
    for path, matches in several:
        if not isinstance(path, str | os.PathLike):
            yield "stream", "", path
            continue
        for name in [os.fspath(path)] if matches is None else matches:
            if os.path.isdir(name):
                yield "folder", "", name
            elif is_archive(name):
                yield "archive", "", name
            else:
                head, tail = os.path.split(name)
                yield "file", head, tail


def _folder(folder: str) -> Iterator[Bundle | Found]:
    yield from _tree(DiskTree(folder, PurePath(os.path.abspath(folder)).name), None)


def _tree(tree: DiskTree, asked: Sequence[str] | None) -> Iterator[Bundle | Found]:
    for item in bundles(tree, asked):
        if isinstance(item, Found) and asked is None and is_archive(item.name):
            yield from _archive(item.name)
        else:
            yield item
    yield from tree.unreadable


def _archive(path: str, stream: Readable | None = None) -> Iterator[Bundle | Found]:
    stem = plain_name(PurePath(path).name)
    tree = open_archive(path, PurePath(stem).stem or stem, stream)
    yield from bundles(tree)
    yield from tree.unreadable


def _stream(stream: Readable) -> Iterator[Bundle | Found]:
    given = getattr(stream, "name", None)
    name = given if isinstance(given, str) else _STREAM
    ahead = Ahead(stream)
    if looks_packed(ahead):
        yield from _archive(name, ahead)
        return
    data = ahead.read()
    yield Bundle(Found(name, PurePath(name), PurePath(name).name, len(data), 0.0, lambda: data))
