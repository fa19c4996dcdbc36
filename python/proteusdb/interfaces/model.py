"""A model and its predictor, before a database.

::

    interface = ModelInterface("esmfold", db, version="1.0", predictor=fold)
    interface.predict("MKTAYIAK")          runs fold once; the second time it is read
    interface.predict_many(sequences)      runs it for what is missing
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Any, Literal, Self

from ..core.manager import DatabaseManager
from ..core.prediction import Prediction
from ..core.progress import Callback, Meter
from ..errors import ValidationError
from .calls import Stuck, caller
from .report import PredictReport
from .run import Run, checked
from .shelf import Shelf

__all__ = ["ModelInterface"]


class ModelInterface:
    """Predicts what is not stored yet, and stores it.

    Parameters
    ----------
    name : str
        The model's name, such as `esm2_t33_650M_UR50D`.
    database_manager : DatabaseManager
        Where predictions are looked up and stored.
    version : str, optional
        The predictor's version.
    configuration : dict, optional
        Its settings. Another name, version or configuration is another model, whose predictions are its own.
    predictor : callable, optional
        Gets one sequence (upper case, chains joined by `:`) and returns one of: a structure, in any form that
        `store_prediction` takes; `(structure, metadata, arrays)`, of which the structure may be None where there are
        arrays; a dict by the names of `store_prediction`; an output dict of ESMFold or OpenFold; the path of a folder
        that Boltz, Chai, AlphaFold 3 or another known predictor wrote; or a list of these, one a sample. Without a
        predictor only what is stored can be had.
    batch_predictor : callable, optional
        Gets a list of sequences and returns a list with one such result each, in their order, or one output dict with
        a batch dimension; an exception in the place of a result says that this one failed. A batch that raises is tried
        one by one.
    timeout : float, optional
        Seconds for one call of a predictor. The caller goes on then. A thread cannot be stopped, so the call is left
        behind, and where three hang at a time nothing more is tried.
    isolation : {"thread", "process"}
        "process" calls the predictor in a process of its own, begun once and anew after a call that hung or crashed,
        which are killed. The predictor must be picklable, the program that uses it importable (`if __name__ ==
        "__main__":`); the time to start it does not count.
    record_failures : bool
        Whether a failed prediction is stored as a row without a structure, whose `metadata["failure"]` has `reason`,
        `kind`, `attempts` and `at`. The prediction that follows is the next version of that row.

    Raises
    ------
    ValidationError
        An argument is not allowed; the message lists what is.
    ConnectionError
        The database is closed.

    Examples
    --------
    >>> from proteusdb.interfaces import ModelInterface
    >>> interface = ModelInterface("esmfold", db, predictor=fold)  # fold: sequence -> structure
    >>> interface.predict("MKTAYIAK").structure.plddt.shape
    (8,)
    """

    def __init__(
        self,
        name: str,
        database_manager: DatabaseManager,
        *,
        version: str | None = None,
        configuration: Mapping[str, Any] | None = None,
        predictor: Callable[[str], Any] | None = None,
        batch_predictor: Callable[[list[str]], Any] | None = None,
        timeout: float | None = None,
        isolation: Literal["thread", "process"] = "thread",
        record_failures: bool = True,
    ) -> None:
        if not isinstance(database_manager, DatabaseManager):
            raise ValidationError(f"database_manager {database_manager!r:.60}: a DatabaseManager is needed")
        for what, function in (("predictor", predictor), ("batch_predictor", batch_predictor)):
            if function is not None and not callable(function):
                raise ValidationError(f"{what} {function!r:.60}: a callable or None is needed")
        _seconds(timeout)
        _one_of("isolation", isolation, ("thread", "process"))
        self._db = database_manager
        self.name = name
        self.version = version
        self.configuration = dict(configuration or {})
        self.model_id = self._register()
        self._shelf = Shelf(database_manager._session, self.model_id)
        self._alone = None if predictor is None else caller(predictor, timeout, isolation)
        self._together = None if batch_predictor is None else caller(batch_predictor, timeout, isolation)
        self._record_failures = record_failures

    def _register(self) -> str | None:
        """The model's id; None where a database that is read only does not have it."""
        if not self._db._session.config.read_only:
            return self._db.store_model(self.name, self.version, self.configuration)
        ours = (self.name, self.version, self.configuration)
        for known in self._db.list_models():
            if (known["name"], known["version"], known["configuration"]) == ours:
                return str(known["model_id"])
        return None

    def predict(self, sequence: str) -> Prediction:
        """The prediction of a sequence: the stored one, else a new one.

        Parameters
        ----------
        sequence : str
            Polymer chains joined by `:`.

        Returns
        -------
        Prediction
            As stored; of several samples the best by ranking score, then confidence.

        Raises
        ------
        ValidationError
            The sequence is none; what the predictor returned is wrong (nothing of it is stored); or there is no
            predictor.
        TimeoutError
            `timeout` passed.
        Exception
            What the predictor raised.
        """
        sequence = checked(sequence)
        run = self._run()
        report = run([sequence], Meter(None, 1, "predicting"), retry_failed=True, **_ALONE)
        for error in run.errors.values():
            if not isinstance(error, Stuck | ValidationError):
                error.add_note(f"model {self.name!r}, sequence {sequence[:60]}")
            raise error
        return self._db.get_prediction(report.ids[sequence])

    def predict_many(
        self,
        sequences: Iterable[str],
        *,
        progress: bool | Callback | None = None,
        batch_by: Literal["length"] | None = "length",
        max_tokens: int | None = 1024,
        batch_size: int | None = None,
        retry_failed: bool = True,
    ) -> PredictReport:
        """Predicts those of many sequences that are not stored yet; each is stored as it comes.

        What fails does not stop the rest. Repeating the call goes on where it ended, also after Ctrl-C, and processes
        that are given the same sequences share them.

        Parameters
        ----------
        sequences : iterable of str
            A sequence that is given twice is predicted once.
        progress : None, True or callable
            True shows a bar on a terminal; a callable gets (done, total).
        batch_by : {"length", None}
            "length" takes sequences of like length together, the longest first; None keeps the order.
        max_tokens : int, optional
            Residues in a batch, the padding to its longest sequence included. A longer sequence is a batch alone.
        batch_size : int, optional
            Sequences in a batch, at most.
        retry_failed : bool
            Whether what failed in an earlier call is tried again; else it is `pending`.

        Returns
        -------
        PredictReport

        Raises
        ------
        ValidationError
            An argument is not allowed, or something is not stored and there is no predictor.
        StorageError, ConnectionError
            The database cannot be written, or was closed; the error's notes say how many were stored before.
        """
        if isinstance(sequences, str | bytes) or not isinstance(sequences, Iterable):
            raise ValidationError(f"sequences {sequences!r:.60}: an iterable of str is needed; predict() takes one")
        _one_of("batch_by", batch_by, ("length", None))
        for what, value in (("max_tokens", max_tokens), ("batch_size", batch_size)):
            if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 1):
                raise ValidationError(f"{what} {value!r}: an int, 1 or more, or None is needed")
        given = list(sequences)
        meter = Meter(progress, len({*map(_key, given)}), "predicting")
        grouping = {"by_length": batch_by == "length", "max_tokens": max_tokens, "batch_size": batch_size}
        return self._run()(given, meter, retry_failed=retry_failed, **grouping)

    def failures(self) -> dict[str, dict[str, Any]]:
        """What failed and was not predicted since.

        Returns
        -------
        dict of str to dict
            Sequence to `reason`, `kind`, `attempts` and `at` of the last failure.
        """
        return {row.sequence: dict(row.metadata["failure"]) for row in self._shelf.failures(self.name)}

    def close(self) -> None:
        """Ends the processes of `isolation="process"`; the database stays open."""
        for call in (self._alone, self._together):
            if call is not None:
                call.close()

    def _run(self) -> Run:
        return Run(self._shelf, self._alone, self._together, keep_failures=self._record_failures)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        version = "" if self.version is None else f" {self.version}"
        return f"<ModelInterface {self.name}{version} on {self._db.url}>"


_ALONE = {"by_length": False, "max_tokens": None, "batch_size": 1}


def _key(sequence: Any) -> str:
    return sequence.upper() if isinstance(sequence, str) else repr(sequence)


def _one_of(name: str, value: Any, allowed: tuple[Any, ...]) -> None:
    if value not in allowed:
        raise ValidationError(f"{name} {value!r}: allowed are {', '.join(map(repr, allowed))}")


def _seconds(timeout: Any) -> None:
    good = isinstance(timeout, int | float) and not isinstance(timeout, bool) and math.isfinite(timeout) and timeout > 0
    if timeout is not None and not good:
        raise ValidationError(f"timeout {timeout!r}: a number of seconds above 0, or None, is needed")
