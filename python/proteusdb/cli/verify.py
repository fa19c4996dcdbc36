"""``proteusdb verify``: is every stored byte what was written?"""

import typer

from .exits import complain
from .opening import open_database
from .options import Database, Json
from .output import json_text

__all__ = ["verify"]


def verify(database: Database = None, as_json: Json = False) -> None:
    """Check the whole database; faults are named on stderr, and the exit code is then 1.

    Example::

        proteusdb verify --db proteus.db
    """
    with open_database(database, read_only=True) as db:
        report = db.verify_integrity()
    if as_json:
        print(json_text({"ok": report.ok, "faults": report.faults}))
    elif report.ok:
        print("ok")
    for fault in report.faults:
        complain(fault)
    raise typer.Exit(0 if report.ok else 1)
