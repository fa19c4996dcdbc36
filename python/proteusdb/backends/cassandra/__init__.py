"""The Apache Cassandra back end: seven tables in a keyspace of yours, no coordinator of its own.

::

    schema       the tables, and what of a prediction is indexed
    client       statements at a consistency, repeated where that can do no harm
    opening      finding the cluster, the keyspace and its tables
    grams        prefixes and pieces of sequences, which patterns are looked up by
    questions    a question as statements, or as a walk along an order
    walk         ordered tables of many buckets, merged
    tables       the reads
    writes       what one commit writes
    unknown      commits that were not answered, and repeating them
    faults       whether all fits together, range by range
    backend      transactions, and caring for the tables
    status       the nodes, what they own and how they answer
"""

from .backend import CassandraBackend

__all__ = ["CassandraBackend"]
