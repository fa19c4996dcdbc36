"""``proteusdb doctor``: what may be wrong, each finding with its cure."""

import sys
from dataclasses import asdict
from typing import Annotated

import typer

from ..core.keeping.doctor import Finding, examine, examine_file
from .opening import embedded_file, open_database
from .options import Database, Json
from .output import json_text, show_rows
from .progress import progress_bar

__all__ = ["doctor"]


def doctor(
    quick: Annotated[
        bool, typer.Option("--quick", help="Without a verification of every record.", show_default=False)
    ] = False,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Look for what may be wrong: file system, pages, readers, waste, clock, indexes; each finding with its cure.

    Example::

        proteusdb doctor --db proteus.db
    """
    findings: list[Finding] = []
    with progress_bar("examining") as progress:
        if (path := embedded_file(database)) is not None:
            findings += examine_file(path, progress)
        # A page that is damaged may be more than opening it bears.
        if not any(found.check == "pages" and not found.ok for found in findings):
            with open_database(database, read_only=True) as db:
                findings += examine(db, deep=not quick, progress=progress)
    sound = all(found.ok for found in findings)
    if as_json:
        print(json_text({"ok": sound, "findings": [asdict(found) for found in findings]}))
    elif sys.stdout.isatty():
        # A cure is a sentence: a table would cut it.
        for found in findings:
            print(f"{'ok ' if found.ok else 'BAD'} {found.check}: {found.found}")
            if found.cure:
                print(f"    {found.cure}")
    else:
        rows = [(found.check, "ok" if found.ok else "BAD", found.found, found.cure) for found in findings]
        show_rows(("check", "state", "found", "cure"), rows)
    raise typer.Exit(0 if sound else 1)
