"""A database into one file: a backup, or an archive.

::

    backup(path)                       full          the file of an embedded store as it is, copied compactly; or
    records backup(path, incremental_from=b)   incremental   what commits after those in `b` left, as records
    export(path, format="archive")     archive       every version as records, or those of the predictions that match

All are hot: writers go on, and the file holds one moment. See `container` for the file and `records` for records.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ... import __version__, _core
from ...backends.base import Change, Historian, Standing
from ...errors import ConflictError, ProteusError, StorageError
from ..copying import criteria_of
from ..own_files import is_same, refuse_own_files
from ..progress import Callback, Meter
from ..session import Session
from .container import Container, ContainerWriter, Watch
from .records import RecordWriter

__all__ = ["BackupReport", "archive", "backup", "watch_of"]


@dataclass(frozen=True, slots=True)
class BackupReport:
    """A backup or archive that was written.

    Attributes
    ----------
    path : str
        The file.
    kind : {"full", "incremental", "archive"}
        What it is.
    bytes : int
        Its size.
    commit : int
        Commit time (µs since 1970) of the last transaction in it.
    versions : int or None
        Versions of predictions in it; None where the file of the store was copied as it is.
    seconds : float
        Wall time.
    """

    path: str
    kind: str
    bytes: int
    commit: int
    versions: int | None
    seconds: float


def watch_of(meter: Meter) -> Watch:
    """A meter as the core calls it."""
    done = 0

    def watch(now: int, total: int) -> None:
        nonlocal done
        meter.set_total(total)
        meter.advance(max(0, now - done))
        done = max(done, now)

    return watch


def backup(
    session: Session,
    path: str | os.PathLike[str],
    base: str | os.PathLike[str] | None,
    overwrite: bool,
    progress: bool | Callback | None,
) -> BackupReport:
    """See `DatabaseManager.backup`."""
    started = time.monotonic()
    backend = session.with_history("backup")
    refuse_own_files(backend, path, "a backup")
    known = None if base is None else _base(backend, base)
    if known is not None:
        _refuse_chain(path, known)
    with ContainerWriter(path, overwrite=overwrite) as writer, Meter(progress, None, "backup") as meter:
        if known is None and backend.capabilities.images:
            manifest, versions = _image(backend, writer, watch_of(meter)), None
        else:
            manifest, versions = _changes(session, backend, writer, known, meter)
        size = writer.finish(manifest)
    kind = "full" if known is None else "incremental"
    return BackupReport(str(writer.path), kind, size, manifest["commit"], versions, time.monotonic() - started)


def _image(backend: Historian, writer: ContainerWriter, watch: Watch) -> dict[str, Any]:
    start = writer.begin("proteus.db")
    copied = backend.copy_into(str(writer.partial), start, watch)
    writer.end(copied.pop("length"))
    store = copied.pop("uuid")
    return {
        **_manifest("full", Standing(store, copied["schema"], copied["commit"], 0, copied["generation"])),
        "image": True,
    }


def _changes(
    session: Session, backend: Historian, writer: ContainerWriter, base: Container | None, meter: Meter
) -> tuple[dict[str, Any], int]:
    now = backend.standing()
    after = None if base is None else int(base.manifest["commit"])
    kind = "full" if base is None else "incremental"
    counts = _write(session, writer, backend.commits(after, now.commit), meter)
    _check_still(backend, now)
    manifest = {**_manifest(kind, now), "image": False, "counts": counts}
    if base is not None:
        manifest |= {"after": after, "base": {"name": os.path.basename(base.path), "identity": base.identity}}
    return manifest, counts["version"]


def _write(session: Session, writer: ContainerWriter, changes: Iterable[Change], meter: Meter) -> dict[str, int]:
    records = RecordWriter(writer, session.part)
    records.add_all(changes, lambda _: meter.advance(1))
    return records.counts


def _check_still(backend: Historian, began: Standing) -> None:
    now = backend.standing()
    if (now.store, now.generation, now.removed) != (began.store, began.generation, began.removed):
        raise ConflictError(
            "versions were purged or trimmed, or the store was replaced, while it was read; run it again, or make a "
            "full backup"
        )


def _manifest(kind: str, standing: Standing) -> dict[str, Any]:
    return {
        "format": "proteusdb archive",
        "version": 1,
        "kind": kind,
        "program": __version__,
        "written_at": _core.now(),
        "store": standing.store,
        "schema": standing.schema,
        "generation": standing.generation,
        "commit": standing.commit,
    }


def _base(backend: Historian, path: str | os.PathLike[str]) -> Container:
    """The base of an incremental backup, if one can be built on it."""
    base = Container(path)
    now, then = backend.standing(), base.manifest
    reason = None
    if then["kind"] == "archive":
        reason = "it is an archive, which is no state to build on"
    elif then["store"] != now.store:
        reason = "it is of another store"
    elif then["generation"] != now.generation:
        reason = "the store was restored or repaired since"
    elif now.removed > then["commit"]:
        reason = "versions were purged, cleaned up or trimmed (keep_versions) since"
    elif then["commit"] > now.commit:
        reason = "it is newer than the store"
    if reason is not None:
        raise StorageError(f"{base.path}: {reason}; a full backup is needed, backup(path) without incremental_from=")
    return base


def _refuse_chain(path: str | os.PathLike[str], base: Container) -> None:
    """What took the place of a file it is built on could never be restored."""
    link: Container | None = base
    while link is not None:
        if is_same(path, link.path):
            raise StorageError(f"{os.fspath(path)}: the new backup is built on that file; choose another name")
        link = _below(link)


def _below(link: Container) -> Container | None:
    """What a backup of a chain is built on, where that lies beside it."""
    if link.manifest["kind"] == "incremental":
        with suppress(OSError, ProteusError):
            return Container(os.path.join(os.path.dirname(link.path), link.manifest["base"]["name"]))
    return None


def archive(
    session: Session, path: str | os.PathLike[str], where: Any, overwrite: bool, progress: bool | Callback | None
) -> BackupReport:
    """See `DatabaseManager.export` with `format="archive"`."""
    started = time.monotonic()
    backend = session.with_history("export")
    refuse_own_files(backend, path, "an archive")
    now = backend.standing()
    criteria = criteria_of(where)
    ids = [key for key, _ in backend.query(criteria, None)] if criteria else None
    with ContainerWriter(path, overwrite=overwrite) as writer, Meter(progress, None, "archive") as meter:
        changes = backend.commits(None, now.commit) if ids is None else _of(backend, ids)
        counts = _write(session, writer, changes, meter)
        _check_still(backend, now)
        size = writer.finish({**_manifest("archive", now), "image": False, "counts": counts})
    return BackupReport(str(writer.path), "archive", size, now.commit, counts["version"], time.monotonic() - started)


def _of(backend: Historian, ids: list[str]) -> Iterator[Change]:
    """Whole histories of some predictions, with their models before and their analyses after them."""
    known: set[str] = set()
    for prediction_id in ids:
        for stored in backend.history(prediction_id):
            if stored.model_id is not None and stored.model_id not in known:
                known.add(stored.model_id)
                model = backend.get_model(stored.model_id)
                if model is not None:
                    yield Change("model", model)
            yield Change("version", stored)
    for prediction_id in ids:
        for analysis_id in backend.list_analyses(prediction_id):
            analysis = backend.get_analysis(analysis_id)
            if analysis is not None:
                yield Change("analysis", analysis)
