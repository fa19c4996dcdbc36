"""``proteusdb cleanup``: old versions, and predictions that are no longer wanted, out of the database."""

from dataclasses import asdict
from typing import Annotated

import typer

from .opening import open_database
from .options import Database, Json
from .output import json_text, show_pairs

__all__ = ["cleanup"]


def cleanup(
    older_than: Annotated[
        str | None,
        typer.Option(
            metavar="TIME", help="Versions superseded by then: a date, '90 days ago', a tag.", show_default=False
        ),
    ] = None,
    keep_versions: Annotated[
        int | None,
        typer.Option(metavar="N", help="Versions that are not among the newest N of theirs.", show_default=False),
    ] = None,
    min_confidence: Annotated[
        float | None, typer.Option(metavar="0-1", help="Predictions whose confidence is below.", show_default=False)
    ] = None,
    where: Annotated[
        str | None, typer.Option(metavar="EXPRESSION", help="Predictions for which this holds.", show_default=False)
    ] = None,
    max_bytes: Annotated[
        int | None,
        typer.Option(metavar="BYTES", help="The oldest predictions, until the rest fits.", show_default=False),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would go.", show_default=False)] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Even if that is everything, and analyses too.", show_default=False)
    ] = False,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Remove old versions and unwanted predictions; what tags name stays, and so does what any rule given spares.

    Example::

        proteusdb cleanup --older-than '90 days ago' --keep-versions 2 --dry-run
    """
    with open_database(database, read_only=dry_run) as db:
        report = db.cleanup(older_than, keep_versions, min_confidence, where, max_bytes, dry_run=dry_run, force=force)
    told = asdict(report)
    if as_json:
        print(json_text(told))
        return
    shown = {name: value for name, value in told.items() if name not in ("ids", "refused")}
    show_pairs(shown if report.refused is None else {**shown, "refused": report.refused})
