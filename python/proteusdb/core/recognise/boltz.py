"""Boltz: `boltz_results_<input>/predictions/<job>/`.

::

    <job>_model_0.cif                  samples are numbered from the best
    confidence_<job>_model_0.json      pTM, ipTM, confidence_score ...
    pae_<job>_model_0.npz, pde_..., plddt_...     by token; this pLDDT is on 0-1, that in the B-factors on 0-100
    affinity_<job>.json                of the job

The structure's name alone is too plain to tell, so the folder must be named after the job, below `predictions`, or the
confidence file must lie beside.
"""

import re
from pathlib import PurePath

from .found import Beside, Companion, Recognised, Tool, recognised, stem_of_path
from .readers import scores

__all__ = ["TOOL"]

_NAME = re.compile(r"(?P<job>.+)_model_(?P<rank>\d{1,6})")


def recognise(path: PurePath, beside: Beside) -> Recognised | None:
    """A structure of Boltz."""
    stem = stem_of_path(path)
    found = _NAME.fullmatch(stem)
    if found is None:
        return None
    in_its_folder = path.parent.name == found["job"] and path.parent.parent.name == "predictions"
    return recognised("Boltz", found) if in_its_folder or beside(f"confidence_{stem}.json") else None


TOOL = Tool(
    "Boltz",
    recognise,
    (
        Companion("confidence_{job}_model_{rank}.json", scores),
        Companion("plddt_{job}_model_{rank}.npz", scores),
        Companion("pae_{job}_model_{rank}.npz", scores),
        Companion("pde_{job}_model_{rank}.npz", scores),
        Companion("affinity_{job}.json", scores),
    ),
)
