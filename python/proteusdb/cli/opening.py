"""``--db`` to an open manager."""

import os

from ..core.config import DEFAULT_PATH
from ..core.database import DatabaseManager
from ..core.url import place_of

__all__ = ["embedded_file", "open_database"]


def open_database(database: str | None, *, read_only: bool) -> DatabaseManager:
    """Open what ``--db`` names.

    Parameters
    ----------
    database
        A URL, the path of a file of any back end, or ``None`` for ``PROTEUSDB_URL``, else ``proteus.db``.
    read_only
        Commands that only read pass ``True``: a mistyped path is then an error and not a new, empty database.

    Returns
    -------
    DatabaseManager
        To be used as a context manager.

    Raises
    ------
    ConnectionError
        The database cannot be opened, or, with `read_only`, is not there.
    """
    if database is not None:
        return DatabaseManager.from_url(database, read_only=read_only)
    return DatabaseManager(read_only=read_only)


def embedded_file(database: str | None) -> str | None:
    """The file of an embedded database that ``--db`` names, if it is one and there.

    Parameters
    ----------
    database
        As in `open_database`.

    Returns
    -------
    str or None
        ``None`` for other back ends, and where there is no such file.

    Raises
    ------
    ValidationError
        It is no URL of a database.
    """
    place = place_of(database or os.environ.get("PROTEUSDB_URL") or DEFAULT_PATH)
    path = place.get("database_path")
    return str(path) if place["backend"] == "lmdb" and path is not None and os.path.isfile(path) else None
