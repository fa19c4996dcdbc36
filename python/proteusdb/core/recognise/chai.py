"""Chai-1: `<job>/pred.model_idx_0.cif`, where the number is that of the sample."""

import re
from pathlib import PurePath

from .found import Recognised, number, stem_of_path

__all__ = ["recognise"]

_NAME = re.compile(r"pred\.model_idx_(?P<sample>\d{1,6})")


def recognise(path: PurePath) -> Recognised | None:
    """A structure of Chai-1."""
    found = _NAME.fullmatch(stem_of_path(path))
    if found is None:
        return None
    return Recognised("Chai-1", job=path.parent.name or None, sample=number(found["sample"]))
