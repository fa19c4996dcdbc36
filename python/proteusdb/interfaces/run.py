"""One call of `predict` or `predict_many`: what is missing is predicted, and stored as it comes.

Invariants: a sequence is looked up again right before it is predicted, so that processes share the work; an error of
the predictor, or in what it answered, ends nothing but that sequence; an error of the database ends the call, and so
does Ctrl-C: what was stored stays.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .. import _core
from ..core.progress import Meter
from ..core.report import Entry
from ..errors import ProteusError, ValidationError
from .batches import batches
from .calls import Call, Expired, Stuck, Unfit
from .outputs import from_openfold, is_output, members
from .report import PredictReport
from .results import drafts_of
from .shelf import Kept, Shelf, reason_of

__all__ = ["Run", "checked"]

Answer = tuple[str, Any, Exception | None]
"""A sequence, and what the predictor returned or raised."""


def checked(sequence: Any) -> str:
    """A sequence in upper case.

    Raises
    ------
    ValidationError
        It is none; the message names the first wrong letter.
    """
    if not isinstance(sequence, str):
        raise ValidationError(f"sequence {sequence!r:.60}: a str of one-letter codes is needed")
    return _core.check_sequence(sequence)


class Run:
    """The state of one call.

    Parameters
    ----------
    shelf : Shelf
        What is stored.
    alone, together : Call or None
        The predictor of one sequence, and of a list.
    keep_failures : bool
        Whether failures become rows.
    """

    def __init__(self, shelf: Shelf, alone: Call | None, together: Call | None, *, keep_failures: bool) -> None:
        self._shelf = shelf
        self._alone = alone
        self._together = together
        self._keep_failures = keep_failures
        self.report = PredictReport()
        self.errors: dict[str, Exception] = {}
        """What each failed sequence failed with."""
        self._ids: dict[str, str] = {}
        self._kept: dict[str, Kept] = {}

    def __call__(self, sequences: Sequence[Any], meter: Meter, *, retry_failed: bool, **grouping: Any) -> PredictReport:
        """Does it; `grouping` is that of `batches`."""
        started = time.monotonic()
        wanted = self._wanted(sequences)
        try:
            with meter:
                meter.advance(len(self.errors))
                todo = [sequence for sequence in wanted if not self._found(sequence, meter, retry_failed)]
                self._predict(todo, meter, grouping)
        except BaseException as error:
            error.add_note(f"{len(self.report.predicted)} predictions were stored before this")
            raise
        finally:
            self.report.seconds = time.monotonic() - started
            self.report.ids = {sequence: self._ids[sequence] for sequence in wanted if sequence in self._ids}
        return self.report

    def _wanted(self, sequences: Sequence[Any]) -> list[str]:
        """Each sequence once, as it is stored; what is none has failed."""
        wanted: dict[str, None] = {}
        for given in sequences:
            try:
                wanted[checked(given)] = None
            except ValidationError as error:
                name = given if isinstance(given, str) else repr(given)[:60]
                if name not in self.errors:
                    self.errors[name] = error
                    self.report.failed.append(Entry(name, str(error)))
        return list(wanted)

    def _found(self, sequence: str, meter: Meter, retry_failed: bool) -> bool:
        """Whether nothing is to be done for it."""
        kept = self._kept[sequence] = self._shelf.look(sequence)
        if kept.best is not None:
            self._ids[sequence] = kept.best.prediction_id
            self.report.found.append(kept.best.prediction_id)
        elif kept.failure is not None and not retry_failed:
            told = kept.failure.metadata["failure"]
            reason = told.get("reason") if isinstance(told, dict) else told
            self.report.pending.append(Entry(sequence, f"failed before ({kept.attempts} times): {reason}"))
        else:
            return False
        meter.advance(1)
        return True

    def _predict(self, todo: list[str], meter: Meter, grouping: Mapping[str, Any]) -> None:
        if not todo:
            return
        if self._alone is None and self._together is None:
            raise ValidationError(
                f"{len(todo)} sequences are not stored and there is nothing to predict them with: give predictor= or "
                "batch_predictor="
            )
        self._shelf.check_writable()
        waiting = dict.fromkeys(todo)
        try:
            for group in self._groups(todo, grouping):
                missing = [sequence for sequence in group if not self._found(sequence, meter, True)]
                for sequence in set(group) - set(missing):
                    del waiting[sequence]
                for sequence, answer, error in self._answers(missing):
                    self._keep(sequence, answer, error)
                    del waiting[sequence]
                    meter.advance(1)
        except Stuck as stuck:
            self.report.pending += [Entry(sequence, str(stuck)) for sequence in waiting]
            self.errors.update((sequence, stuck) for sequence in waiting)

    def _groups(self, todo: list[str], grouping: Mapping[str, Any]) -> Iterator[list[str]]:
        if self._together is None:
            return ([sequence] for group in batches(todo, **grouping) for sequence in group)
        return batches(todo, **grouping)

    def _answers(self, group: list[str]) -> Iterator[Answer]:
        """What the predictor says to each; a batch that fails is tried one by one."""
        if not group:
            return
        if self._together is None or (len(group) == 1 and self._alone is not None):
            yield from map(self._answer, group)
            return
        try:
            answers = _split(self._together(group), group)
        except (Stuck, Unfit):
            raise
        except Expired as error:
            yield from ((sequence, None, error) for sequence in group)
        except Exception as error:
            if len(group) == 1:
                yield group[0], None, error
            else:
                yield from map(self._answer, group)
        else:
            yield from answers

    def _answer(self, sequence: str) -> Answer:
        try:
            if self._alone is not None:
                return sequence, self._alone(sequence), None
            assert self._together is not None
            return next(_split(self._together([sequence]), [sequence]))
        except (Stuck, Unfit):
            raise
        except Exception as error:
            return sequence, None, error

    # --- storing ------------------------------------------------------------------------------------------------------

    def _keep(self, sequence: str, answer: Any, error: Exception | None) -> None:
        kept = self._kept[sequence]
        if error is None:
            try:
                self._store(sequence, answer, kept)
                return
            except ValidationError as wrong:
                error = wrong
        self._fail(sequence, error, kept)

    def _store(self, sequence: str, answer: Any, kept: Kept) -> None:
        try:
            drafts = drafts_of(answer, sequence, self._shelf.model_id or "")
        except ProteusError:
            raise
        except Exception as error:
            raise ValidationError(f"the predictor's answer cannot be understood: {reason_of(error)}") from error
        put = self._shelf.put(sequence, drafts, kept)
        best = self._shelf.look(sequence).best if put is None or len(put[0]) > 1 else None
        if put is None:
            assert best is not None
            self.report.found.append(best.prediction_id)
        else:
            self.report.predicted += put[0]
            self.report.residues += put[1]
        self._ids[sequence] = best.prediction_id if best is not None else put[0][0] if put is not None else ""

    def _fail(self, sequence: str, error: Exception, kept: Kept) -> None:
        self.errors[sequence] = error
        self.report.failed.append(Entry(sequence, reason_of(error)))
        if self._keep_failures:
            self._shelf.put_failure(sequence, error, kept)


def _split(answers: Any, group: list[str]) -> Iterator[Answer]:
    """A batch's answers: a list with one a sequence, an exception among them if need be, or one output dict."""
    if is_output(answers):
        size = members(answers)
        if size != len(group):
            raise ValidationError(
                f"batch_predictor returned an output of {size}, and {len(group)} sequences were asked"
            )
        return (_member(answers, sequence, index) for index, sequence in enumerate(group))
    if not isinstance(answers, list | tuple) or len(answers) != len(group):
        told = f"{len(answers)} results" if isinstance(answers, list | tuple) else type(answers).__name__
        raise ValidationError(f"batch_predictor returned {told}; a list of {len(group)} is needed, one a sequence")
    pairs = zip(group, answers, strict=True)
    return ((s, None, a) if isinstance(a, Exception) else (s, a, None) for s, a in pairs)


def _member(output: Mapping[str, Any], sequence: str, index: int) -> Answer:
    try:
        return sequence, from_openfold(output, sequence, index=index), None
    except Exception as error:
        return sequence, None, error
