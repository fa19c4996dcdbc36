"""Databases for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from proteusdb import DatabaseManager

__all__ = ["memory_manager"]


def memory_manager() -> DatabaseManager:
    """An empty database in this process' memory, gone when it is closed.

    It is the oracle of the tests: every criterion has its plainest meaning here, and every query looks at every row.
    Use it to hold a back end against; for data that matter, and for many, use a file.

    Returns
    -------
    DatabaseManager

    Examples
    --------
    >>> from proteusdb.testing import memory_manager
    >>> with memory_manager() as db:
    ...     key = db.store_prediction("MKT", None, {"organism": "E. coli"})
    ...     db.query_ids(metadata={"organism": "E. coli"}) == [key]
    True
    """
    from proteusdb import DatabaseManager

    from ..backends.memory import MemoryBackend

    return DatabaseManager._on(MemoryBackend())
