"""``proteusdb count``: how many predictions match."""

from .filters import Criteria, takes_filters
from .opening import open_database
from .options import Database, Json
from .output import json_text

__all__ = ["count"]


@takes_filters
def count(criteria: Criteria, database: Database = None, as_json: Json = False) -> None:
    """Count the predictions that match all filters.

    Example::

        proteusdb count --model esmfold --length 100-300
    """
    with open_database(database, read_only=True) as db:
        number = db.count(criteria)
    print(json_text({"count": number}) if as_json else number)
