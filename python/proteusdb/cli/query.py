"""``proteusdb query``: the predictions that match, with the fields people ask for first."""

import sys
from typing import Annotated

import typer

from ..core.query import QueryResult
from .filters import Criteria, takes_filters
from .opening import open_database
from .options import Database, Json
from .output import SCREEN_ROWS, json_line, note, show_rows
from .record import COLUMNS, described, row

__all__ = ["query"]


@takes_filters
def query(
    criteria: Criteria,
    database: Database = None,
    only_ids: Annotated[bool, typer.Option("--ids", help="Only the ids, one a line.", show_default=False)] = False,
    as_json: Json = False,
) -> None:
    """List the predictions that match all filters; with --json one object a line.

    On a terminal the first 50 are shown unless --limit says otherwise; a pipe gets all, tab-separated.

    Example::

        proteusdb query --pattern 'MLS*' --confidence 0.8 --order-by -confidence --limit 10
    """
    with open_database(database, read_only=True) as db:
        result = db.query_predictions(criteria)
        if only_ids:
            for prediction_id in result.ids:
                print(json_line(prediction_id) if as_json else prediction_id)
        elif as_json:
            for prediction in result:
                print(json_line(described(prediction)))
        else:
            _show(result, limited="limit" in criteria)


def _show(result: QueryResult, limited: bool) -> None:
    shown = show_rows(COLUMNS, map(row, result), limit=None if limited else SCREEN_ROWS)
    if sys.stdout.isatty() and shown < len(result):
        note(f"{shown:,} of {len(result):,} shown; --limit N shows more, --json all")
