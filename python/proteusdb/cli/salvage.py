"""``proteusdb salvage NEW``: what can be read of a damaged file, in a new one."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from ..core.database import DatabaseManager
from .exits import complain
from .opening import embedded_file
from .options import Database, Json
from .output import json_text, note
from .progress import progress_bar

__all__ = ["salvage"]


def salvage(
    file: Annotated[Path, typer.Argument(metavar="NEW", help="The new database file.", show_default=False)],
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Write all that can be read of a damaged database into a new one; exit code 1 where something was lost.

    The damaged file is only read, page by page and never through LMDB.

    Example::

        proteusdb salvage saved.db --db proteus.db
    """
    source = embedded_file(database)
    if source is None:
        raise typer.BadParameter("name the file of an embedded database that is there", param_hint="--db")
    with progress_bar("salvaging") as progress:
        report = DatabaseManager.salvage_file(source, file, progress=progress)
    if as_json:
        print(json_text({"ok": report.ok, **asdict(report)}))
    else:
        note(f"{file}: {str(report).strip('<>').partition(': ')[2]} in {report.seconds:.1f} s")
    for what, why in report.lost:
        complain(f"lost: {what}: {why}")
    raise typer.Exit(0 if report.ok else 1)
