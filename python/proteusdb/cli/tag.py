"""``proteusdb tag``: names for moments of the whole database."""

from dataclasses import asdict
from enum import StrEnum
from typing import Annotated

import typer

from .opening import open_database
from .options import Database, Json
from .output import json_text, note, show_rows

__all__ = ["tag"]


class _Action(StrEnum):
    """What is to be done with a tag."""

    create = "create"
    drop = "drop"
    list = "list"


def tag(
    action: Annotated[_Action, typer.Argument(help="create, drop or list.", show_default=False)],
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="The tag; list takes none.", show_default=False)
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", metavar="TIME", help="A moment that has passed, for create.", show_default=False),
    ] = None,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Name this moment, so that cleanup keeps it and --as-of NAME finds it; drop or list names.

    Example::

        proteusdb tag create paper-v1
    """
    if (name is None) != (action is _Action.list):
        needs = "takes no NAME" if action is _Action.list else "needs a NAME"
        raise typer.BadParameter(f"{action} {needs}", param_hint="NAME")
    if as_of is not None and action is not _Action.create:
        raise typer.BadParameter(f"{action} takes no time", param_hint="--as-of")
    with open_database(database, read_only=action is _Action.list) as db:
        if name is None:
            tags = db.tags()
            if as_json:
                print(json_text([asdict(one) for one in tags]))
            else:
                show_rows(("tag", "moment", "named"), ((one.name, one.moment, one.created_at) for one in tags))
        elif action is _Action.create:
            made = db.tag(name, as_of=as_of)
            if as_json:
                print(json_text(asdict(made)))
            else:
                note(f"{name}: {made.moment.isoformat()}")
        else:
            db.drop_tag(name)
            if as_json:
                print(json_text({"name": name, "dropped": True}))
            else:
                note(f"{name}: dropped")
