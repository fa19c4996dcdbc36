"""record -> validate -> encode -> commit: storing, updating, deleting, loading."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sized
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal

from ...errors import ProteusError, ValidationError
from ..batch import Loader, Step
from ..config import default_workers, positive
from ..draft import as_record, draft_of, draft_size
from ..load import BATCH_SIZE, load_files, skips_errors
from ..progress import Callback, Meter
from ..report import LoadReport
from ..rows import MOST_BYTES, MOST_RECORDS, Row, row_of
from ..session import Session
from ..update import delete_prediction, update_prediction
from .base import Verbs

if TYPE_CHECKING:
    from ...structure import Structure
    from ..discover import Source
    from ..identity import Ids

__all__ = ["WriteVerbs"]


class WriteVerbs(Verbs):
    """Writing predictions."""

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
        """Stores one prediction.

        Parameters
        ----------
        sequence : str or None
            Polymer chains joined by `:`. None takes that of the structure.
        structure : Structure, path, PDB/mmCIF/BinaryCIF text or bytes, gemmi or biotite object, or None
            None makes a row without a structure yet.
        metadata : dict, optional
            Free-form: None, bool, int, finite float, str, datetime, list and dict; at most 1 MiB.
            `metadata["confidence"]` (0-1), `["ranking_score"]` and `["model"]` have a meaning in queries.
        prediction_id : str, optional
            1 to 255 bytes of UTF-8 without NUL. A UUIDv7 unless given.
        model : str, optional
            A model's name or id; an unknown name is registered.
        job, seed, sample, rank : str, int, int, int, optional
            Where the prediction stands among others of its job.
        arrays : dict of str to array, optional
            Anything numpy, stored exactly; `pae` and `pde` in Å.
        created_at : datetime, date or ISO text, optional
            Time of the prediction; a naive one is UTC. Now unless given.
        on_conflict : {"error", "skip", "replace"}
            When the id is taken: fail, leave what is stored, or write a new version.
        check_sequence : bool
            Whether a sequence that contradicts the structure is refused.

        Returns
        -------
        str
            The prediction's id.

        Raises
        ------
        ValidationError
            Something given is not allowed; nothing is stored.
        ConflictError
            The id is taken and `on_conflict` is "error".
        """
        record = {name: value for name, value in locals().items() if name != "self"}
        self._session.check_writable()
        operation = self._session.prepare([draft_of(record)])[0]
        if isinstance(operation, ProteusError):
            raise operation
        return self._session.write(operation)[1]

    def store_predictions(
        self,
        records: Iterable[Mapping[str, Any]],
        *,
        batch_size: int = MOST_RECORDS,
        workers: int | None = None,
        progress: bool | Callback | None = None,
        on_error: Literal["raise", "skip"] = "raise",
    ) -> LoadReport:
        """Stores many predictions, in batches that are one atomic transaction each.

        The records are taken from the iterable as they are needed, so it may be endless or larger than memory.

        Parameters
        ----------
        records : iterable of dict
            Each with the names of `store_prediction`.
        batch_size : int
            Records in a transaction, at most; a batch also ends at about 16 MiB of what was given. Large batches load
            rows without structures fastest.
        workers : int, optional
            Threads that parse and encode; all processors unless given.
        progress : None, True or callable
            True shows a bar on a terminal; a callable gets (done, total or None).
        on_error : {"raise", "skip"}
            Whether the first failure ends the load, or is reported and the rest stored.

        Returns
        -------
        LoadReport

        Raises
        ------
        ValidationError, ConflictError
            With `on_error="raise"`: the first failure. Its batch is not stored, those before it are.
        """
        session = self._session
        session.check_writable()
        threads = default_workers() if workers is None else positive("workers", workers)
        total = len(records) if isinstance(records, Sized) else None
        loader: Loader[_Draft | Row] = Loader(
            session,
            lambda drafts: _steps(session, drafts, threads),
            lambda draft: draft.size,
            batch_size=positive("batch_size", batch_size),
            batch_bytes=MOST_BYTES,
            skip_errors=skips_errors(on_error),
            meter=Meter(progress, total, "storing"),
        )
        numbered = enumerate(_iterable(records))
        return loader.run(row_of(number, record) or _Draft(number, record) for number, record in numbered)

    def load_files(
        self,
        paths: Source | Iterable[Source],
        *,
        ids: Ids = "uuid",
        batch_size: int = BATCH_SIZE,
        workers: int | None = None,
        progress: bool | Callback | None = None,
        on_error: Literal["raise", "skip"] = "raise",
        plddt_scale: Literal["auto", 1, 100] | None = "auto",
        model: str | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> LoadReport:
        """Loads what predictors left behind: structures with their scores and arrays.

        Structures are PDB, mmCIF and BinaryCIF, plain or compressed. PAE, confidences and scores (JSON, NPZ, NPY, CSV)
        are found beside them by each predictor's naming, and become `arrays`, `metadata` and `originals` of the record.

        Can be repeated and resumed: what is stored already is skipped by its content, and a companion that has arrived
        since makes a new version.

        Parameters
        ----------
        paths : path, open binary file, or iterable of these
            Files, folders (with all below them), globs, tar and zip archives. A stream is an archive or a structure.
        ids : {"uuid", "stem"} or callable
            "uuid" makes the id of the file's content and its job, seed and sample; "stem" takes the file's name
            without suffixes; a callable gets the path as a str and returns the id.
        batch_size, workers, progress, on_error
            As in `store_predictions`.
        plddt_scale : {"auto", 1, 100, None}
            What the B-factor column is. "auto" takes it for a pLDDT where the predictor is known to write one.
        model : str, optional
            The predictor, by name or id. Else what the file's name or header says.
        metadata : dict, optional
            Added to every record. The files' names, hashes and time are under `metadata["source"]`.

        Returns
        -------
        LoadReport
            Files that are neither a structure nor scores of one are `skipped`, those cut short `pending`, those refused
            `failed`; copies of another file, and the same structure in another format, are `aliases` of its prediction.

        Raises
        ------
        ValidationError, ConflictError
            An argument is not allowed; or with `on_error="raise"` the first failure, as in `store_predictions`.
        """
        options = {name: value for name, value in locals().items() if name not in ("self", "paths")}
        return load_files(self._session, paths, options)

    def update_prediction(
        self, prediction_id: str, data: Mapping[str, Any], *, expected_version: int | None = None
    ) -> int:
        """Changes a prediction by writing its next version.

        Parameters
        ----------
        prediction_id : str
            The prediction.
        data : dict
            Names of `store_prediction` and their new values; None clears a field. Metadata and arrays merge by key,
            and a key whose value is None is removed.
        expected_version : int, optional
            The version the change was made for.

        Returns
        -------
        int
            The new version's number.

        Raises
        ------
        PredictionNotFoundError
            There is no such prediction.
        ConflictError
            `expected_version` is not the current one.
        ValidationError
            The new version would not be allowed.
        """
        return update_prediction(self._session, prediction_id, data, expected_version)

    def delete_prediction(
        self,
        prediction_id: str,
        *,
        cascade: bool = False,
        purge: bool = False,
        expected_version: int | None = None,
    ) -> None:
        """Deletes a prediction; its history stays, unless purged.

        Parameters
        ----------
        prediction_id : str
            The prediction.
        cascade : bool
            Whether to delete the analyses that refer to it, rather than refuse.
        purge : bool
            Whether every version goes at once, those that tags name too.
        expected_version : int, optional
            The version that was looked at before.

        Raises
        ------
        PredictionNotFoundError
            There is no such prediction.
        ConflictError
            `expected_version` is not the current one.
        ValidationError
            Analyses refer to it and `cascade` is not set.
        """
        delete_prediction(self._session, prediction_id, cascade=cascade, purge=purge, expected_version=expected_version)


class _Draft:
    """A record on its way in; what is wrong with it already is kept in its place."""

    __slots__ = ("error", "fields", "name", "size")

    def __str__(self) -> str:
        return self.name

    def __init__(self, number: int, record: Any) -> None:
        self.name = f"record {number}"
        self.fields: dict[str, Any] = {}
        self.error: ProteusError | None = None
        try:
            fields = as_record(record)
            if isinstance(fields.get("prediction_id"), str):
                self.name += f" ({fields['prediction_id']!r})"
            self.fields = draft_of(fields)
        except ProteusError as error:
            self.error = error
        self.size = draft_size(self.fields) if self.error is None else 0


def _steps(session: Session, drafts: Iterable[_Draft | Row], workers: int) -> list[Step]:
    drafts = list(drafts)
    prepared = iter(session.prepare([draft.fields for draft in drafts if draft.error is None], workers))
    return [Step(draft, draft.size, draft.error or next(prepared)) for draft in drafts]


def _iterable(records: Any) -> Iterable[Any]:
    if isinstance(records, Mapping | str | bytes) or not isinstance(records, Iterable):
        raise ValidationError(f"records: an iterable of dicts is needed, not {type(records).__name__}")
    return records
