"""What array jobs write on a shared file system.

::

    record -> validate -> encode -> .0199….spool.partial -> fsync -> 0199….spool -> fsync of the folder -> acknowledged

Invariants: no lock is taken and no file is written twice; a file under its own name is complete; a call that returned
survives the loss of the host.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ... import __version__, _core
from ..._core import Operation, Stored
from ...backends.base import Change
from ...errors import ProteusError, StorageError, ValidationError
from ..config import Config, default_workers, positive
from ..draft import as_record, draft_of, draft_size
from ..keeping.container import ContainerWriter
from ..keeping.records import RecordWriter
from ..names import SPOOLED
from ..rows import MOST_BYTES

if TYPE_CHECKING:
    from ...structure import Structure

__all__ = ["KIND", "Spool"]

KIND = "spool"
"""Of the manifest."""

_MOST_RECORDS = 512
"""Of one archive, where many are stored."""


class Spool:
    """A folder that array jobs on any number of hosts store predictions in, for `load_files` to merge later.

    Made for shared file systems (NFS, Lustre, GPFS, SMB), where many hosts cannot write to one database file. Every
    call writes an archive of its own, under another name first, synced and then renamed; there are no locks, and
    nothing is read. What a killed process left unfinished is a hidden file that nobody reads.

    Parameters
    ----------
    directory : path
        The folder; it is made where it is not there.
    compression, precision, pae_precision, keep_original
        As in `DatabaseManager`.

    Raises
    ------
    StorageError
        The folder cannot be made.

    Examples
    --------
    >>> from proteusdb import DatabaseManager, Spool
    >>> key = Spool("spooled").store_prediction("MKT", None, {"organism": "E. coli"}, model="esmfold")
    >>> with DatabaseManager(database_path="proteus.db") as db:
    ...     db.load_files("spooled").ids == [key], db.load_files("spooled").ids
    (True, [])
    """

    def __init__(
        self,
        directory: str | os.PathLike[str],
        *,
        compression: bool | Literal["fast", "small"] = True,
        precision: float | Literal["exact"] = "exact",
        pae_precision: float | Literal["exact"] = "exact",
        keep_original: bool = False,
    ) -> None:
        config = Config(
            compression=compression, precision=precision, pae_precision=pae_precision, keep_original=keep_original
        )
        error, pae_error = config.core_precision()
        self._settings = _core.Settings(
            compression=config.core_compression(),
            precision=error,
            pae_precision=pae_error,
            keep_original=keep_original,
        )
        self.directory = Path(os.path.abspath(os.fspath(directory)))
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
        except OSError as failure:
            raise StorageError(f"{self.directory}: the folder cannot be made ({failure.strerror})") from failure

    def __repr__(self) -> str:
        return f"Spool({str(self.directory)!r})"

    def store_prediction(
        self,
        sequence: str | None,
        structure: Structure | os.PathLike[str] | str | bytes | Any | None,
        metadata: Mapping[str, Any] | None = None,
        *,
        prediction_id: str | None = None,
        model: str | None = None,
        job: str | None = None,
        seed: int | None = None,
        sample: int | None = None,
        rank: int | None = None,
        arrays: Mapping[str, Any] | None = None,
        created_at: datetime | date | str | None = None,
        on_conflict: Literal["error", "skip", "replace"] = "error",
        check_sequence: bool = True,
    ) -> str:
        """Stores one prediction in an archive of its own.

        It is validated and encoded here. What only the database knows, such as a declared schema or that an id is
        taken, is told when it is merged.

        Parameters
        ----------
        sequence, structure, metadata, prediction_id, model, job, seed, sample, rank, arrays, created_at, check_sequence
            As in `DatabaseManager.store_prediction`.
        on_conflict : {"error", "skip", "replace"}
            What merging does where the id has another content by then.

        Returns
        -------
        str
            The prediction's id, the same in the database.

        Raises
        ------
        ValidationError
            Something given is not allowed; nothing is stored.
        StorageError
            The archive cannot be written; nothing of it is left.
        """
        record = {name: value for name, value in locals().items() if name != "self"}
        return self._store([draft_of(record)], 1)[0]

    def store_predictions(self, records: Iterable[Mapping[str, Any]], *, workers: int | None = None) -> list[str]:
        """Stores many predictions, some hundreds in an archive: few large files suit these file systems best.

        Parameters
        ----------
        records : iterable of dict
            Each with the names of `store_prediction`; taken as they are needed.
        workers : int, optional
            Threads that parse and encode; all processors unless given.

        Returns
        -------
        list of str
            Their ids, in order.

        Raises
        ------
        ValidationError, StorageError
            The first failure; nothing of its archive is stored, those before it are.
        """
        if isinstance(records, Mapping | str | bytes) or not isinstance(records, Iterable):
            raise ValidationError(f"records: an iterable of dicts is needed, not {type(records).__name__}")
        threads = default_workers() if workers is None else positive("workers", workers)
        drafts = (draft_of(as_record(record)) for record in records)
        return list(chain.from_iterable(self._store(batch, threads) for batch in _batches(drafts)))

    def _store(self, drafts: Sequence[Mapping[str, Any]], workers: int) -> list[str]:
        operations = []
        for operation in _core.prepare(drafts, self._settings, workers):
            if isinstance(operation, ProteusError):
                raise operation
            operations.append(operation)
        self._write(operations)
        return [operation.prediction_id for operation in operations]

    def _write(self, operations: Sequence[Operation]) -> None:
        now = _core.now()
        # Names in the order of writing; no two writers make the same.
        path = self.directory / f"{now:016x}-{uuid.uuid4().hex}{SPOOLED}"
        manifest = {
            "format": "proteusdb archive",
            "version": 1,
            "kind": KIND,
            "program": __version__,
            "written_at": now,
            "image": False,
            "commit": now,
            "on_conflict": [operation.on_conflict for operation in operations],
        }
        with ContainerWriter(path, overwrite=False, unique=True) as writer:
            records = RecordWriter(writer, _fresh)
            records.add_all(Change("version", _written(operation, now)) for operation in operations)
            writer.finish({**manifest, "counts": records.counts})


def _written(operation: Operation, now: int) -> Stored:
    """A record as version 1; its model is what the caller named, since only the database knows models."""
    stored = operation.prediction
    assert stored is not None
    return stored.with_version(1, updated_at=now, created_at=now, model_id=operation.model)


def _fresh(stored: Stored, kind: str, name: str) -> bytes:
    data = stored.fresh(kind, name)
    assert data is not None
    return data


def _batches(drafts: Iterable[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    batch: list[Mapping[str, Any]] = []
    held = 0
    for draft in drafts:
        batch.append(draft)
        held += draft_size(draft)
        if len(batch) == _MOST_RECORDS or held >= MOST_BYTES:
            yield batch
            batch, held = [], 0
    if batch:
        yield batch
