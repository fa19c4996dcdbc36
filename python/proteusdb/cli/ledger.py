"""``proteusdb ledger``: a list of what is to be predicted, that many jobs share."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from ..core.ledger import Ledger
from .opening import open_database
from .options import Database, Json
from .output import json_line, json_text, note, show_pairs, show_rows
from .piping import PIPE, standard_text

__all__ = ["ledger"]


class _Action(StrEnum):
    """What is to be done."""

    add = "add"
    claim = "claim"
    complete = "complete"
    fail = "fail"
    renew = "renew"
    release = "release"
    failures = "failures"
    status = "status"


_TAKES = {_Action.add: "SEQUENCE...", _Action.complete: "TASK...", _Action.fail: "TASK...", _Action.renew: "TASK..."}
_ONLY = {
    "--file": {_Action.add},
    "--model": {_Action.add},
    "--seed": {_Action.add},
    "--shard": {_Action.add},
    "--count": {_Action.claim},
    "--lease": {_Action.claim, _Action.renew},
    "--worker": {_Action.claim, _Action.release},
    "--reason": {_Action.fail},
    "--final": {_Action.fail},
}
"""Options that are of some actions alone."""


def ledger(
    action: Annotated[
        _Action,
        typer.Argument(
            metavar="ACTION",
            help="add, claim, complete, fail, renew, release, failures or status.",
            show_default=False,
        ),
    ],
    items: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ITEM]...",
            help="Sequences to add, or ids of tasks; - reads them from stdin, one a line, or as FASTA.",
            show_default=False,
        ),
    ] = None,
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="Which ledger.")] = "default",
    file: Annotated[
        Path | None, typer.Option("--file", metavar="FILE", help="Sequences to add, FASTA or one a line.")
    ] = None,
    model: Annotated[str | None, typer.Option("--model", metavar="NAME", help="The model to predict with.")] = None,
    seed: Annotated[
        list[int] | None, typer.Option("--seed", metavar="N", help="A seed of each sequence; may be repeated.")
    ] = None,
    shard: Annotated[
        str | None, typer.Option("--shard", metavar="I/N", help="Add only what falls to host I of N, from 0 on.")
    ] = None,
    count: Annotated[int | None, typer.Option("--count", "-n", metavar="N", help="Tasks to claim; 1.")] = None,
    lease: Annotated[str | None, typer.Option("--lease", metavar="TIME", help="How long, as 90s, 30m, 2h; 2h.")] = None,
    worker: Annotated[str | None, typer.Option("--worker", metavar="NAME", help="Who claims, or is released.")] = None,
    reason: Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Why tasks failed.")] = None,
    final: Annotated[bool, typer.Option("--final", help="Not to be tried again.", show_default=False)] = False,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Share a list of what is to be predicted, so that nothing is done twice.

    Example::

        proteusdb export - --format fasta | proteusdb ledger add - --model boltz-2 --seed 1 --seed 2
        proteusdb ledger claim -n 10 --lease 2h --json
        proteusdb ledger status
    """
    given = {"--file": file, "--model": model, "--seed": seed, "--shard": shard, "--count": count, "--lease": lease}
    _refuse(action, {**given, "--worker": worker, "--reason": reason, "--final": final or None})
    named = _items(action, items or [], file)
    with open_database(database, read_only=action in (_Action.status, _Action.failures)) as db:
        book = db.ledger(name, shard=_shard(shard))
        if action is _Action.add:
            told = asdict(book.add(named, model=model, seeds=seed or (None,)))
            _tell(told, as_json)
        elif action is _Action.claim:
            _claim(book, as_json, n=1 if count is None else count, lease=lease or "2h", worker=worker)
        elif action is _Action.release:
            _tell({"released": book.release(worker)}, as_json)
        elif action is _Action.failures:
            _failures(book, as_json)
        elif action is _Action.status:
            told = asdict(book.status())
            print(json_text(told)) if as_json else show_pairs(told)
        else:
            _tell({"changed": _each(action, book, named, lease or "2h", reason or "", final)}, as_json)


def _refuse(action: _Action, given: Mapping[str, Any]) -> None:
    for option, value in given.items():
        if value is not None and action not in _ONLY[option]:
            raise typer.BadParameter(f"{action} takes no {option}", param_hint=option)


def _items(action: _Action, items: list[str], file: Path | None) -> list[str]:
    """Sequences, or ids of tasks."""
    takes = _TAKES.get(action)
    if bool(items or file) != (takes is not None):
        raise typer.BadParameter(f"{action} takes {takes or 'no ITEM'}", param_hint="ITEM")
    texts = [standard_text() if item == PIPE else item for item in items]
    if file is not None:
        texts.append(file.read_text(encoding="utf-8", errors="replace"))
    return [each for text in texts for each in (_fasta(text) if text.lstrip().startswith(">") else text.split())]


def _fasta(text: str) -> Iterator[str]:
    """The sequences of FASTA; chains are joined by `:` in them, as elsewhere."""
    for entry in ("\n" + text.lstrip()).split("\n>")[1:]:
        yield "".join(entry.partition("\n")[2].split())


def _shard(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    i, _, n = text.partition("/")
    if not (i.isdigit() and n.isdigit()):
        raise typer.BadParameter(f"{text!r}: allowed is I/N, such as 0/4", param_hint="--shard")
    return int(i), int(n)


def _claim(book: Ledger, as_json: bool, **how: Any) -> None:
    tasks = [asdict(task) for task in book.claim(**how)]
    if as_json:
        for task in tasks:
            print(json_line(task))
    else:
        columns = ("id", "prediction_id", "model", "seed", "attempts", "until", "sequence")
        show_rows(columns, ([task[column] for column in columns] for task in tasks))


def _failures(book: Ledger, as_json: bool) -> None:
    found = [failure._asdict() for failure in book.failures()]
    if as_json:
        for failure in found:
            print(json_line(failure))
    else:
        columns = ("model", "seed", "attempts", "retry", "reason", "sequence")
        show_rows(columns, ([failure[column] for column in columns] for failure in found))


def _each(action: _Action, book: Ledger, tasks: Iterable[str], lease: str, reason: str, final: bool) -> int:
    """How many of the tasks it changed."""
    if action is _Action.renew:
        return len(book.renew(tasks, lease))
    if action is _Action.fail:
        return sum(book.fail(task, reason, retry=not final) for task in tasks)
    return sum(book.complete(task) for task in tasks)


def _tell(told: Mapping[str, int], as_json: bool) -> None:
    if as_json:
        print(json_text(told))
    else:
        note(", ".join(f"{value:,} {name}" for name, value in told.items()))
