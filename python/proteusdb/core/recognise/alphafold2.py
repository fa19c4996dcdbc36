"""AlphaFold 2, AlphaPulldown with it, in a folder named after the job.

::

    relaxed_model_1_multimer_v3_pred_0.pdb        parameter set 1, multimer, prediction 0
    unrelaxed_model_4_ptm_pred_0.cif              the same as ....pdb, since version 2.3.2: one prediction
    unrelaxed_model_4.pdb
    ranked_0.pdb                                  a copy of the best of these; the rank counts from 0
    ranking_debug.json                            scores and order of all
    confidence_model_1_multimer_v3_pred_0.json    pLDDT, since version 2.3.2
    pae_model_1_multimer_v3_pred_0.json           PAE, since version 2.3.2, and of AlphaPulldown
    timings.json, relax_metrics.json              kept

The sample is the number of the parameter set (1-5); `pred` numbers its repetitions, each of another seed.
"""

import re
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from .found import Beside, Companion, Recognised, Tool, number, recognised, stem_of_path
from .readers import aligned_error, only_document, scores
from .scores import Scores

__all__ = ["TOOL"]

_RANKED = re.compile(r"ranked_(?P<rank>\d{1,6})")
_MODEL = re.compile(
    r"(?P<relaxed>un)?relaxed_"
    r"(?P<run>model_(?P<sample>\d)(?P<network>(?:_ptm|_multimer)?(?:_v\d)?)(?:_pred_(?P<pred>\d{1,6}))?)"
)


def recognise(path: PurePath, beside: Beside) -> Recognised | None:
    """A structure of AlphaFold 2."""
    stem = stem_of_path(path)
    job = path.parent.name or None
    ranked = _RANKED.fullmatch(stem)
    if ranked is not None:
        return recognised("AlphaFold2", ranked, job=job)
    model = _MODEL.fullmatch(stem)
    if model is None:
        return None
    details: dict[str, Any] = {"relaxed": model["relaxed"] is None}
    if model["pred"] is not None:
        details["prediction"] = number(model["pred"])
    return recognised(f"alphafold2{model['network']}", model, job=job, details=details)


def _ranking(document: Any, into: Scores, told: Recognised) -> None:
    """`{"plddts" or "iptm+ptm": {run: score}, "order": [run, ...]}`: the score and place of this one."""
    table = only_document(document)
    order = table.get("order")
    order = order if isinstance(order, list) else []
    run = told.texts.get("run")
    if run is None and told.rank is not None and told.rank < len(order):
        run = order[told.rank]
    if run in order:
        into.rank = order.index(run)
    for name, values in table.items():
        score = values.get(run) if isinstance(values, Mapping) and isinstance(run, str) else None
        if isinstance(score, int | float):
            into.value(name, float(score), {name: "ranking_score"} if name in ("plddts", "iptm+ptm") else {})


def _copies(told: Recognised) -> tuple[str, ...]:
    return ("relaxed_model_*", "unrelaxed_model_*") if "run" not in told.texts else ()


TOOL = Tool(
    "AlphaFold2",
    recognise,
    (
        Companion("pae_{run}.json", aligned_error),
        Companion("confidence_{run}.json", scores),
        Companion("ranking_debug.json", _ranking),
        Companion("timings.json"),
        Companion("relax_metrics.json"),
    ),
    copies=_RANKED,
    two_formats=True,
    copies_of=_copies,
)
