"""Archives as trees: tar, compressed tar, zip, from a file or a stream.

::

    run.tar, run.zip         read where they are: each member when it is wanted
    run.tar.gz, a stream     what is wanted of them is unpacked into one unnamed temporary file first, since companions
                             may come long before or after their structure

Invariants: nothing is written but that temporary file, and no member's name is used as a path; what is neither a
structure nor a companion is not unpacked; a member is at most 1 GiB; an archive that ends early gives the whole members
it has.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import tempfile
import threading
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import PurePath
from typing import Any, BinaryIO, Protocol

from ..errors import ValidationError
from .names import is_companion, is_structure, unwanted
from .trees import Found, Listing

__all__ = ["Ahead", "ArchiveTree", "Readable", "looks_packed", "open_archive"]

_MAX_MEMBER = 1 << 30
_MAX_RATIO = 200
"""Of unpacked to packed bytes of a large member; printed numbers reach about 20, zeros without end a thousand."""
_CHUNK = 1 << 20
_FAULTS = (tarfile.TarError, zipfile.BadZipFile, OSError, EOFError, ValueError, lzma.LZMAError, zlib.error)


class Readable(Protocol):
    """An open binary file, pipe or socket."""

    def read(self, size: int = -1, /) -> bytes:
        """At most `size` bytes; none at the end."""


class Ahead:
    """A stream whose beginning can be looked at before it is read."""

    def __init__(self, stream: Readable) -> None:
        self._stream = stream
        self._head = b""

    def peek(self, size: int) -> bytes:
        """The next `size` bytes, fewer only at the end."""
        while len(self._head) < size:
            more = self._stream.read(size - len(self._head))
            if not isinstance(more, bytes):
                raise ValidationError(f"paths: {self._stream!r:.80} gives text; open it in binary mode")
            if not more:
                break
            self._head += more
        return self._head[:size]

    def read(self, size: int = -1) -> bytes:
        """As of any binary file."""
        if size is None or size < 0:
            head, self._head = self._head, b""
            return head + self._stream.read()
        head, self._head = self._head[:size], self._head[size:]
        return head or self._stream.read(size)


class _Store:
    """A file with the bytes of members, read from any thread; closed with the last member that refers to it."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self._lock = threading.Lock()

    def read(self, offset: int, size: int) -> bytes:
        with self._lock:
            self.file.seek(offset)
            data = self.file.read(size)
        if len(data) != size:
            raise ValidationError(
                f"{size} bytes are needed, {len(data)} are there: the archive changed while it was read"
            )
        return data

    def __del__(self) -> None:
        self.file.close()


class ArchiveTree:
    """The members of an archive.

    Parameters
    ----------
    name : str
        The archive, for messages.
    stem : str
        What stands for the folder of members that lie in none.
    """

    def __init__(self, name: str, stem: str) -> None:
        self._name = name
        self._stem = stem
        self._folders: dict[str, dict[str, Found]] = {"": {}}
        self._below: dict[str, set[str]] = {"": set()}
        self.unreadable: list[Found] = []

    def listing(self, folder: str) -> Listing:
        """See `Tree`."""
        return Listing(sorted(self._folders.get(folder, ())), sorted(self._below.get(folder, ())))

    def path(self, folder: str, name: str) -> PurePath:
        """See `Tree`."""
        return self._folders[folder][name].path

    def found(self, folder: str, name: str) -> Found:
        """See `Tree`."""
        return self._folders[folder][name]

    def add(
        self, member: str, size: int, mtime: float, reader: Callable[[], bytes] | None, *, bomb: bool = False
    ) -> None:
        """Puts a member where its name says; one that comes twice counts as it came last."""
        parts = [part for part in member.replace("\\", "/").split("/") if part not in ("", ".", "..")]
        if not parts or any(part.startswith(".") or part == "__MACOSX" for part in parts):
            return
        path = PurePath(*(parts if len(parts) > 1 else [self._stem, *parts]))
        found = Found(f"{self._name}::{member}", path, "/".join(parts), size, mtime, reader)
        if size > _MAX_MEMBER:
            found.problem = ("failed", f"it has {size} bytes; at most {_MAX_MEMBER} are read from an archive")
        elif bomb:
            found.problem = ("failed", f"it would grow to {size} bytes, more than {_MAX_RATIO} times what is packed")
        folder = "/".join(parts[:-1])
        self._folders.setdefault(folder, {})[parts[-1]] = found
        for depth in range(len(parts) - 1):
            self._below.setdefault("/".join(parts[:depth]), set()).add(parts[depth])

    def broken(self, error: BaseException) -> None:
        """Notes that the archive could not be read to its end; the members before are whole."""
        early = isinstance(error, EOFError) or "unexpected end" in str(error) or "end-of-stream" in str(error)
        kind = "pending" if early else "failed"
        reason = f"archive cannot be read to its end: {error}"
        self.unreadable.append(Found(self._name, PurePath(self._name), problem=(kind, reason)))


def open_archive(name: str, stem: str, stream: Readable | None = None) -> ArchiveTree:
    """An archive's members.

    Parameters
    ----------
    name : str
        Its path, or what to call the stream.
    stem : str
        Its name without suffix.
    stream : Readable, optional
        What to read instead of the path.
    """
    tree = ArchiveTree(name, stem)
    try:
        if stream is not None:
            _unpack(tree, Ahead(stream))
            return tree
        with open(name, "rb") as file:
            head = file.read(512)
        if head.startswith(b"PK"):
            _zip(tree, _Store(open(name, "rb")))  # noqa: SIM115
        elif _is_tar(head):
            _tar_in_place(tree, name)
        else:
            with open(name, "rb") as file:
                _unpack(tree, Ahead(file))
    except _FAULTS as error:
        tree.broken(error)
    return tree


def looks_packed(stream: Ahead) -> bool:
    """Whether a stream is an archive; nothing of it is consumed."""
    head = stream.peek(512)
    if head.startswith(b"PK\x03\x04") or _is_tar(head):
        return True
    if _opener(head) is None:
        return False
    try:
        # What begins a compressed stream unpacks to the beginning of what is in it.
        inner = _decompressed(Ahead(io.BytesIO(stream.peek(1 << 16))))
        return _is_tar(inner.read(512))
    except _FAULTS:
        return False


def _unpack(tree: ArchiveTree, stream: Ahead) -> None:
    store = _Store(tempfile.TemporaryFile(prefix="proteusdb-"))  # noqa: SIM115
    if stream.peek(2) == b"PK":
        while chunk := stream.read(_CHUNK):
            store.file.write(chunk)
        _zip(tree, store)
        return
    with tarfile.open(fileobj=_decompressed(stream), mode="r|") as archive:
        for member in _members(archive):
            if not _wanted(member.name) or member.size > _MAX_MEMBER:
                tree.add(member.name, member.size, float(member.mtime), None)
                continue
            offset = store.file.seek(0, io.SEEK_END)
            source = archive.extractfile(member)
            while source is not None and (chunk := source.read(_CHUNK)):
                store.file.write(chunk)
            _add(tree, member, store, offset)


def _tar_in_place(tree: ArchiveTree, path: str) -> None:
    store = _Store(open(path, "rb"))  # noqa: SIM115
    end = store.file.seek(0, io.SEEK_END)
    with tarfile.open(path, "r:") as archive:
        for member in _members(archive):
            if member.offset_data + member.size <= end:
                _add(tree, member, store, member.offset_data)


def _add(tree: ArchiveTree, member: tarfile.TarInfo, store: _Store, offset: int) -> None:
    size = member.size
    tree.add(member.name, size, float(member.mtime), lambda: store.read(offset, size))


def _members(archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    for member in archive:
        # tarfile would keep every member it has seen.
        archive.members = []  # type: ignore[attr-defined]
        if member.isreg() and not member.issparse():
            yield member


def _zip(tree: ArchiveTree, store: _Store) -> None:
    archive = zipfile.ZipFile(store.file)

    def reader(info: zipfile.ZipInfo) -> Callable[[], bytes]:
        def read() -> bytes:
            try:
                # The store is named so that its file stays open as long as this member may be read.
                return archive.read(info) if store is not None else b""
            except (*_FAULTS, RuntimeError, NotImplementedError) as error:
                raise ValidationError(f"{tree._name}::{info.filename}: cannot be unpacked: {error}") from None

        return read

    for info in archive.infolist():
        if not info.is_dir():
            bomb = info.file_size > (64 << 20) and info.file_size > _MAX_RATIO * info.compress_size
            tree.add(info.filename, info.file_size, _zip_time(info), reader(info), bomb=bomb)


def _zip_time(info: zipfile.ZipInfo) -> float:
    """A zip archive has local time without a zone; it is taken for UTC, so that it is the same everywhere."""
    import calendar

    try:
        return float(calendar.timegm((*info.date_time, 0, 0, 0)))
    except (ValueError, OverflowError):
        return 0.0


def _wanted(name: str) -> bool:
    return unwanted(name) is None and (is_structure(name) or is_companion(name))


def _is_tar(head: bytes) -> bool:
    try:
        tarfile.TarInfo.frombuf(head, "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


def _decompressed(stream: Ahead) -> Any:
    opener = _opener(stream.peek(6))
    return stream if opener is None else opener(stream)


def _opener(head: bytes) -> Callable[[Any], Any] | None:
    if head.startswith(b"\x1f\x8b"):
        return lambda stream: gzip.GzipFile(fileobj=stream)
    if head.startswith(b"BZh"):
        return bz2.BZ2File
    if head.startswith(b"\xfd7zXZ\x00"):
        return lzma.LZMAFile
    if head.startswith(b"\x28\xb5\x2f\xfd"):
        return _zstd
    return None


def _zstd(stream: Any) -> Any:
    try:
        from compression import zstd  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        from backports import zstd
    return zstd.ZstdFile(stream)
