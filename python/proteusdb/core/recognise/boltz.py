"""Boltz: `boltz_results_<input>/predictions/<job>/<job>_model_0.cif`; samples are numbered from the best.

The file name alone is too plain to tell, so the folder must be named after the job, below `predictions`.
"""

import re
from pathlib import PurePath

from .found import Recognised, number, stem_of_path

__all__ = ["recognise"]

_NAME = re.compile(r"(?P<job>.+)_model_(?P<rank>\d{1,6})")


def recognise(path: PurePath) -> Recognised | None:
    """A structure of Boltz."""
    found = _NAME.fullmatch(stem_of_path(path))
    if found is None or path.parent.name != found["job"] or path.parent.parent.name != "predictions":
        return None
    return Recognised("Boltz", job=found["job"], rank=number(found["rank"]))
