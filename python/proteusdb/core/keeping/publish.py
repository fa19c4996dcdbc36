"""One state as a file that is sealed: what `publish` does."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import Any, cast

from ...errors import StorageError
from ..progress import Callback, Meter
from ..session import Session
from .backup import watch_of

__all__ = ["PublishReport", "publish"]


@dataclass(frozen=True, slots=True)
class PublishReport:
    """A file that was published.

    Attributes
    ----------
    path : str
        The file.
    bytes : int
        Its size.
    digest : str
        The checksum that the file holds and `verify_integrity` checks, as hexadecimal digits.
    published_at : int
        When (µs since 1970).
    seconds : float
        Wall time.
    """

    path: str
    bytes: int
    digest: str
    published_at: int
    seconds: float


def publish(
    session: Session, path: str | os.PathLike[str], overwrite: bool, progress: bool | Callback | None
) -> PublishReport:
    """See `DatabaseManager.publish`."""
    started = time.monotonic()
    backend = session.outside("publish")
    if not backend.capabilities.images:
        raise StorageError(
            f"{session.url}: publish needs a database in an LMDB file, and this one is of "
            f"{backend.capabilities.name!r}; copy_to() makes one of it"
        )
    target = os.path.abspath(os.fspath(path))
    with Meter(progress, None, "publish") as meter:
        seal = cast(Any, backend).publish(target, overwrite, watch_of(meter))
    return PublishReport(target, seal["length"], seal["digest"], seal["published_at"], time.monotonic() - started)
