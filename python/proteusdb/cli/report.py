"""``proteusdb report ID``: a page that shows a prediction, in one file."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from .opening import open_database
from .options import AsOf, Database, Json, PredictionId, Version
from .output import json_text, note
from .piping import PIPE, refuse_json
from .replacing import replace_file

__all__ = ["report"]


def report(
    prediction_id: PredictionId,
    output: Annotated[
        str,
        typer.Option("--output", "-o", metavar="FILE", show_default=False, help="Where to write it; - is stdout."),
    ],
    database: Database = None,
    version: Version = None,
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """Write a page with the structure to turn, pLDDT, PAE and header: one file, which needs no network.

    Example::

        proteusdb report ID -o page.html
    """  # fmt: skip
    refuse_json(output, as_json, "-o -")
    with open_database(database, read_only=True) as db:
        page = db.get_prediction(prediction_id, version=version, as_of=as_of).to_html().encode()
    if output == PIPE:
        sys.stdout.buffer.write(page)
        sys.stdout.buffer.flush()
        return
    replace_file(Path(output), page)
    if as_json:
        print(json_text({"prediction_id": prediction_id, "path": output, "bytes": len(page)}))
    else:
        note(f"{output}: {len(page):,} bytes")
