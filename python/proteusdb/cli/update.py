"""``proteusdb update ID``: new values for some fields of a prediction, as its next version."""

import json
from typing import Annotated, Any

import typer

from .opening import open_database
from .options import Database, Json, PredictionId
from .output import json_text
from .piping import PIPE, standard_text

__all__ = ["update"]


def update(
    prediction_id: PredictionId,
    database: Database = None,
    assign: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            show_default=False,
            help="Metadata: VALUE is JSON, else text. May be given again.",
        ),
    ] = None,
    unset: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY", help="Remove from the metadata. May be given again.", show_default=False),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(
            metavar="JSON",
            help="""Any fields, e.g. '{"model": "esmfold", "rank": 1}'; - for stdin.""",
            show_default=False,
        ),
    ] = None,
    expected_version: Annotated[
        int | None, typer.Option(metavar="N", help="Refuse if this is not the version now.", show_default=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """Change fields of a prediction; the former version stays readable.

    Metadata is merged: keys that are not named stay as they are.

    Example::

        proteusdb update ID --set organism='E. coli' --set temperature=300
    """  # fmt: skip
    changes = _changes(assign or [], unset or [], data)
    with open_database(database, read_only=False) as db:
        version = db.update_prediction(prediction_id, changes, expected_version=expected_version)
    print(json_text({"prediction_id": prediction_id, "version": version}) if as_json else f"version {version}")


def _changes(assign: list[str], unset: list[str], data: str | None) -> dict[str, Any]:
    """The record's names with their new values; ``--set`` and ``--unset`` go into ``metadata``."""
    changes = {} if data is None else _object(data)
    metadata = dict(_assignment(text) for text in assign) | dict.fromkeys(unset)
    if metadata:
        changes["metadata"] = {**changes.get("metadata", {}), **metadata}
    if not changes:
        raise typer.BadParameter("nothing to change; give --set KEY=VALUE, --unset KEY or --data JSON")
    return changes


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(standard_text() if text == PIPE else text)
    except json.JSONDecodeError as error:
        raise typer.BadParameter(f"--data is not JSON: {error}") from None
    if not isinstance(value, dict) or not isinstance(value.get("metadata", {}), dict):
        raise typer.BadParameter("--data must be a JSON object, and its metadata too")
    return value


def _assignment(text: str) -> tuple[str, Any]:
    key, equals, value = text.partition("=")
    if not (key and equals):
        raise typer.BadParameter(f"--set {text!r} is not KEY=VALUE")
    try:
        return key, json.loads(value)
    except json.JSONDecodeError:
        return key, value
