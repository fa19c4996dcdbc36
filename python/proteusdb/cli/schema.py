"""``proteusdb schema``: what metadata must be like, for every process that writes them."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from .opening import open_database
from .options import Database, Json
from .output import json_text, show_rows

__all__ = ["schema"]


class _Action(StrEnum):
    """What is to be done with the schema."""

    define = "define"
    drop = "drop"
    show = "show"


def schema(
    action: Annotated[_Action, typer.Argument(help="define, drop or show.", show_default=False)],
    fields: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FIELD=TYPE...]",
            help="Such as metadata.organism=str, or metadata.ph='float|None'.",
            show_default=False,
        ),
    ] = None,
    required: Annotated[
        list[str] | None,
        typer.Option("--require", metavar="FIELD", help="Must be there; may be given often.", show_default=False),
    ] = None,
    no_check: Annotated[
        bool, typer.Option("--no-check", help="Even if stored predictions break it.", show_default=False)
    ] = False,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Declare the types of metadata from now on, drop what was declared, or show it.

    Example::

        proteusdb schema define metadata.organism=str
    """
    defines = action is _Action.define
    if defines != bool(fields):
        raise typer.BadParameter(
            f"{action} {'needs a FIELD=TYPE' if defines else 'takes no FIELD'}", param_hint="FIELD=TYPE"
        )
    if not defines and (required or no_check):
        raise typer.BadParameter(f"{action} takes neither --require nor --no-check", param_hint="--require")
    declared = dict(map(_field, fields or ()))
    with open_database(database, read_only=action is _Action.show) as db:
        if action is not _Action.show:
            db.define_schema(declared or None, required or (), check_existing=not no_check)
        told = db.schema()
    names = {name: _names(kind) for name, kind in told["fields"].items()}
    if as_json:
        print(json_text({"fields": names, "required": told["required"]}))
    else:
        rows = ((name, " | ".join(kinds), name in told["required"]) for name, kinds in names.items())
        show_rows(("field", "types", "required"), rows)


def _field(text: str) -> tuple[str, tuple[str, ...]]:
    name, sign, kinds = text.partition("=")
    if not sign:
        raise typer.BadParameter(f"{text!r} has no type; allowed are such as {text}=str", param_hint="FIELD=TYPE")
    return name, tuple(kind.strip() for kind in kinds.split("|"))


def _names(kind: Any) -> list[str]:
    """The types of a union, or the type alone, by name."""
    parts = getattr(kind, "__args__", None) or (kind,)
    return ["None" if part is type(None) else part.__name__ for part in parts]
