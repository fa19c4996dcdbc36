"""Scores beside a structure of any predictor, named after it.

::

    design.pdb  design.json  design.npz  design_pae.npy  design_scores.json  design.summary_confidences.json

What follows the structure's name may be the name that some predictor gives such a file; it is then read as that
predictor's. Such files say nothing about the B-factors unless they hold a pLDDT.
"""

import re
from pathlib import PurePath
from typing import Any

import numpy as np

from .found import Beside, Companion, Recognised, Tool
from .readers import only_document
from .scores import ARRAYS, VALUES, Scores

__all__ = ["TOOL", "companion_named"]

_WORDS = "scores|score|confidence|confidences|pae|pde|plddt|predicted_aligned_error|contact_probs|ranking|metrics"
_OWN = re.compile(rf"(?:[._-](?P<word>{_WORDS}))?\.(?:json|npz|npy)", re.IGNORECASE)


def recognise(path: PurePath, beside: Beside) -> Recognised | None:
    """Nothing: these files belong to structures whose names do not tell."""
    return None


def companion_named(rest: str) -> Companion | None:
    """How the file is read whose name is that of its structure and `rest`: `_pae.npy`, `.json`."""
    found = _OWN.fullmatch(rest)
    if found is None:
        return None
    word = (found["word"] or "").lower()
    return Companion(rest, lambda document, into, told: _read(document, into, word))


def _read(document: Any, into: Scores, word: str) -> None:
    if isinstance(document, np.ndarray):
        name = word or "array"
        into.array(name, ARRAYS.get(name, name), document)
        return
    table = only_document(document)
    if not word and not table.keys() & {*ARRAYS, *VALUES}:
        # As the input of a job, which is named after it too.
        return
    into.take(table)


TOOL = Tool("any", recognise, writes_plddt=False)
