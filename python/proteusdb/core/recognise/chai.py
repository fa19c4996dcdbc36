"""Chai-1.

::

    <job>/pred.model_idx_0.cif       the number is that of the sample
    <job>/scores.model_idx_0.npz     aggregate_score, ptm, iptm, per_chain_ptm (1, chains), per_chain_pair_iptm ...

Every array of the NPZ has a leading axis of length 1, the batch, which is not kept.
"""

import re
from pathlib import PurePath
from typing import Any

from .found import Beside, Companion, Recognised, Tool, recognised, stem_of_path
from .readers import only_document
from .scores import Scores

__all__ = ["TOOL"]

_NAME = re.compile(r"pred\.(?P<tag>(?:rank_(?P<rank>\d{1,6})\.)?model_idx_(?P<sample>\d{1,6}))")


def recognise(path: PurePath, beside: Beside) -> Recognised | None:
    """A structure of Chai-1."""
    found = _NAME.fullmatch(stem_of_path(path))
    return None if found is None else recognised("Chai-1", found, job=path.parent.name or None)


def _scores(document: Any, into: Scores, told: Recognised) -> None:
    arrays = only_document(document)
    into.take({name: value[0] if value.ndim > 1 and len(value) == 1 else value for name, value in arrays.items()})


TOOL = Tool("Chai-1", recognise, (Companion("scores.{tag}.npz", _scores),))
