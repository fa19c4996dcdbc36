"""Back ends: each stores bytes and index columns, and declares what it can do.

::

    base.py    Backend, the protocol, and Capabilities
    lmdb.py    the embedded store of the compiled core
    memory.py  the oracle of the tests
"""
