"""``proteusdb index``: indexes on metadata, so that a question asked often need not look at every prediction."""

from enum import StrEnum
from typing import Annotated

import typer

from .opening import open_database
from .options import Database, Json
from .output import json_text, note, show_rows

__all__ = ["index"]


class _Action(StrEnum):
    """What is to be done with an index."""

    create = "create"
    drop = "drop"
    list = "list"


def index(
    action: Annotated[_Action, typer.Argument(help="create, drop or list.", show_default=False)],
    field: Annotated[
        str | None,
        typer.Argument(
            metavar="[FIELD]",
            help="metadata.PATH, ranking_score, seed, sample or rank; list takes none.",
            show_default=False,
        ),
    ] = None,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Create, drop or list indexes; the common fields always have one.

    Example::

        proteusdb index create metadata.organism
    """
    if (field is None) != (action is _Action.list):
        raise typer.BadParameter(f"{action.value} takes {'no FIELD' if field else 'a FIELD'}", param_hint="FIELD")
    with open_database(database, read_only=action is _Action.list) as db:
        if field is None:
            _show(db.list_indexes(), as_json)
        elif action is _Action.create:
            new = db.create_index(field)
            _tell({"field": field, "created": new}, f"{field}: {'created' if new else 'was there'}", as_json)
        else:
            db.drop_index(field)
            _tell({"field": field, "dropped": True}, f"{field}: dropped", as_json)


def _show(indexes: dict[str, int], as_json: bool) -> None:
    if as_json:
        print(json_text(indexes))
    else:
        show_rows(("field", "predictions"), indexes.items())


def _tell(told: dict[str, object], text: str, as_json: bool) -> None:
    if as_json:
        print(json_text(told))
    else:
        note(text)
