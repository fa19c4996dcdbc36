"""``proteusdb load PATHS…``: what predictors left behind, into the database."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any

import typer

from ..core.report import Entry, LoadReport
from .exits import INTERRUPTED, complain
from .opening import open_database
from .options import Database, Json
from .output import json_text, note, number, show_pairs
from .piping import PIPE, standard_input
from .progress import progress_bar

__all__ = ["load"]

_NAMED = 20
"""Failed files that are named on stderr; --json names all."""


class _IdScheme(StrEnum):
    """Where ids come from."""

    uuid = "uuid"
    stem = "stem"


class _OnError(StrEnum):
    """What a file that cannot be stored does to the rest."""

    skip = "skip"
    raise_ = "raise"


class _PlddtScale(StrEnum):
    """What B-factors mean."""

    auto = "auto"
    one = "1"
    hundred = "100"
    none = "none"


_SCALES: dict[_PlddtScale, Any] = {
    _PlddtScale.auto: "auto", _PlddtScale.one: 1, _PlddtScale.hundred: 100, _PlddtScale.none: None,
}  # fmt: skip


def load(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATHS...", help="Files, folders, globs, tar and zip archives; - for stdin.", show_default=False
        ),
    ],
    database: Database = None,
    ids: Annotated[_IdScheme, typer.Option(help="Ids from the content, or the files' names.")] = _IdScheme.uuid,
    model: Annotated[
        str | None, typer.Option(metavar="NAME", help="The model that made them.", show_default=False)
    ] = None,
    workers: Annotated[
        int | None, typer.Option(metavar="N", help="Threads that read files; all cores if not given.")
    ] = None,
    on_error: Annotated[_OnError, typer.Option(help="Go on after a bad file, or stop at it.")] = _OnError.skip,
    plddt_scale: Annotated[
        _PlddtScale, typer.Option(help="The scale of pLDDT in B-factors; none: they are no pLDDT.")
    ] = _PlddtScale.auto,
    as_json: Json = False,
) -> None:
    """Load structures with their scores and arrays: files, folders and archives.

    PAE, confidences and scores that lie beside a structure are found by each predictor's naming. A file that is
    stored already is skipped, so the same command goes on where an interrupted one ended.
    Files that failed are named on stderr, and the exit code is then 1.

    Example::

        proteusdb load predictions/ --model esmfold --db proteus.db
        tar cz predictions | ssh host proteusdb load -
    """
    with open_database(database, read_only=False) as db:
        try:
            with progress_bar("loading") as progress:
                report = db.load_files(
                    [standard_input() if path == PIPE else path for path in paths],
                    ids=ids.value,
                    model=model,
                    workers=workers,
                    on_error=on_error.value,
                    plddt_scale=_SCALES[plddt_scale],
                    progress=progress,
                )
        except KeyboardInterrupt:
            complain("interrupted; what was stored is kept, and the same command goes on from there")
            raise typer.Exit(INTERRUPTED) from None
    _show(report, as_json)
    raise typer.Exit(1 if report.failed else 0)


def _show(report: LoadReport, as_json: bool) -> None:
    counts = {name: len(getattr(report, name)) for name in ("skipped", "pending", "failed", "aliases")}
    measures = {"residues": report.residues, "bytes": report.bytes, "seconds": report.seconds}
    if as_json:
        lists = {name: [entry._asdict() for entry in getattr(report, name)] for name in counts if name != "aliases"}
        told = {"stored": report.stored, "ids": report.ids, **lists, "aliases": report.aliases}
        print(json_text({**told, **measures}))
    else:
        show_pairs({"stored": report.stored, **counts, **{k: number(v) for k, v in measures.items()}})
        _tell("pending", report.pending)
    _tell("failed", report.failed)


def _tell(what: str, entries: Sequence[Entry]) -> None:
    for name, reason in entries[:_NAMED]:
        note(f"{what}: {name}: {reason}")
    if len(entries) > _NAMED:
        note(f"{what}: {len(entries) - _NAMED} more; --json names all")
