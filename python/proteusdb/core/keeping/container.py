"""One file that proves itself: a tar archive whose last members are a manifest and its checksum.

::

    proteusdb-archive-1   what this is, for people
    ...                   members
    manifest.msgpack      what it holds; XXH3-128 of every byte before this member's header
    manifest.xxh128       XXH3-128 of the manifest, as 32 hexadecimal digits

Headers are those that `header` makes and nothing stands after the last member but the tar format's zeros, so a byte
that is changed, missing or too many is found wherever it is.

Invariants: a file under its own name is complete and synced; what is being written has another name and goes when the
writing fails; an existing file is replaced only where that was asked for.
"""

from __future__ import annotations

import contextlib
import os
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, NamedTuple

from ... import _core
from ...errors import CorruptionError, StorageError, ValidationError

__all__ = ["Container", "ContainerWriter", "Member", "Watch", "is_container"]

Watch = Callable[[int, int], Any]

_BLOCK = 512
_END = bytes(2 * _BLOCK)
_KIND = "proteusdb-archive-"
_VERSION = 1
_MANIFEST, _SUM = "manifest.msgpack", "manifest.xxh128"
_ABOUT = b"""This is a backup or an archive of a proteusdb database.

    proteusdb restore FILE --db proteus.db       makes a database of it
    proteusdb verify --backup FILE               tells whether it is whole

Without the program: proteus.db, where it is a member, is the database file itself (LMDB). Other members are pairs:
NUMBER/blobs and NUMBER/records, msgpack maps that say what they are and where in the blobs their bytes lie. All of it
is described in ARCHIVE.md of the source distribution.
"""


def header(name: str, size: int) -> bytes:
    """The tar header of a member; the same for the same name and size."""
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.mtime = size, 0o644, 0
    return info.tobuf(tarfile.GNU_FORMAT)


def _padding(size: int) -> bytes:
    return bytes(-size % _BLOCK)


def _new(path: Path) -> BinaryIO:
    """A file that nobody else makes.

    Raises
    ------
    StorageError
        It cannot be written.
    """
    try:
        return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666), "r+b")
    except OSError as error:
        raise StorageError(f"{path}: it cannot be written ({error.strerror})") from error


def _alone(path: Path) -> BinaryIO:
    """A file to be written by this process alone; what a killed one left of it is overwritten.

    Raises
    ------
    StorageError
        Another is writing it, or it cannot be written.
    """
    try:
        file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o666), "r+b")
        try:
            if os.name == "posix":
                import fcntl

                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                # Its last writer may have given it its name since it was opened.
                if not os.path.samestat(os.fstat(file.fileno()), os.stat(path)):
                    raise BlockingIOError
            file.truncate(0)
        except BaseException:
            file.close()
            raise
        return file
    except (BlockingIOError, FileNotFoundError):
        raise StorageError(f"{path}: another backup is being written there; wait for it") from None
    except OSError as error:
        raise StorageError(f"{path}: it cannot be written ({error.strerror})") from error


def is_container(path: str | os.PathLike[str]) -> bool:
    """Whether a file begins as one of ours."""
    try:
        with open(path, "rb") as file:
            return file.read(len(_KIND)) == _KIND.encode()
    except OSError:
        return False


class ContainerWriter:
    """Writes a container under another name and gives it its own at the end; a context manager.

    Parameters
    ----------
    path : path
        The file to be.
    overwrite : bool
        Whether a file that is there may be replaced.
    unique : bool
        Whether the name is one that no other writer has, now or later; no lock is needed then.

    Raises
    ------
    StorageError
        The path cannot be written, or is taken.
    """

    def __init__(self, path: str | os.PathLike[str], *, overwrite: bool, unique: bool = False) -> None:
        self.path = Path(os.path.abspath(os.fspath(path)))
        self.partial = self.path.with_name(f".{self.path.name}.partial")
        self._renames = overwrite or unique
        if self.path.is_dir():
            raise StorageError(f"{self.path}: it is a folder; name a file, such as {self.path.name}/proteus.backup")
        if self.path.exists() and not overwrite:
            raise StorageError(f"{self.path}: it exists; choose another name, or overwrite=True replaces it")
        if not self.path.parent.is_dir():
            raise StorageError(f"{self.path}: there is no folder {self.path.parent}")
        self._file = _new(self.partial) if unique else _alone(self.partial)
        self._open: tuple[str, int] | None = None
        self._put(header(f"{_KIND}{_VERSION}", len(_ABOUT)) + _ABOUT + _padding(len(_ABOUT)))

    def _put(self, data: bytes | bytearray) -> None:
        self._file.write(data)

    def add(self, name: str, data: bytes | bytearray) -> None:
        """Writes a member."""
        self._put(header(name, len(data)))
        self._put(data)
        self._put(_padding(len(data)))

    def begin(self, name: str) -> int:
        """Leaves room for the header of a member that another hand writes into `partial`; where it is to begin."""
        self._file.flush()
        self._open = (name, self._file.tell())
        return self._open[1] + _BLOCK

    def end(self, size: int) -> None:
        """The member that was begun has so many bytes."""
        assert self._open is not None
        name, at = self._open
        self._file.seek(at)
        self._put(header(name, size))
        self._file.seek(at + _BLOCK + size)
        self._put(_padding(size))

    def finish(self, manifest: Mapping[str, Any], watch: Watch | None = None) -> int:
        """Writes the manifest and gives the file its name.

        Parameters
        ----------
        manifest : mapping
            What is in the file; `digest` is added.
        watch : callable, optional
            Told of bytes read while the checksum is made.

        Returns
        -------
        int
            Bytes of the file.
        """
        self._file.flush()
        stop = self._file.tell()
        data = _core.pack({**manifest, "digest": _core.digest_file(str(self.partial), 0, stop, watch)})
        self.add(_MANIFEST, data)
        self.add(_SUM, _core.digest(data).encode())
        self._put(_END)
        self._file.flush()
        os.fsync(self._file.fileno())
        size = self._file.tell()
        self._name()
        self._file.close()
        return size

    def _name(self) -> None:
        if self._renames:
            os.replace(self.partial, self.path)
        else:
            try:
                os.link(self.partial, self.path)
            except FileExistsError:
                raise StorageError(f"{self.path}: it was made by another meanwhile; choose another name") from None
            except OSError:
                # A file system without links.
                os.rename(self.partial, self.path)
            else:
                os.unlink(self.partial)
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def __enter__(self) -> ContainerWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._file.closed:
            # While it is locked: nobody else has begun one of this name.
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.partial)
            with contextlib.suppress(OSError):
                self._file.close()
        if isinstance(error, OSError) and not isinstance(error, StorageError):
            reason = error.strerror or str(error)
            raise StorageError(f"{self.path}: it could not be written ({reason}); nothing of it was kept") from error


class Member(NamedTuple):
    """A member's bytes: from `start` to `stop` of the file."""

    start: int
    stop: int


class Container:
    """A container that was opened; its members in order.

    Parameters
    ----------
    path : path
        The file.

    Attributes
    ----------
    manifest : dict
        What the file says it holds.
    identity : str
        The checksum of the manifest: what an incremental backup knows its base by.
    members : dict of str to Member
        In the order of the file.

    Raises
    ------
    ValidationError
        It is no such file.
    CorruptionError
        It is cut short, or its end is damaged.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.path.abspath(os.fspath(path))
        _check_kind(self.path)
        listed = _members(self.path)
        self.members = {info.name: Member(info.offset_data, info.offset_data + info.size) for info in listed}
        if [info.name for info in listed[-2:]] != [_MANIFEST, _SUM]:
            raise self._damaged("it has no manifest at its end; it is cut short")
        self._covered = listed[-2].offset
        data = self.read(self.members[_MANIFEST])
        self.identity = _core.digest(data)
        tail = header(_MANIFEST, len(data)) + data + _padding(len(data))
        tail += header(_SUM, 32) + self.identity.encode() + _padding(32) + _END
        if self.read(Member(self._covered, os.path.getsize(self.path))) != tail:
            raise self._damaged("its manifest or what follows it is damaged")
        (self.manifest,) = _core.unpack(data)

    def verify(self, watch: Watch | None = None) -> None:
        """Compares every byte with the checksum.

        Raises
        ------
        CorruptionError
            They differ.
        """
        if _core.digest_file(self.path, 0, self._covered, watch) != self.manifest["digest"]:
            raise self._damaged("the checksum does not fit: some of its bytes were changed")

    def read(self, member: Member) -> bytes:
        """The bytes of a member, or of a part of the file."""
        with open(self.path, "rb") as file:
            file.seek(member.start)
            data = file.read(member.stop - member.start)
        if len(data) != member.stop - member.start:
            raise self._damaged("it is cut short")
        return data

    def _damaged(self, what: str) -> CorruptionError:
        return CorruptionError(f"{self.path}: {what}; use another backup, nothing was changed")


def _check_kind(path: str) -> None:
    try:
        with open(path, "rb") as file:
            name = file.read(100).split(b"\0")[0].decode("ascii", "replace")
    except OSError as error:
        raise StorageError(f"{path}: it cannot be read ({error.strerror})") from error
    if not name.startswith(_KIND):
        raise ValidationError(
            f"{path}: it is no backup or archive of proteusdb; those are made by backup() and export()"
        )
    if name != f"{_KIND}{_VERSION}":
        raise ValidationError(
            f"{path}: it has layout {name.removeprefix(_KIND)} and this program reads {_VERSION}; use a later proteusdb"
        )


def _members(path: str) -> list[tarfile.TarInfo]:
    try:
        with tarfile.open(path, "r:") as tar:
            return tar.getmembers()
    except (tarfile.TarError, EOFError, ValueError, OverflowError, UnicodeError) as error:
        raise CorruptionError(f"{path}: it is damaged or cut short ({error}); nothing was changed") from error
