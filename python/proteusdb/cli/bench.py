"""``proteusdb bench``: how fast this is here, beside plain files."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from .opening import open_database
from .options import Json
from .output import json_text, note, number, show_rows
from .progress import progress_bar

__all__ = ["bench"]


def bench(
    count: Annotated[int, typer.Option("--count", "-n", min=1, metavar="N", help="Predictions that are used.")] = 100,
    folder: Annotated[
        Path | None,
        typer.Option(
            "--in",
            metavar="FOLDER",
            exists=True,
            file_okay=False,
            help="Measure the disk of this folder, rather than of the system's temporary one.",
            show_default=False,
        ),
    ] = None,
    database: Annotated[
        str | None,
        typer.Option(
            "--db",
            metavar="PATH_OR_URL",
            help="Use predictions of this database, which is only read, rather than made-up ones.",
            show_default=False,
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Measure storing, reading and searching in a new database, beside the same predictions as plain files.

    Both are made in a temporary folder and removed. The files have it easier: nothing is parsed to be stored, nothing
    is synced, checked or indexed. Ratios tell more than times, and on a busy machine times tell little.

    Example::

        proteusdb bench --count 20
    """
    from ..testing.trial import trial

    with progress_bar("measuring") as progress:
        if database is None:
            told = trial(count=count, folder=folder, progress=progress)
        else:
            with open_database(database, read_only=True) as source:
                told = trial(source, count=count, folder=folder, progress=progress)
    if as_json:
        print(json_text(asdict(told)))
        return
    rows = ((step.name, step.unit, _figure(step.database), _figure(step.files)) for step in told.steps)
    show_rows(("step", "unit", "proteusdb", "plain files"), rows)
    note(f"{told.records:,} predictions, {told.residues:,} residues, in {told.folder}; medians of {told.rounds} rounds")


def _figure(value: float | None) -> str:
    """Three digits that matter."""
    if value is None:
        return "-"
    return number(value, 0 if value >= 100 else 1 if value >= 10 else 2)
