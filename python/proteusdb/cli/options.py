"""Options that several commands share, each written once.

A command takes one by annotation::

    def stats(database: Database = None, as_json: Json = False) -> None: ...
"""

from typing import Annotated

import typer

__all__ = ["AsOf", "Database", "Ids", "Json", "Overwrite", "PredictionId", "Version"]

Database = Annotated[
    str | None,
    typer.Option(
        "--db",
        metavar="PATH_OR_URL",
        help="The database: a file or a URL. Without it PROTEUSDB_URL, else proteus.db in this folder.",
        show_default=False,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="JSON on stdout, for programs.", show_default=False)]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace what is there.", show_default=False)]
PredictionId = Annotated[str, typer.Argument(metavar="ID", help="The id of a prediction.", show_default=False)]
Ids = Annotated[
    list[str],
    typer.Argument(
        metavar="ID...", help="Ids of predictions; - reads them from stdin, one a line.", show_default=False
    ),
]
Version = Annotated[
    int | None,
    typer.Option("--version", metavar="N", help="This version of it; else the last.", show_default=False),
]
AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of", metavar="TIME", help="The database as it was then, e.g. 2024-03-25T12:00.", show_default=False
    ),
]
