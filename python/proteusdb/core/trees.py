"""Folders of files, on disk or packed, seen the same way.

::

    Tree ─ listing("run")        the files and folders in it, sorted
         └ found("run", "x.pdb") a file: its size, its time, how to read it

Invariants: hidden files and folders are not in a tree; a file is not opened before it is read; a listing is kept only
as long as it is likely to be asked for again, so a tree of any size costs little memory.
"""

from __future__ import annotations

import os
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Protocol

from .draft import read_file

__all__ = ["DiskTree", "Found", "Listing", "Tree"]

_KEPT = 8
"""Listings that are kept: a folder's own, and those of the folders above it."""


@dataclass(slots=True)
class Found:
    """A file.

    Attributes
    ----------
    name : str
        Path as given or found; `archive.tar::member` within an archive.
    path : PurePath
        Where it lies within the file system or the archive; its folders may tell the job.
    relative : str
        Path within what was given, beginning with the name of the folder that was given.
    size : int
        Bytes.
    mtime : float
        Seconds since 1970.
    reader : callable or None
        Gives its bytes.
    problem : (kind, reason) or None
        Why it is not loaded: kind is `skipped`, `pending` or `failed`.
    """

    name: str
    path: PurePath
    relative: str = ""
    size: int = 0
    mtime: float = 0.0
    reader: Callable[[], bytes] | None = None
    problem: tuple[str, str] | None = None

    def read(self) -> bytes:
        """Its bytes.

        Raises
        ------
        ValidationError
            It cannot be read; the message names it and says why.
        """
        return b"" if self.reader is None else self.reader()


def shown(name: str) -> str:
    """A name as text: bytes that are no UTF-8 as U+FFFD, since they can be neither stored nor printed."""
    return name if name.isascii() else name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


class Listing:
    """The files and folders of one folder.

    Attributes
    ----------
    names, folders : sequence of str
        Sorted.
    """

    __slots__ = ("_known", "folders", "names")

    def __init__(self, names: Sequence[str], folders: Sequence[str]) -> None:
        self.names = names
        self.folders = folders
        self._known = frozenset(names)

    def __contains__(self, name: object) -> bool:
        return name in self._known

    def beginning(self, start: str) -> Iterator[str]:
        """The names that begin so."""
        for index in range(bisect_left(self.names, start), len(self.names)):
            if not self.names[index].startswith(start):
                return
            yield self.names[index]


class Tree(Protocol):
    """Folders of files. A folder is named by its path from the root, `""` for the root itself, parted by `/`."""

    def listing(self, folder: str) -> Listing:
        """What is in a folder; nothing where there is no such folder."""

    def path(self, folder: str, name: str) -> PurePath:
        """Where a file lies; it is not looked at."""

    def found(self, folder: str, name: str) -> Found:
        """A file of that folder's listing."""


class DiskTree:
    """A folder of the file system.

    Parameters
    ----------
    root : str
        The folder, as the caller named it.
    label : str
        What its files' relative paths begin with; `""` for nothing.
    """

    def __init__(self, root: str, label: str) -> None:
        self._root = root
        self._label = label
        self._absolute = shown(os.path.abspath(root))
        self._listings: OrderedDict[str, Listing] = OrderedDict()
        self.unreadable: list[Found] = []

    def listing(self, folder: str) -> Listing:
        """See `Tree`. A folder that cannot be listed is told in `unreadable`."""
        known = self._listings.get(folder)
        if known is None:
            known = self._listings[folder] = self._read(folder)
            while len(self._listings) > _KEPT:
                self._listings.popitem(last=False)
        self._listings.move_to_end(folder)
        return known

    def _read(self, folder: str) -> Listing:
        path = os.path.join(self._root, folder)
        names: list[str] = []
        folders: list[str] = []
        try:
            with os.scandir(path) as entries:
                for entry in entries:
                    if not entry.name.startswith("."):
                        # As os.walk does: a link to a folder is not followed, so there are no loops.
                        kind = folders if entry.is_dir(follow_symlinks=False) else names
                        if kind is folders or not entry.is_dir():
                            kind.append(entry.name)
        except FileNotFoundError:
            pass
        except OSError as error:
            self.unreadable.append(
                Found(path, PurePath(path), problem=("failed", f"cannot be listed: {error.strerror}"))
            )
        return Listing(sorted(names), sorted(folders))

    def path(self, folder: str, name: str) -> PurePath:
        """See `Tree`."""
        return PurePath(f"{self._absolute}/{shown(folder)}/{shown(name)}")

    def found(self, folder: str, name: str) -> Found:
        """See `Tree`."""
        path = os.path.join(self._root, folder, name) if folder else os.path.join(self._root, name)
        inside = "/".join(part for part in (self._label, folder, name) if part)
        found = Found(shown(path), self.path(folder, name), shown(inside), reader=lambda: read_file(path))
        try:
            status = os.stat(path)
        except OSError as error:
            found.problem = ("failed", f"cannot be read: {error.strerror}")
            return found
        found.size, found.mtime = status.st_size, status.st_mtime
        return found
