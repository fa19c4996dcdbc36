"""The SQLite back end: one file that every tool for SQLite opens.

::

    schema       the tables and their indexes
    connections  a pool of connections, one a call
    tables       the reads of one transaction
    writes       what one commit writes
    backend      opening, closing, caring for the file
"""

from .backend import SqliteBackend

__all__ = ["SqliteBackend"]
