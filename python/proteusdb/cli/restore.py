"""``proteusdb restore FILE``: a backup or an archive into a database."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from ..core.keeping.container import Container
from .opening import open_database
from .options import Database, Json, Overwrite
from .output import json_text, note
from .piping import standing_for
from .progress import progress_bar

__all__ = ["restore"]


def restore(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="A backup, the last of its chain; or an archive; - for stdin.", show_default=False
        ),
    ],
    overwrite: Overwrite = False,
    add: Annotated[
        bool, typer.Option("--add", help="Add what an archive holds to what is there.", show_default=False)
    ] = False,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Make the database what a backup holds; every byte is verified before anything is replaced.

    Example::

        proteusdb restore tuesday.backup --db restored.db
    """
    if add and overwrite:
        raise typer.BadParameter("--add and --overwrite: give one of them", param_hint="--add")
    with standing_for(file, "stdin.backup", reads=True) as path:
        # Before a database is made for what is no backup.
        Container(path)
        with open_database(database, read_only=False) as db, progress_bar("restoring") as progress:
            if add:
                report = db.load_archive(path, progress=progress)
            else:
                report = db.restore(path, overwrite=overwrite, progress=progress)
    if as_json:
        print(json_text(asdict(report)))
    else:
        note(f"{report.predictions:,} predictions from {len(report.files)} file(s) in {report.seconds:.1f} s")
