"""AlphaFold 3.

::

    fold_<job>_model_0.cif                                  the server; the number is the rank
    <job>/seed-1_sample-0/<job>_seed-1_sample-0_model.cif   version 3.0.1
    <job>/seed-1_sample-0/model.cif                         version 3.0.0
"""

import re
from pathlib import PurePath

from .found import Recognised, number, stem_of_path

__all__ = ["recognise"]

_SERVER = re.compile(r"fold_(?P<job>.+)_model_(?P<rank>\d)")
_LOCAL = re.compile(r"(?P<job>.+)_seed-(?P<seed>\d+)_sample-(?P<sample>\d+)_model")
_FOLDER = re.compile(r"seed-(?P<seed>\d+)_sample-(?P<sample>\d+)")


def recognise(path: PurePath) -> Recognised | None:
    """A structure of AlphaFold 3."""
    stem = stem_of_path(path)
    server = _SERVER.fullmatch(stem)
    if server is not None:
        return Recognised("AlphaFold3", job=server["job"], rank=number(server["rank"]))
    local = _LOCAL.fullmatch(stem)
    if local is not None:
        return _sample(local, local["job"])
    folder = _FOLDER.fullmatch(path.parent.name)
    if folder is not None and stem == "model":
        return _sample(folder, path.parent.parent.name or None)
    return None


def _sample(found: re.Match[str], job: str | None) -> Recognised:
    return Recognised("AlphaFold3", job=job, seed=number(found["seed"]), sample=number(found["sample"]))
