"""``proteusdb backup FILE``: one consistent state in one file."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from .opening import open_database
from .options import Database, Json, Overwrite
from .output import json_text, note
from .piping import refuse_json, standing_for
from .progress import progress_bar

__all__ = ["backup"]


def backup(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The backup to be written; - for stdout.", show_default=False)
    ],
    since: Annotated[
        Path | None,
        typer.Option(
            "--since", metavar="BACKUP", help="Write only what changed since this backup.", show_default=False
        ),
    ] = None,
    overwrite: Overwrite = False,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Write a backup while others read and write; with --since only what changed.

    Example::

        proteusdb backup tuesday.backup --since monday.backup
        proteusdb backup - | ssh host proteusdb restore - --db copy.db
    """
    refuse_json(file, as_json, "a backup to -")
    with (
        open_database(database, read_only=True) as db,
        progress_bar("backup") as progress,
        standing_for(file, "stdout.backup", reads=False) as path,
    ):
        report = db.backup(path, incremental_from=since, overwrite=overwrite, progress=progress)
    if as_json:
        print(json_text(asdict(report)))
    else:
        note(f"{file}: {report.kind}, {report.bytes:,} bytes in {report.seconds:.1f} s")
