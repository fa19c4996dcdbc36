"""``--db`` to an open manager."""

from ..core.database import DatabaseManager

__all__ = ["open_database"]


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
