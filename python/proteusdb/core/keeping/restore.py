"""Backups and archives into a database.

::

    restore(path)   full <- incremental <- ... <- path     every byte verified, then built beside the store, then put in
                                                           its place in one piece
    load(path)      an archive or backup of records into a store that goes on; what is there already is passed over

An incremental backup names its base, which must lie beside it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

from ...backends.base import Change, Historian
from ...errors import ConnectionError, CorruptionError, StorageError, ValidationError
from ..progress import Callback, Meter
from ..session import Session
from .backup import watch_of
from .container import Container
from .records import read_changes

__all__ = ["RestoreReport", "load_archive", "restore", "take_all"]

_BATCH_BYTES, _BATCH = 16 << 20, 500
"""Of one transaction."""


@dataclass(frozen=True, slots=True)
class RestoreReport:
    """What was restored or imported.

    Attributes
    ----------
    files : tuple of str
        The files that were read, the first of them full.
    predictions : int
        Current predictions there are now.
    imported : int
        Versions, models and analyses that came from records and were not there yet.
    seconds : float
        Wall time.
    """

    files: tuple[str, ...]
    predictions: int
    imported: int
    seconds: float


def restore(
    session: Session,
    path: str | os.PathLike[str],
    overwrite: bool,
    progress: bool | Callback | None,
    any_schema: bool = False,
) -> RestoreReport:
    """See `DatabaseManager.restore`."""
    started = time.monotonic()
    session.check_writable()
    backend = session.with_history("restore")
    files = _chain(path)
    _refuse_spooled(files[0])
    _check_room(session, backend, overwrite)
    with Meter(progress, None, "verifying") as meter:
        for file in files:
            file.verify(watch_of(meter))
    image = _image(backend, files[0], any_schema or len(files) > 1)
    imported = 0

    def fill(empty: Any) -> None:
        nonlocal imported
        rest = files[1:] if image else files
        if image and rest:
            # What changed since can be told from some schema on; the backup itself stays as it is.
            empty.migrate(_latest(empty), allow_loss=False, by="restore")
        imported = take_all(empty, chain.from_iterable(map(read_changes, rest)), fresh=True, meter=meter)

    with Meter(progress, None, "restoring") as meter:
        backend.replaced(fill, image)
    session.forget_models()
    return RestoreReport(
        tuple(file.path for file in files), backend.count({}, None), imported, time.monotonic() - started
    )


def _latest(backend: Any) -> int:
    from ..migration import latest_schema

    return latest_schema(backend)


def _chain(path: str | os.PathLike[str]) -> list[Container]:
    """The backup, after those it was built on."""
    files = [Container(path)]
    while files[0].manifest["kind"] == "incremental":
        base = files[0].manifest["base"]
        place = os.path.join(os.path.dirname(files[0].path), base["name"])
        if not os.path.isfile(place):
            raise StorageError(f"{files[0].path}: its base {base['name']} does not lie beside it; put it there")
        found = Container(place)
        if found.identity != base["identity"]:
            raise StorageError(f"{files[0].path}: {place} is not the backup it was built on, though it has its name")
        files.insert(0, found)
    return files


def _refuse_spooled(file: Container) -> None:
    if file.manifest["kind"] == "spool":
        raise ValidationError(f"{file.path}: it is an archive of a spool; load_files() takes it, and its whole folder")


def _check_room(session: Session, backend: Historian, overwrite: bool) -> None:
    if overwrite:
        # What it holds may be too damaged to be counted.
        return
    stats = backend.stats()
    if stats["versions"] or stats["models"]:
        raise StorageError(
            f"{session.url} holds {stats['predictions']} predictions; overwrite=True replaces them, nothing was changed"
        )


def _image(backend: Historian, full: Container, any_schema: bool) -> tuple[str, int, int] | None:
    if not full.manifest["image"]:
        return None
    if not backend.capabilities.images:
        raise ValidationError(
            f"{full.path}: it holds the file of an embedded store, and this is a {backend.capabilities.name} store; "
            "restore it to a file, and copy that or export it with format='archive'"
        )
    try:
        schema = backend.standing().schema
    except CorruptionError:
        schema = _latest(backend)
    if full.manifest["schema"] != schema and not any_schema:
        raise ConnectionError(
            f"{full.path}: its schema is version {full.manifest['schema']} and this store has {schema}; "
            "DatabaseMigrator(path).restore(...) restores it as it is, and upgrade_schema() upgrades it then"
        )
    member = full.members.get("proteus.db")
    if member is None:
        raise CorruptionError(f"{full.path}: it has no member proteus.db")
    return full.path, member.start, member.stop


def take_all(backend: Historian, changes: Iterable[Change], *, fresh: bool, meter: Meter | None = None) -> int:
    """Imports changes, some in a transaction; how many were new."""
    new = 0
    for batch in _batches(iter(changes)):
        new += sum(backend.take(batch, fresh=fresh))
        if meter is not None:
            meter.advance(len(batch))
    return new


def _batches(changes: Iterator[Change]) -> Iterator[list[Change]]:
    batch: list[Change] = []
    size = 0
    for change in changes:
        batch.append(change)
        size += sum(part[2] for part in change.item.parts) if change.kind == "version" else 0
        if size >= _BATCH_BYTES or len(batch) >= _BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def load_archive(session: Session, path: str | os.PathLike[str], progress: bool | Callback | None) -> RestoreReport:
    """See `DatabaseManager.load_archive`."""
    started = time.monotonic()
    session.check_writable()
    backend = session.with_history("load_archive")
    file = Container(path)
    _refuse_spooled(file)
    if file.manifest["image"]:
        raise ValidationError(f"{file.path}: it is a full backup, not an archive; restore() makes a store of it")
    with Meter(progress, None, "loading") as meter:
        file.verify(watch_of(meter))
        changes = (change for change in read_changes(file) if not change.kind.startswith("no "))
        imported = take_all(backend, changes, fresh=False, meter=meter)
    session.forget_models()
    return RestoreReport((file.path,), backend.count({}, None), imported, time.monotonic() - started)
