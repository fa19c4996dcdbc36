"""``proteusdb delete ID…``: predictions out of the database, all of them or none."""

from typing import Annotated

import typer

from .opening import open_database
from .options import Database, Ids, Json
from .output import json_text, note
from .piping import PIPE, standard_text

__all__ = ["delete"]


def delete(
    ids: Ids,
    database: Database = None,
    cascade: Annotated[bool, typer.Option("--cascade", help="Delete their analyses too.", show_default=False)] = False,
    purge: Annotated[bool, typer.Option("--purge", help="Remove their history at once.", show_default=False)] = False,
    as_json: Json = False,
) -> None:
    """Delete predictions, all of the named ones or none; history stays readable unless purged.

    Example::

        proteusdb query --ids --where 'confidence < 0.3' | proteusdb delete -
    """
    names = _named(ids)
    with open_database(database, read_only=False) as db, db.transaction():
        for name in names:
            db.delete_prediction(name, cascade=cascade, purge=purge)
    if as_json:
        print(json_text({"deleted": names}))
    else:
        note(f"{len(names):,} deleted")


def _named(ids: list[str]) -> list[str]:
    """The ids, each once; ``-`` stands for the lines of stdin."""
    lines = (name for text in ids for name in (standard_text().splitlines() if text == PIPE else [text]))
    return list(dict.fromkeys(name for name in lines if name))
