"""``proteusdb verify``: is every stored byte what was written?"""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from ..core.keeping.verify import pages
from .exits import complain
from .opening import embedded_file, open_database
from .options import Database, Json
from .output import json_text, note
from .progress import progress_bar

__all__ = ["verify"]


def verify(
    repair: Annotated[
        bool, typer.Option("--repair", help="Make anew what is derived, set aside what is damaged.", show_default=False)
    ] = False,
    backup: Annotated[
        Path | None,
        typer.Option("--backup", metavar="FILE", help="Check a backup or an archive instead.", show_default=False),
    ] = None,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Check the whole database; faults are named on stderr, and the exit code is then 1.

    Example::

        proteusdb verify --repair --db proteus.db
    """
    if backup is not None:
        _backup(backup, as_json)
        return
    with progress_bar("verifying") as progress:
        # A page that is damaged may be more than opening it bears.
        report = None if (file := embedded_file(database)) is None else pages(file, progress)
        if report is None or report.ok:
            with open_database(database, read_only=not repair) as db:
                report = db.verify_integrity(repair, progress=progress)
    if as_json:
        print(json_text({"ok": report.ok, **asdict(report)}))
    elif report.ok:
        print("ok")
    for what, why in report.quarantined:
        note(f"set aside: {what}: {why}")
    if report.kept is not None:
        note(f"the damaged file was kept: {report.kept}")
    for fault in report.faults:
        complain(fault)
    if report.damaged_pages:
        note(
            f"{len(report.damaged_pages):,} page(s) are damaged; proteusdb salvage NEW.db writes what can be read of it"
        )
    raise typer.Exit(0 if report.ok else 1)


def _backup(path: Path, as_json: bool) -> None:
    from ..core.keeping.container import Container

    with progress_bar("verifying") as progress:
        file = Container(path)
        file.verify(progress)
    if as_json:
        print(json_text({"ok": True, **file.manifest}))
    else:
        print("ok")
