"""Protenix: `<job>/seed_101/predictions/`.

::

    <job>_sample_0.cif                           samples of a seed, numbered from the best
    <job>_summary_confidence_sample_0.json       pTM, ipTM, ranking score, scores of chains
    <job>_full_data_sample_0.json                PAE, PDE, contacts, pLDDT of atoms on 0-1, where they were asked for
"""

import re
from pathlib import PurePath
from typing import Any

from .found import Beside, Companion, Recognised, Tool, number, recognised, stem_of_path
from .readers import only_document, scores
from .scores import VALUES, Scores

__all__ = ["TOOL"]

_NAME = re.compile(r"(?P<job>.+?)(?:_seed_(?P<seed>\d+))?_sample_(?P<sample>\d{1,6})")
_SEED = re.compile(r"seed_(\d+)")


def recognise(path: PurePath, beside: Beside) -> Recognised | None:
    """A structure of Protenix."""
    found = _NAME.fullmatch(stem_of_path(path))
    if found is None:
        return None
    folder = _SEED.fullmatch(path.parent.parent.name) if path.parent.name == "predictions" else None
    prefix = stem_of_path(path).removesuffix(f"_sample_{found['sample']}")
    if folder is None and not beside(f"{prefix}_summary_confidence_sample_{found['sample']}.json"):
        return None
    told = recognised("Protenix", found, seed=number(found["seed"] or (folder[1] if folder else None)))
    return Recognised(told.model, told.job, told.seed, told.sample, texts={"prefix": prefix, "sample": found["sample"]})


def _summary(document: Any, into: Scores, told: Recognised) -> None:
    # Its "plddt" is the mean, a single number; the arrays are in the other file.
    into.take(only_document(document), values=VALUES)


TOOL = Tool(
    "Protenix",
    recognise,
    (
        Companion("{prefix}_full_data_sample_{sample}.json", scores),
        Companion("{prefix}_summary_confidence_sample_{sample}.json", _summary),
    ),
)
