"""``proteusdb history ID``: the versions of a prediction."""

from dataclasses import asdict

from .opening import open_database
from .options import Database, Json, PredictionId
from .output import json_text, show_rows

__all__ = ["history"]


def history(prediction_id: PredictionId, database: Database = None, as_json: Json = False) -> None:
    """List the versions of a prediction, with the times they were committed and what changed.

    Example::

        proteusdb history ID
    """
    with open_database(database, read_only=True) as db:
        versions = db.history(prediction_id)
    if as_json:
        print(json_text([asdict(version) for version in versions]))
    else:
        rows = ((v.version, v.updated_at, "deleted" if v.deleted else ", ".join(v.changed)) for v in versions)
        show_rows(("version", "time", "changed"), rows)
