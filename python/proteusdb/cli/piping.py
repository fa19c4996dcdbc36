"""``-`` in the place of a file: stdin and stdout, by way of a temporary file.

::

    proteusdb backup - | ssh host proteusdb restore - --db copy.db

What is read is all there before anything is done with it, and what is written is whole before its first byte leaves: a
pipe that breaks off leaves nothing half done.

Ctrl-C ends the wait for a pipe within a moment. Python acts on a signal between two of its own instructions; one that
comes just before a blocking read would wait for as long as the pipe is silent, so no read here blocks for long.
"""

import io
import os
import select
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

__all__ = ["PIPE", "refuse_json", "standard_input", "standard_text", "standing_for"]

PIPE = "-"

_STDIN = 0
_PATIENCE = 0.25
"""Seconds that a read waits before it looks for signals."""


class _Waiting(io.RawIOBase):
    """stdin, waited for in short steps."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        while not select.select([_STDIN], [], [], _PATIENCE)[0]:
            pass
        return os.readv(_STDIN, [buffer])


def standard_input() -> io.BufferedReader:
    """The bytes of stdin."""
    return io.BufferedReader(_Waiting(), 1 << 20)


def standard_text() -> str:
    """All of stdin as text.

    Raises
    ------
    typer.BadParameter
        It is not UTF-8.
    """
    try:
        return standard_input().read().decode("utf-8")
    except UnicodeDecodeError as error:
        raise typer.BadParameter(
            f"stdin is not UTF-8 text: byte {error.start} is 0x{error.object[error.start]:02x}"
        ) from None


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
                shutil.copyfileobj(standard_input(), copy, 1 << 20)
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
