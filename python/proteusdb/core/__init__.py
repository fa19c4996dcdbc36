"""The manager and the two roads it opens.

::

    database.py     front door: what the package exports, under the path the system was first described with
    manager.py      DatabaseManager: opens, closes, delegates
    config.py       constructor arguments, URLs and environment variables, checked
    session.py      what one open manager holds: back end, settings, the transaction of this thread
    verbs/          the manager's methods: write, read, query, models, care
    draft.py        what a caller gives          -> drafts for the core
    batch.py        many drafts                  -> transactions, bounded
    load.py discover.py identity.py recognise/   files -> drafts
    transaction.py  the buffer behind transaction()
    versions.py moments.py past.py cleanup.py    the past, its names and its limits
    rules.py growth.py                           what the store asks of writers, and how it grew
    migration.py    the schema of a store, and moving it to another
    keeping/        backups, archives, restoring, verification
    prediction.py query.py tables.py report.py   what callers get back
"""
