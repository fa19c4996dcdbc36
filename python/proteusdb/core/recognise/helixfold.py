"""HelixFold3: `<job>/<job>-pred-1-2/predicted_structure.cif` with `all_results.json`, inference 1, sample 2.

`<job>/<job>-rank1/` is a copy of the best of these.
"""

import re
from pathlib import PurePath
from typing import Any

from .found import Beside, Companion, Recognised, Tool, number, recognised, stem_of_path
from .readers import only_document
from .scores import VALUES, Scores

__all__ = ["TOOL"]

_FOLDER = re.compile(r"(?P<job>.+)-(?:pred-(?P<inference>\d{1,6})-(?P<sample>\d{1,6})|rank(?P<rank>\d{1,6}))")


def recognise(path: PurePath, beside: Beside) -> Recognised | None:
    """A structure of HelixFold3."""
    folder = _FOLDER.fullmatch(path.parent.name)
    if folder is None or stem_of_path(path) != "predicted_structure":
        return None
    inference = number(folder["inference"])
    return recognised("HelixFold3", folder, details={} if inference is None else {"inference": inference})


def _results(document: Any, into: Scores, told: Recognised) -> None:
    into.take(only_document(document), values={**VALUES, "ranking_confidence": "ranking_score"})


def _copies(told: Recognised) -> tuple[str, ...]:
    return ("../*-pred-*/predicted_structure",) if "rank" in told.texts else ()


TOOL = Tool(
    "HelixFold3",
    recognise,
    (Companion("all_results.json", _results),),
    copies=re.compile("predicted_structure"),
    copies_of=_copies,
    copied_folders="*-rank[0-9]*",
)
