"""``proteusdb best``: the best prediction of each job or sequence."""

from enum import StrEnum
from typing import Annotated

import typer

from .filters import Criteria, takes_filters
from .opening import open_database
from .options import Database, Json
from .output import SCREEN_ROWS, json_line, show_rows
from .record import COLUMNS, described, row

__all__ = ["best"]


class _Group(StrEnum):
    """Of what the best is wanted."""

    job = "job"
    sequence = "sequence"


@takes_filters
def best(
    criteria: Criteria,
    database: Database = None,
    by: Annotated[
        str, typer.Option(metavar="FIELD", help="ranking_score, confidence or a path such as metadata.ptm.")
    ] = "ranking_score",
    per: Annotated[_Group, typer.Option(help="One prediction for each of these.")] = _Group.job,
    as_json: Json = False,
) -> None:
    """List the best prediction of each job or sequence; with --json one object a line.

    Example::

        proteusdb best --by confidence --per sequence --model esmfold
    """
    with open_database(database, read_only=True) as db:
        result = db.best(by=by, per=per.value, **criteria)
        if as_json:
            for prediction in result:
                print(json_line(described(prediction)))
        else:
            show_rows(COLUMNS, map(row, result), limit=None if "limit" in criteria else SCREEN_ROWS)
