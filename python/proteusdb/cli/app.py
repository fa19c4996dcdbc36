"""The commands, as a list. Each is a function in a file of its own name."""

import inspect
from collections.abc import Callable
from typing import Annotated

import typer
from rich.markup import escape

from .. import __version__
from .backup import backup
from .bench import bench
from .best import best
from .cleanup import cleanup
from .compact import compact
from .copy import copy
from .count import count
from .delete import delete
from .diff import diff
from .doctor import doctor
from .exits import interruptible
from .explain import explain
from .export import export
from .get import get
from .history import history
from .index import index
from .ledger import ledger
from .load import load
from .metrics import metrics
from .migrate import migrate
from .publish import publish
from .query import query
from .quota import quota
from .report import report
from .restore import restore
from .salvage import salvage
from .schema import schema
from .stats import stats
from .tag import tag
from .update import update
from .verify import verify

__all__ = ["COMMANDS", "app", "examples_of"]

COMMANDS = (
    *(load, get, query, count, explain, best, update, delete, history, diff, tag, cleanup, index, copy, export, stats),
    *(report, ledger, metrics, backup, restore, publish, verify, salvage, doctor, compact, migrate, quota, schema),
    bench,
)

_EPILOG = "\n\n".join(
    (
        "[bold]Example:[/bold]",
        "proteusdb load predictions/ --ids stem",
        "proteusdb query --pattern 'M*' --confidence 0.8 --json",
        "The database is what --db names, else PROTEUSDB_URL, else proteus.db in this folder.",
        "Exit codes: 0, 1 after an error, 2 for a wrong command line, 130 after Ctrl-C.",
    )
)

app = typer.Typer(
    name="proteusdb",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=_EPILOG,
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"proteusdb {__version__}")
        raise typer.Exit


@app.callback()
def _proteusdb(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """The database for protein structure predictions."""


def examples_of(command: Callable[..., None]) -> list[str]:
    """The lines below ``Example::`` in a command's docstring."""
    lines = (inspect.getdoc(command) or "").partition("\nExample::")[2].splitlines()
    return [line.strip() for line in lines if line.strip()]


def _register() -> None:
    """A docstring's first part is the help; the examples stand at the end of it, one a line."""
    for command in COMMANDS:
        text = (inspect.getdoc(command) or "").partition("\nExample::")[0]
        epilog = "\n\n".join(["[bold]Example:[/bold]", *map(escape, examples_of(command))])
        app.command(command.__name__, help=text.strip(), epilog=epilog)(interruptible(command))


_register()
