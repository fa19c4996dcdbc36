"""``proteusdb export FILE``: predictions in a format of other programs, or as an archive."""

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ..core.exporting import ExportReport
from .filters import Criteria, takes_filters
from .opening import open_database
from .options import Database, Json
from .output import json_text, note
from .piping import refuse_json, standing_for
from .progress import progress_bar

__all__ = ["export"]


class _Format(StrEnum):
    """What can be written."""

    archive = "archive"
    parquet = "parquet"
    csv = "csv"
    jsonl = "jsonl"
    fasta = "fasta"
    sql = "sql"
    pdb = "pdb"
    mmcif = "mmcif"
    original = "original"


_TAR = {_Format.pdb: ".tar", _Format.mmcif: ".tar", _Format.original: ".tar"}
"""Formats of many files; in a pipe they are one."""


@takes_filters
def export(
    path: Annotated[
        Path,
        typer.Argument(metavar="PATH", help="The file, or folder, to be written; - for stdout.", show_default=False),
    ],
    format: Annotated[_Format, typer.Option("--format", help="How.", show_default=False)],
    criteria: Criteria,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a file that is there.", show_default=False)
    ] = False,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Write predictions as tables, sequences, SQL, structure files, the files they were loaded from, or an archive.

    An archive has every version, model and analysis; any back end restores it.

    pdb, mmcif and original write a new folder, or a tar where the path ends in .tar or .tar.gz, or is -.

    Example::

        proteusdb export good.fasta --format fasta --confidence 0.9 --db proteus.db
        proteusdb export - --format jsonl --model esmfold | head -n 1
    """
    refuse_json(path, as_json, "an export to -")
    with (
        open_database(database, read_only=True) as db,
        progress_bar("exporting") as progress,
        standing_for(path, f"stdout{_TAR.get(format, '')}", reads=False) as file,
    ):
        report = db.export(file, format=format.value, where=criteria, overwrite=overwrite, progress=progress)
    if as_json:
        print(json_text(asdict(report)))
    else:
        what = (
            f"{report.predictions:,} predictions"
            if isinstance(report, ExportReport)
            else f"{report.versions:,} versions"
        )
        note(f"{path}: {what}, {report.bytes:,} bytes in {report.seconds:.1f} s")
