"""``proteusdb migrate``: the schema of a database, and moving it to another."""

from dataclasses import asdict
from typing import Annotated

import typer

from ..core.migration import DatabaseMigrator
from .options import Database, Json
from .output import json_text, note, show_rows

__all__ = ["migrate"]


def migrate(
    to: Annotated[
        int | None,
        typer.Option("--to", metavar="SCHEMA", help="The schema; the latest unless given.", show_default=False),
    ] = None,
    plan: Annotated[bool, typer.Option("--plan", help="Show what would be done, and do nothing.")] = False,
    history: Annotated[bool, typer.Option("--history", help="List the moves that were made.")] = False,
    allow_loss: Annotated[
        bool, typer.Option("--allow-loss", help="Go down even where something would be lost.", show_default=False)
    ] = False,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Move the database to another schema; going down makes a backup first.

    Example::

        proteusdb migrate --plan --db proteus.db
    """
    with DatabaseMigrator(database) as migrator:
        if history:
            rows = migrator.history()
            _show([asdict(row) for row in rows], ("from_version", "to_version", "at", "by", "program"), as_json)
        elif plan:
            steps = migrator.plan(to)
            _show(
                [asdict(step) for step in steps],
                ("from_version", "to_version", "description", "cost", "loses"),
                as_json,
            )
        else:
            before = migrator.current_version
            down = to is not None and to < before
            moves = migrator.downgrade_schema(to, allow_loss=allow_loss) if down else migrator.upgrade_schema(to)  # type: ignore[arg-type]
            if as_json:
                print(json_text([asdict(move) for move in moves]))
                return
            note(f"schema {before} -> {migrator.current_version}")
            for kept in {move.backup for move in moves if move.backup}:
                note(f"the backup before it: {kept}")


def _show(rows: list[dict[str, object]], columns: tuple[str, ...], as_json: bool) -> None:
    if as_json:
        print(json_text(rows))
    else:
        show_rows(columns, [[row[name] for name in columns] for row in rows])
