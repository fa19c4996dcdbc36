"""``proteusdb stats``: what is in the database, and how much room it takes."""

from .opening import open_database
from .options import Database, Json
from .output import json_text, show_pairs

__all__ = ["stats"]


def stats(database: Database = None, as_json: Json = False) -> None:
    """Show counts, sizes and where the database is.

    Example::

        proteusdb stats --db proteus.db --json
    """
    with open_database(database, read_only=True) as db:
        figures = db.stats()
    if as_json:
        print(json_text(figures))
    else:
        show_pairs(figures)
