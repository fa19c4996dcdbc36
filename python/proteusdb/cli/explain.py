"""``proteusdb explain``: how a query is answered."""

from .filters import Criteria, takes_filters
from .opening import open_database
from .options import Database, Json
from .output import json_text, show_pairs

__all__ = ["explain"]


@takes_filters
def explain(criteria: Criteria, database: Database = None, as_json: Json = False) -> None:
    """Tell how a query is answered: the way to the rows, and what is checked on each.

    Example::

        proteusdb explain --model esmfold --from 2024-01-01
    """
    with open_database(database, read_only=True) as db:
        plan = db.explain(criteria)
    if as_json:
        print(json_text(plan))
    else:
        show_pairs(plan)
