"""How far a long call has come: a callable of the caller's, a bar on the terminal, or nothing.

`progress=` takes `None` or `False` (nothing), `True` (a bar on standard error where that is a terminal) or a callable
`(done, total)`, whose `total` is `None` where it is not known.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any

from ..errors import ValidationError

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

__all__ = ["Callback", "Meter"]

Callback = Callable[[int, int | None], Any]


class Meter:
    """Counts what is done; a context manager, so that a bar is always taken down.

    Parameters
    ----------
    progress : None, bool or callable
        See the head of this file.
    total : int or None
        How many there will be, where known.
    label : str
        What the bar says.

    Raises
    ------
    ValidationError
        `progress` is none of these.
    """

    def __init__(self, progress: bool | Callback | None, total: int | None, label: str) -> None:
        if not (progress is None or isinstance(progress, bool) or callable(progress)):
            raise ValidationError(f"progress {progress!r}: allowed are None, True, False, a callable (done, total)")
        self._callback = progress if callable(progress) else None
        self._total = total
        self._label = label
        self._done = 0
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._wanted = progress is True and sys.stderr is not None and sys.stderr.isatty()

    def __enter__(self) -> Meter:
        if self._wanted:
            self._bar = _bar()
            self._task = self._bar.add_task(self._label, total=self._total)
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def set_total(self, total: int) -> None:
        """Notes how many there will be; 0 leaves it unknown."""
        self._total = total or None
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, total=self._total)

    def advance(self, count: int) -> None:
        """Notes that `count` more are done."""
        self._done += count
        if self._callback is not None:
            self._callback(self._done, self._total)
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=self._done)


def _bar() -> Progress:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
