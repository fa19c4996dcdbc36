"""OpenFold: `<job>_model_1_ptm_unrelaxed.pdb`, `<job>_model_1_ptm_relaxed.pdb`, in a folder with `timings.json`.

Its scores are in a pickle, `<job>_model_1_ptm_output_dict.pkl`, which is never opened.
"""

import re
from pathlib import PurePath

from .found import Beside, Companion, Recognised, Tool, recognised, stem_of_path

__all__ = ["TOOL"]

_NAME = re.compile(r"(?P<job>.+)_model_(?P<sample>\d)(?P<network>(?:_ptm|_multimer_v\d)?)_(?P<relaxed>un)?relaxed")


def recognise(path: PurePath, beside: Beside) -> Recognised | None:
    """A structure of OpenFold."""
    found = _NAME.fullmatch(stem_of_path(path))
    if found is None:
        return None
    return recognised("OpenFold", found, details={"relaxed": found["relaxed"] is None})


TOOL = Tool("OpenFold", recognise, (Companion("timings.json"),))
