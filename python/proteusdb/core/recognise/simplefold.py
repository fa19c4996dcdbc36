"""SimpleFold: `predictions_simplefold_3B/<job>_sampled_0.cif`.

Its B-factors are a pLDDT only where that was asked for, and the name does not say; so nobody vouches for them.
"""

import re
from pathlib import PurePath

from .found import Beside, Recognised, Tool, recognised, stem_of_path

__all__ = ["TOOL"]

_NAME = re.compile(r"(?P<job>.+)_sampled_(?P<sample>\d{1,6})")
_FOLDER = re.compile(r"predictions_(?P<network>simplefold_\w[\w.]*)")


def recognise(path: PurePath, beside: Beside) -> Recognised | None:
    """A structure of SimpleFold."""
    found = _NAME.fullmatch(stem_of_path(path))
    folder = _FOLDER.fullmatch(path.parent.name)
    return None if found is None or folder is None else recognised(folder["network"], found)


TOOL = Tool("SimpleFold", recognise, writes_plddt=False)
