"""The files of an open database, whose place nothing that is written may take.

::

    proteus.db  proteus.db-lock  proteus.db-wal  proteus.db-shm        by any name: links are followed
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any

from ..errors import StorageError

__all__ = ["is_same", "refuse_own_files"]


def refuse_own_files(backend: Any, path: str | os.PathLike[str], what: str) -> None:
    """Raises `StorageError` where a path is the database itself or lies under its care; `what` is to be written."""
    own = getattr(backend, "path", None)
    if own is None:
        return
    if any(is_same(path, f"{own}{suffix}") for suffix in ("", "-lock", "-wal", "-shm")):
        raise StorageError(f"{os.fspath(path)}: that is the store itself; {what} needs a file of its own")


def is_same(path: str | os.PathLike[str], other: str | os.PathLike[str]) -> bool:
    """Whether both are there and are one file."""
    with suppress(OSError):
        return os.path.samefile(path, other)
    return False
