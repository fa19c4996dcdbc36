"""Predictions of array jobs on a shared file system, on their way to a database.

::

    spool.py    Spool(directory).store_prediction(...)   one archive a call: written aside, synced, renamed; no lock
    merge.py    load_files(directory)                    archive -> verified -> what is not stored yet

An archive is a container of records as `keeping` writes them, described in ARCHIVE.md. It is never changed after it has
its name, so any number of hosts write into one folder, and who reads sees whole archives only.
"""
