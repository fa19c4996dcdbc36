"""A progress bar with rate and time left, on stderr, and only where a person watches.

::

    loading ━━━━━━━━━━━━━━━━━━━━╺━━━━━━━━━━━━━━━━  1,204/2,310   842/s   0:00:01

As a context manager it gives what `DatabaseManager` takes as ``progress=``: a callable ``(done, total)``, or
``None`` where stderr is not a terminal.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["Progress", "progress_bar"]

Progress = Callable[[int, int | None], None]


@contextmanager
def progress_bar(label: str, *, shown: bool | None = None) -> Iterator[Progress | None]:
    """Show a bar while the block runs.

    Parameters
    ----------
    label
        What is being done, one word.
    shown
        ``None``: if stderr is a terminal.

    Yields
    ------
    callable or None
        To be called with (done, total); total is ``None`` while unknown.
    """
    if not (sys.stderr.isatty() if shown is None else shown):
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        TextColumn("{task.fields[count]}"),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=None, count="", rate="")

        def advance(done: int, total: int | None = None) -> None:
            speed = bar.tasks[0].finished_speed or bar.tasks[0].speed
            count = f"{done:,}" if total is None else f"{done:,}/{total:,}"
            bar.update(task, completed=done, total=total, count=count, rate=f"{speed:,.0f}/s" if speed else "")

        yield advance
