"""ESMFold: `<job>.ef.pdb`, as batch scripts for it write; its Atlas: `MGYP000123456789.pdb`.

Some versions print pLDDT on 0-1 and some on 0-100, which the numbers tell.
"""

import re
from pathlib import PurePath

from .found import Beside, Recognised, Tool, stem_of_path

__all__ = ["TOOL"]

_ATLAS = re.compile(r"MGYP\d{12}")


def recognise(path: PurePath, beside: Beside) -> Recognised | None:
    """A structure of ESMFold."""
    stem = stem_of_path(path)
    if stem.lower().endswith(".ef") and len(stem) > 3:
        return Recognised("ESMFold", job=stem[:-3])
    return Recognised("ESMFold", job=stem) if _ATLAS.fullmatch(stem) else None


TOOL = Tool("ESMFold", recognise)
