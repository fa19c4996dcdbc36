"""OpenFold3: `<job>/seed_42/<job>_seed_42_sample_1_model.cif`."""

import re
from pathlib import PurePath

from .found import Recognised, number, stem_of_path

__all__ = ["recognise"]

_NAME = re.compile(r"(?P<job>.+)_seed_(?P<seed>\d+)_sample_(?P<sample>\d+)_model")


def recognise(path: PurePath) -> Recognised | None:
    """A structure of OpenFold3."""
    found = _NAME.fullmatch(stem_of_path(path))
    if found is None:
        return None
    return Recognised("OpenFold3", job=found["job"], seed=number(found["seed"]), sample=number(found["sample"]))
