"""``proteusdb metrics``: how the database is doing, once or for Prometheus to scrape."""

import threading
from typing import Annotated

import typer

from .opening import open_database
from .options import Database, Json
from .output import json_text, note, show_pairs

__all__ = ["metrics"]


def metrics(
    database: Database = None,
    serve: Annotated[
        str | None,
        typer.Option(
            metavar="[HOST:]PORT",
            help="Serve the metrics to Prometheus until Ctrl-C, on this machine unless a host is given.",
            show_default=False,
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show room, growth, readers, caches and what the process takes, or serve them over HTTP.

    Counters of calls are those of this process alone; a program that has the database open serves its own with
    `proteusdb.metrics`.

    Example::

        proteusdb metrics --db proteus.db --json
    """
    address = None if serve is None else _address(serve)
    with open_database(database, read_only=True) as db:
        if address is not None:
            from ..metrics import serve as serve_metrics

            host, port = address
            server = serve_metrics(db, port, host)
            note(f"serving http://{host}:{server.server_port}/metrics; Ctrl-C ends it")
            try:
                threading.Event().wait()
            finally:
                server.shutdown()
        figures = db.metrics()
    if as_json:
        print(json_text(figures))
    else:
        show_pairs(figures)


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not port.isdecimal() or int(port) > 65535:
        raise typer.BadParameter(f"{text!r}: a port from 0 to 65535 is needed, or HOST:PORT", param_hint="--serve")
    return host.strip("[]") or "127.0.0.1", int(port)
