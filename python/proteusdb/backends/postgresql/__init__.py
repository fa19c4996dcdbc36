"""The PostgreSQL back end: a schema of its own in a database of yours.

::

    schema       the tables and their indexes
    connections  a pool of connections, one a call, each call bounded in time
    tables       the reads of one transaction
    writes       what one commit writes
    backend      opening, transactions, caring for the tables
"""

from .backend import PostgresqlBackend

__all__ = ["PostgresqlBackend"]
