"""OpenFold3.

::

    <job>/seed_42/<job>_seed_42_sample_1_model.cif
    <job>/seed_42/<job>_seed_42_sample_1_confidences.json (or .npz)      pLDDT of atoms, PDE, PAE
    <job>/seed_42/<job>_seed_42_sample_1_confidences_aggregated.json     averages; pTM and ipTM where they were asked
    for
"""

import re
from pathlib import PurePath
from typing import Any

from .found import Beside, Companion, Recognised, Tool, recognised, stem_of_path
from .readers import only_document, scores
from .scores import Scores

__all__ = ["TOOL"]

_NAME = re.compile(r"(?P<job>.+)_seed_(?P<seed>\d+)_sample_(?P<sample>\d+)_model")


def recognise(path: PurePath, beside: Beside) -> Recognised | None:
    """A structure of OpenFold3."""
    found = _NAME.fullmatch(stem_of_path(path))
    return None if found is None else recognised("OpenFold3", found)


def _confidences(document: Any, into: Scores, told: Recognised) -> None:
    into.take(only_document(document), {"plddt": "plddt_atom"})


_SAMPLE = "{job}_seed_{seed}_sample_{sample}"

TOOL = Tool(
    "OpenFold3",
    recognise,
    (
        Companion(_SAMPLE + "_confidences.json", _confidences),
        Companion(_SAMPLE + "_confidences.npz", _confidences),
        Companion(_SAMPLE + "_confidences_aggregated.json", scores),
    ),
)
