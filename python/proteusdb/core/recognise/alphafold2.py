"""AlphaFold 2, in a folder named after the job.

::

    ranked_0.pdb                                  the rank, from 0
    relaxed_model_1_multimer_v3_pred_0.pdb        parameter set 1, multimer, prediction 0
    unrelaxed_model_4_ptm_pred_0.cif, unrelaxed_model_4.pdb

The sample is the number of the parameter set (1-5); `pred` numbers its repetitions, each of another seed.
"""

import re
from pathlib import PurePath
from typing import Any

from .found import Recognised, number, stem_of_path

__all__ = ["recognise"]

_RANKED = re.compile(r"ranked_(?P<rank>\d{1,6})")
_MODEL = re.compile(
    r"(?P<relaxed>un)?relaxed_model_(?P<set>\d)(?P<network>(?:_ptm|_multimer)?(?:_v\d)?)(?:_pred_(?P<pred>\d{1,6}))?"
)


def recognise(path: PurePath) -> Recognised | None:
    """A structure of AlphaFold 2."""
    stem = stem_of_path(path)
    job = path.parent.name or None
    ranked = _RANKED.fullmatch(stem)
    if ranked is not None:
        return Recognised("AlphaFold2", job=job, rank=number(ranked["rank"]))
    model = _MODEL.fullmatch(stem)
    if model is None:
        return None
    details: dict[str, Any] = {"relaxed": model["relaxed"] is None}
    if model["pred"] is not None:
        details["prediction"] = number(model["pred"])
    return Recognised(f"alphafold2{model['network']}", job=job, sample=number(model["set"]), details=details)
