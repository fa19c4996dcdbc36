"""Which back end a file belongs to, by its first bytes.

::

    b"SQLite format 3\\0"                       "sqlite"
    page 0 of LMDB: 0xBEEFC0DE at offset 16     "lmdb"
"""

from __future__ import annotations

__all__ = ["engine_of"]

_SQLITE = b"SQLite format 3\0"
_LMDB = (0xBEEFC0DE).to_bytes(4, "little")


def engine_of(path: str) -> str | None:
    """`"lmdb"`, `"sqlite"`, or `None` where there is no file, or one of neither."""
    try:
        with open(path, "rb") as file:
            head = file.read(32)
    except OSError:
        return None
    if head.startswith(_SQLITE):
        return "sqlite"
    return "lmdb" if head[16:20] == _LMDB else None
