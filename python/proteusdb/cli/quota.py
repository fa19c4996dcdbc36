"""``proteusdb quota``: how large the database may become, for every process that writes it."""

from enum import StrEnum
from typing import Annotated

import typer

from .opening import open_database
from .options import Database, Json
from .output import json_text, show_pairs

__all__ = ["quota"]


class _Action(StrEnum):
    """What is to be done with the limit."""

    set = "set"
    drop = "drop"
    show = "show"


def quota(
    action: Annotated[_Action, typer.Argument(help="set, drop or show.", show_default=False)],
    max_bytes: Annotated[
        int | None, typer.Argument(metavar="[BYTES]", help="The most, for set.", show_default=False)
    ] = None,
    warn_at: Annotated[
        int | None,
        typer.Option(
            metavar="BYTES", help="Writers are warned from here on; nine tenths unless given.", show_default=False
        ),
    ] = None,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Limit the size of the database, lift the limit, or show how near it is.

    Example::

        proteusdb quota set 50000000000
    """
    sets = action is _Action.set
    if sets and max_bytes is None and warn_at is None:
        raise typer.BadParameter("set needs BYTES, or --warn-at", param_hint="BYTES")
    if not sets and (max_bytes, warn_at) != (None, None):
        raise typer.BadParameter(f"{action} takes no number", param_hint="BYTES")
    with open_database(database, read_only=action is _Action.show) as db:
        if action is not _Action.show:
            db.set_quota(max_bytes, warn_at=warn_at)
        told = db.quota()
    if as_json:
        print(json_text(told))
    else:
        show_pairs(told)
