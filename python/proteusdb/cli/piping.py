"""``-`` in the place of a file: stdin and stdout, by way of a temporary file.

::

    proteusdb backup - | ssh host proteusdb restore - --db copy.db

What is read is all there before anything is done with it, and what is written is whole before its first byte leaves: a
pipe that breaks off leaves nothing half done.
"""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

__all__ = ["PIPE", "refuse_json", "standing_for"]

PIPE = "-"


@contextmanager
def standing_for(path: Path, name: str, *, reads: bool) -> Iterator[Path]:
    """The path itself, or for ``-`` a temporary one.

    Parameters
    ----------
    path
        What the user gave.
    name
        Of the temporary file, where its suffix matters.
    reads
        Whether stdin is copied into it before the block, or it to stdout after the block.
    """
    if str(path) != PIPE:
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="proteusdb-") as folder:
        file = Path(folder) / name
        if reads:
            with file.open("wb") as copy:
                shutil.copyfileobj(sys.stdin.buffer, copy, 1 << 20)
        yield file
        if not reads:
            with file.open("rb") as whole:
                shutil.copyfileobj(whole, sys.stdout.buffer, 1 << 20)
            sys.stdout.buffer.flush()


def refuse_json(path: Path | str | None, as_json: bool, what: str) -> None:
    """A report and the data cannot both go to stdout.

    Raises
    ------
    typer.BadParameter
        They would.
    """
    if as_json and str(path) == PIPE:
        raise typer.BadParameter(f"--json and {what} both write to stdout; give one of them")
