"""``proteusdb diff A [B]``: what differs between two moments."""

from dataclasses import asdict
from typing import Annotated

import typer

from .opening import open_database
from .options import Database, Json
from .output import SCREEN_ROWS, json_line, show_rows

__all__ = ["diff"]


def diff(
    a: Annotated[str, typer.Argument(metavar="A", help="A tag or a time.", show_default=False)],
    b: Annotated[
        str | None, typer.Argument(metavar="[B]", help="A tag or a time; now unless given.", show_default=False)
    ] = None,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """List the predictions that were added, removed or changed from one moment to another.

    Example::

        proteusdb diff paper-v1
    """
    with open_database(database, read_only=True) as db:
        differences = db.diff(a, b)
        if as_json:
            for one in differences:
                print(json_line(asdict(one)))
        else:
            rows = ((one.kind, one.prediction_id, ", ".join(one.changed)) for one in differences)
            show_rows(("kind", "id", "changed"), rows, limit=SCREEN_ROWS)
