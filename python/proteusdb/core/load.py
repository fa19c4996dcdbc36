"""Files to records: what `load_files` does with each piece of a batch.

::

    Bundle ─read, hash─> Loaded ─id─> stored already? ─no──> parse ─> draft ──> the core validates and encodes ─> Step
           (threads)            (one look-up)          │     (threads)          (threads)
                                                       └yes─> new companions? ─> change ─> Step

What is stored already is neither parsed nor encoded, so repeating a load costs reading and hashing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from .. import _core
from .._core import Operation
from ..errors import ProteusError, ValidationError
from .assemble import Choices, brings_news, change_of_record, draft_of_record, read_scores_of
from .batch import PIECE_BYTES, Loader, Step
from .batch import Found as Outcome
from .bundle import Bundle
from .config import default_workers, positive
from .discover import discover
from .identity import Known, make_namer
from .loaded import Loaded, read_bundle
from .names import COMPRESSIONS
from .progress import Meter
from .report import LoadReport
from .session import Session
from .spooling.merge import Merge, archive_of, read_archive
from .trees import Found

__all__ = ["BATCH_SIZE", "load_files", "scale_name", "skips_errors"]

BATCH_SIZE = 512
_MAX_PIECE = 32 << 20
_GROWTH = 4
"""How much a compressed file is taken to grow."""

Item = Bundle | Found


def load_files(session: Session, paths: Any, options: dict[str, Any]) -> LoadReport:
    """See `DatabaseManager.load_files`; every option is checked before the first file is read."""
    session.outside("load_files")
    session.check_writable()
    workers = default_workers() if options["workers"] is None else positive("workers", options["workers"])
    batch_size = BATCH_SIZE if options["batch_size"] is None else positive("batch_size", options["batch_size"])
    metadata = {} if options["metadata"] is None else options["metadata"]
    if not isinstance(metadata, dict):
        raise ValidationError(f"metadata: a dict is needed, not {type(metadata).__name__}")
    choices = Choices(options["model"], metadata, scale_name(options["plddt_scale"]), options["ids"] == "uuid")
    skip_errors = skips_errors(options["on_error"])
    meter = Meter(options["progress"], None, "loading")
    pool = ThreadPoolExecutor(workers, thread_name_prefix="proteusdb-read")
    try:
        work = _Work(session, make_namer(options["ids"]), choices, workers, pool, 4 * batch_size)
        loader = Loader(
            session,
            work,
            _size,
            batch_size=batch_size,
            piece_bytes=min(PIECE_BYTES * workers, _MAX_PIECE),
            skip_errors=skip_errors,
            meter=meter,
        )
        return loader.run(discover(paths), work.postponed)
    finally:
        # What is being read when a load is interrupted is of no use to anyone.
        pool.shutdown(wait=False, cancel_futures=True)


def _size(item: Item) -> int:
    files = [item.structure, *(each.found for each in item.companions)] if isinstance(item, Bundle) else [item]
    return sum(file.size * (_GROWTH if file.name.lower().endswith((".npz", *COMPRESSIONS)) else 1) for file in files)


def skips_errors(on_error: Any) -> bool:
    """Whether `on_error` says to skip.

    Raises
    ------
    ValidationError
        It is neither `raise` nor `skip`.
    """
    if on_error not in ("raise", "skip"):
        raise ValidationError(f"on_error {on_error!r}: allowed are 'raise', 'skip'")
    return bool(on_error == "skip")


def scale_name(scale: Any) -> Any:
    """`plddt_scale` as the core names it.

    Raises
    ------
    ValidationError
        It is none of those allowed.
    """
    names = {"auto": "auto", 1: "1", 100: "100", None: "none", "1": "1", "100": "100", "none": "none"}
    if isinstance(scale, bool) or not isinstance(scale, str | int | float | None) or scale not in names:
        raise ValidationError(f"plddt_scale {scale!r}: allowed are 'auto', 1, 100, None")
    return names[scale]


class _Work:
    """Files to steps, on the threads of one load."""

    def __init__(
        self,
        session: Session,
        name: Callable[[Loaded], str],
        choices: Choices,
        workers: int,
        pool: ThreadPoolExecutor,
        known: int,
    ) -> None:
        self._session = session
        self._name = name
        self._choices = choices
        self._workers = workers
        self._pool = pool
        self._known = Known(known)
        self._merge = Merge(session)
        self._models: dict[tuple[str, str | None], str] = {}
        self._later: list[Bundle] = []
        self._first_round = True
        self._changing: set[str] = set()
        self._told: set[str] = set()

    def __call__(self, piece: Sequence[Item]) -> list[Step]:
        spooled = [found for found in map(archive_of, piece) if found is not None]
        archives = list(self._pool.map(read_archive, spooled))
        steps = self._load([item for item in piece if archive_of(item) is None])
        for found, archive in zip(spooled, archives, strict=True):
            steps += self._merge.steps(found.name, archive)
        return steps

    def _load(self, piece: Sequence[Item]) -> list[Step]:
        files = list(self._pool.map(read_bundle, piece))
        self._identify([file for file in files if file.problem is None])
        files = [file for file in files if not file.postponed]
        outcomes = iter(self._operations([file for file in files if file.problem is None]))
        steps: list[Step] = []
        for file in files:
            found = next(outcomes) if file.problem is None else file.problem
            if file.problem is None and isinstance(found, ProteusError):
                self._known.forget(file)
            steps += self._steps(file, found)
        return steps

    def postponed(self) -> list[Bundle]:
        """What waited for the record of its structure to be stored, or for another change of it."""
        later, self._later, self._first_round = self._later, [], False
        self._changing.clear()
        return later

    def _identify(self, files: list[Loaded]) -> None:
        for file in files:
            try:
                file.prediction_id = self._name(file)
            except ProteusError as error:
                file.problem = error
        named = [file for file in files if file.problem is None]
        waiting = self._known.settle(self._session.backend, named)
        # A record that was not stored in the first round is not worth waiting for.
        for file in (waiting if self._first_round else []) + self._second_changes(named):
            file.postponed = True
            self._later.append(file.bundle)

    def _second_changes(self, files: list[Loaded]) -> list[Loaded]:
        """Those that would change a record that another file changes: what that one makes of it must be there first."""
        second = []
        for file in files:
            if file.problem is None and file.stored is not None and brings_news(file):
                if file.prediction_id in self._changing:
                    second.append(file)
                self._changing.add(file.prediction_id)
        return second

    def _operations(self, files: Sequence[Loaded]) -> Iterable[Outcome]:
        drafts = list(self._pool.map(self._draft, files))
        good = [draft for draft in drafts if isinstance(draft, dict)]
        prepared = iter(self._session.prepare(good, self._workers))
        return [next(prepared) if isinstance(draft, dict) else draft for draft in drafts]

    def _draft(self, file: Loaded) -> dict[str, Any] | Outcome:
        try:
            if file.stored is None:
                return draft_of_record(file, read_scores_of(file), self._choices, self._register)
            return self._change(file)
        except ProteusError as error:
            return error

    def _change(self, file: Loaded) -> Outcome:
        """What a stored record gets, which others may change meanwhile."""
        stored = file.stored
        assert stored is not None
        if brings_news(file):
            change = change_of_record(
                file,
                read_scores_of(file),
                self._choices,
                lambda: _core.decode_structure(self._session.part(stored, "structure", "")),
            )
            if change is not None:
                settings = self._session.settings
                return Operation.update(file.prediction_id, change, expected_version=stored.version, settings=settings)
        return ("skipped", f"stored already, with the id {file.prediction_id!r}")

    def _register(self, name: str, version: str | None) -> str:
        key = (name, version)
        if key not in self._models:
            outcomes = self._session.backend.apply([Operation.store_model(name, version, {})], each_alone=False)
            outcome = outcomes[0]
            if isinstance(outcome, ProteusError):
                raise outcome
            self._models[key] = outcome[1]
        return self._models[key]

    def _steps(self, file: Loaded, found: Outcome) -> list[Step]:
        """The step of a prediction, and one for each companion that could not be used."""
        size = len(file.data) + sum(len(each.data) for each in file.beside if each.problem is None)
        steps = [Step(file.name, size, found, file.prediction_id, [copy.name for copy in file.copies()])]
        for each in file.beside:
            name = each.attached.found.name
            # A companion of many structures is told once.
            if each.problem is not None and name not in self._told:
                self._told.add(name)
                steps.append(Step(name, 0, each.problem))
        return steps
