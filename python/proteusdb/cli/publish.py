"""``proteusdb publish FILE``: one state as a sealed file for many readers."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from .opening import open_database
from .options import Database, Json, Overwrite
from .output import json_text, note
from .progress import progress_bar

__all__ = ["publish"]


def publish(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to be published.", show_default=False)],
    overwrite: Overwrite = False,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Write a sealed, checksummed file that is read without locks or permission to write, on any file system.

    Example::

        proteusdb publish release.db
        proteusdb publish release.db --overwrite
    """
    with open_database(database, read_only=True) as db, progress_bar("publish") as progress:
        report = db.publish(file, overwrite=overwrite, progress=progress)
    if as_json:
        print(json_text(asdict(report)))
    else:
        note(f"{file}: {report.bytes:,} bytes in {report.seconds:.1f} s, checksum {report.digest}")
