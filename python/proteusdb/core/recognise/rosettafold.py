"""RoseTTAFold2NA: `models/model_00.pdb` with `models/model_00.npz` (pae, lddt, dist), in the folder of the job.

The distogram `dist` (residues, residues, 37) stays in the file, which is kept.
"""

import re
from pathlib import PurePath
from typing import Any

from .found import Beside, Companion, Recognised, Tool, recognised, stem_of_path
from .readers import only_document
from .scores import Scores

__all__ = ["TOOL"]

_NAME = re.compile(r"model_(?P<number>\d\d)")


def recognise(path: PurePath, beside: Beside) -> Recognised | None:
    """A structure of RoseTTAFold2NA."""
    found = _NAME.fullmatch(stem_of_path(path))
    if found is None or path.parent.name != "models" or not beside(f"model_{found['number']}.npz"):
        return None
    return recognised("RoseTTAFold2NA", found, job=path.parent.parent.name or None, sample=int(found["number"]))


def _predictions(document: Any, into: Scores, told: Recognised) -> None:
    into.take(only_document(document), {"dist": None})


TOOL = Tool("RoseTTAFold2NA", recognise, (Companion("model_{number}.npz", _predictions),))
