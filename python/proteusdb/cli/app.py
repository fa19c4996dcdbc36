"""The commands, as a list. Each is a function in a file of its own name."""

import inspect
from typing import Annotated

import typer

from .. import __version__
from .best import best
from .count import count
from .delete import delete
from .explain import explain
from .get import get
from .history import history
from .load import load
from .query import query
from .stats import stats
from .update import update
from .verify import verify

__all__ = ["app"]

COMMANDS = (load, get, query, count, explain, best, update, delete, history, stats, verify)

app = typer.Typer(
    name="proteusdb",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
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


def _register() -> None:
    """A docstring's first part is the help; what follows ``Example`` stands at the end of it."""
    for command in COMMANDS:
        text, _, example = (inspect.getdoc(command) or "").partition("\nExample::")
        epilog = f"[bold]Example:[/bold]  {' '.join(example.split())}"
        app.command(command.__name__, help=text.strip(), epilog=epilog)(command)


_register()
