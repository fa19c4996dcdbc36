"""Where the C interface lies: a header, and a shared library that needs no Python.

::

    cc reader.c -I "$(python -m proteusdb.capi --include)" "$(python -m proteusdb.capi --library)" -o reader

The functions are described in `proteusdb.h`. In Python itself there is no use for it: `DatabaseManager` reads the same
files, and one process must not open a file by both.
"""

from __future__ import annotations

from pathlib import Path

from ..errors import StorageError

__all__ = ["include", "library"]

_INCLUDE = Path(__file__).parent / "include"
_LIBRARIES = Path(__file__).parent / "lib"
_NAMES = ("libproteusdb.so", "libproteusdb.dylib", "proteusdb.dll")


def include() -> Path:
    """The folder that holds `proteusdb.h`."""
    return _INCLUDE


def library() -> Path:
    """The shared library.

    Raises
    ------
    StorageError
        This installation was built without it.
    """
    for name in _NAMES:
        if (_LIBRARIES / name).exists():
            return _LIBRARIES / name
    raise StorageError(
        f"{_LIBRARIES} holds none of {', '.join(_NAMES)}: install the wheel, or build with `make` in the sources"
    )
