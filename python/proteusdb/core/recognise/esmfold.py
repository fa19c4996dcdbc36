"""ESMFold: `<job>.ef.pdb`, as batch scripts for it write; its Atlas: `MGYP000123456789.pdb`."""

import re
from pathlib import PurePath

from .found import Recognised, stem_of_path

__all__ = ["recognise"]

_ATLAS = re.compile(r"MGYP\d{12}")


def recognise(path: PurePath) -> Recognised | None:
    """A structure of ESMFold."""
    stem = stem_of_path(path)
    if stem.lower().endswith(".ef") and len(stem) > 3:
        return Recognised("ESMFold", job=stem[:-3])
    return Recognised("ESMFold", job=stem) if _ATLAS.fullmatch(stem) else None
