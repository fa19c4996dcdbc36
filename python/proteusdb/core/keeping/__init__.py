"""What keeps a database safe: backups, archives, restoring, schemas.

::

    container.py   one tar file that proves itself: members, then a manifest with a checksum of every byte before it
    records.py     changes of a back end <-> chunks of msgpack records and blobs in a container
    backup.py      a database -> a container: its file as it is, or what changed since another backup, or an archive
    verify.py      whether everything holds together, and a database made anew where it does not
    salvage.py     what can be read of a damaged file -> a new one, page by page
    restore.py     containers -> a database, verified before anything is replaced

The bytes are described in ARCHIVE.md.
"""
