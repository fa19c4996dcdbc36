"""The MongoDB back end: five collections in a database of yours.

::

    schema       the collections, their indexes, and what of them a reader sees
    connections  a client a process, each call bounded in time
    lease        one writer at a time
    unit         all or nothing, with the server's transactions or without
    blobs        bytes by the hash of their content, in pieces a document can hold
    questions    a question as a filter and a sort
    tables       the reads of one transaction
    writes       what one commit writes
    backend      opening, transactions, caring for the collections
"""

from .backend import MongodbBackend

__all__ = ["MongodbBackend"]
