"""Structure files to records: what `load_files` does with each piece of a batch.

::

    Found ─read─> Loaded ─id─> stored already? ─no─> parse ─> draft ─> the core validates and encodes ─> Step
           (threads)          (one look-up)        (threads)          (threads)

What is stored already is neither parsed nor encoded, so repeating a load costs reading and hashing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from .._core import Operation
from ..errors import ProteusError, ValidationError
from .batch import Loader, Step
from .config import default_workers, positive
from .discover import Found, discover
from .identity import Known, make_namer
from .loaded import Choices, Loaded, draft_of_file, read_found
from .progress import Meter
from .report import LoadReport
from .session import Session

__all__ = ["BATCH_SIZE", "load_files", "scale_name", "skips_errors"]

BATCH_SIZE = 512


def load_files(session: Session, paths: Any, options: dict[str, Any]) -> LoadReport:
    """See `DatabaseManager.load_files`; every option is checked before the first file is read."""
    session.outside("load_files")
    session.check_writable()
    workers = default_workers() if options["workers"] is None else positive("workers", options["workers"])
    batch_size = BATCH_SIZE if options["batch_size"] is None else positive("batch_size", options["batch_size"])
    metadata = {} if options["metadata"] is None else options["metadata"]
    if not isinstance(metadata, dict):
        raise ValidationError(f"metadata: a dict is needed, not {type(metadata).__name__}")
    choices = Choices(options["model"], metadata, scale_name(options["plddt_scale"]))
    skip_errors = skips_errors(options["on_error"])
    meter = Meter(options["progress"], None, "loading")
    with ThreadPoolExecutor(workers, thread_name_prefix="proteusdb-read") as pool:
        work = _Work(session, make_namer(options["ids"]), choices, workers, pool, 4 * batch_size)
        loader = Loader(
            session, work, lambda found: found.size, batch_size=batch_size, skip_errors=skip_errors, meter=meter
        )
        return loader.run(discover(paths))


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
        self._models: dict[tuple[str, str | None], str] = {}

    def __call__(self, piece: Sequence[Found]) -> list[Step]:
        files = list(self._pool.map(read_found, piece))
        self._identify([file for file in files if file.problem is None])
        wanted = [file for file in files if file.problem is None]
        operations = iter(self._operations(wanted))
        steps = []
        for file in files:
            found = next(operations) if file.problem is None else file.problem
            if file.problem is None and isinstance(found, ProteusError):
                self._known.forget(file)
            steps.append(Step(file.found.name, len(file.data), found))
        return steps

    def _identify(self, files: list[Loaded]) -> None:
        for file in files:
            try:
                file.prediction_id = self._name(file)
            except ProteusError as error:
                file.problem = error
        self._known.settle(self._session.backend, [file for file in files if file.problem is None])

    def _operations(self, files: Sequence[Loaded]) -> Iterable[Operation | ProteusError]:
        drafts = list(self._pool.map(self._draft, files))
        good = [draft for draft in drafts if isinstance(draft, dict)]
        prepared = iter(self._session.prepare(good, self._workers))
        return [next(prepared) if isinstance(draft, dict) else draft for draft in drafts]

    def _draft(self, file: Loaded) -> dict[str, Any] | ProteusError:
        try:
            return draft_of_file(file, self._choices, self._register)
        except ProteusError as error:
            return error

    def _register(self, name: str, version: str | None) -> str:
        key = (name, version)
        if key not in self._models:
            outcomes = self._session.backend.apply([Operation.store_model(name, version, {})], each_alone=False)
            outcome = outcomes[0]
            if isinstance(outcome, ProteusError):
                raise outcome
            self._models[key] = outcome[1]
        return self._models[key]
