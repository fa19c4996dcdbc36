"""``proteusdb copy TARGET``: predictions into another database."""

from dataclasses import asdict
from typing import Annotated

import typer

from .exits import INTERRUPTED, complain
from .filters import Criteria, takes_filters
from .opening import open_database
from .options import Database, Json
from .output import json_text, number, show_pairs
from .progress import progress_bar

__all__ = ["copy"]


@takes_filters
def copy(
    target: Annotated[
        str, typer.Argument(metavar="TARGET", help="A file or URL; it is made if need be.", show_default=False)
    ],
    criteria: Criteria,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Copy predictions with all that belongs to them into another database, of any back end.

    What is there already with the same content is passed over, so the same command goes on where an interrupted one
    ended. Everything written is read back and compared.

    Example::

        proteusdb copy sqlite:good.db --confidence 0.9 --db proteus.db
    """
    with open_database(database, read_only=True) as db:
        try:
            with progress_bar("copying") as progress:
                report = db.copy_to(target, where=criteria, progress=progress)
        except KeyboardInterrupt:
            complain("interrupted; what was copied is kept, and the same command goes on from there")
            raise typer.Exit(INTERRUPTED) from None
    if as_json:
        print(json_text(asdict(report)))
    else:
        show_pairs({name: number(value) if isinstance(value, int) else value for name, value in asdict(report).items()})
