"""Back ends: each stores bytes and index columns, and declares what it can do.

::

    base.py    Backend, the protocol, and Capabilities
    lmdb.py    the embedded store of the compiled core
    shared/    what back ends that keep versions as rows have in common
    sqlite/    one SQLite file
    memory.py  the oracle of the tests
"""
