"""What every engine of rows does when a store is opened: make it the latest schema if it is new, refuse it if it is
another.

::

    begin(tables)            tables of schema 1 that were just made -> a store of the latest schema
    check_opened(tables)     is it one that can be opened so?
    check_written(tables)    asked anew by each writer: another process may have moved it
"""

from __future__ import annotations

from ... import __version__
from ...errors import ConnectionError, StorageError
from .tables import Changes, Tables
from .upgrades import LATEST, STEPS

__all__ = ["PROGRAM", "begin", "check_opened", "check_written"]

PROGRAM = "program"
"""The note that names the program that gave the store its schema."""


def begin(tables: Tables) -> None:
    """Takes new tables up to the latest schema; within the transaction that made them."""
    changes = Changes(tables.last_commit(), notes={PROGRAM: __version__})
    for schema, step in enumerate(STEPS, 2):
        tables.alter(schema)
        step.begin(tables, changes)
    tables.write(changes)


def check_opened(tables: Tables, where: str, *, read_only: bool, any_schema: bool) -> None:
    """Refuses what this program cannot read, or may not write.

    Raises
    ------
    ConnectionError
        The message says how to go on.
    """
    schema = tables.schema()
    if schema > LATEST:
        wrote = tables.note(PROGRAM)
        program = f"proteusdb {wrote} or later" if wrote else "the version of proteusdb that wrote it"
        raise ConnectionError(
            f"cannot open {where}: its schema is version {schema}, and this program reads up to {LATEST}; use {program}"
        )
    if schema < LATEST and not (read_only or any_schema):
        raise ConnectionError(f"cannot open {where}: {_older(schema)}; read_only=True reads it as it is")


def check_written(tables: Tables, where: str) -> None:
    """Refuses to write tables of another schema.

    Raises
    ------
    StorageError
        Another process moved it since it was opened.
    """
    schema = tables.schema()
    if schema != LATEST:
        raise StorageError(f"{where}: {_older(schema)}")


def _older(schema: int) -> str:
    return (
        f"its schema is version {schema}, and this program writes {LATEST}; DatabaseMigrator(...).upgrade_schema(), or "
        "`proteusdb migrate`, upgrades it"
    )
