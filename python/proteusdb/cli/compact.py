"""``proteusdb compact``: room given back to the file system."""

import time
from typing import Annotated

import typer

from .opening import open_database
from .options import Database, Json
from .output import json_text, note

__all__ = ["compact"]


def compact(
    compression: Annotated[
        str | None,
        typer.Option("--compression", metavar="PROFILE", help="Rewrite structures: fast or small.", show_default=False),
    ] = None,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Give back the room of what was purged, cleaned up or replaced, while others read and write.

    Example::

        proteusdb compact
        proteusdb compact --compression small
    """
    started = time.monotonic()
    with open_database(database, read_only=False) as db:
        before = db.stats().get("file_bytes")
        db.compact(compression)
        after = db.stats().get("file_bytes")
    if as_json:
        print(json_text({"before": before, "after": after, "seconds": time.monotonic() - started}))
    elif before is not None and after is not None:
        note(f"{before:,} bytes before, {after:,} after")
