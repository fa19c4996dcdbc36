"""A file that a command writes: the whole of it or nothing."""

import os
import tempfile
from pathlib import Path

__all__ = ["replace_file"]


def replace_file(path: Path, data: bytes) -> None:
    """Write the whole file or nothing: under a temporary name beside it, then renamed over it."""
    if path.exists() and not path.is_file():  # a device or a pipe: there is nothing to rename over
        path.write_bytes(data)
        return
    folder = path.parent
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def _umask() -> int:
    """The process' umask, which can only be read by setting it; a command has one thread here."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
