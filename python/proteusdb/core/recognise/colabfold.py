"""ColabFold.

::

    <job>_unrelaxed_rank_001_alphafold2_ptm_model_4_seed_000.pdb    since version 1.5
    <job>_scores_rank_001_alphafold2_ptm_model_4_seed_000.json      pLDDT, PAE, pTM, ipTM; of both relaxed and unrelaxed
    <job>_relaxed_rank_1_model_4.pdb                                before
    <job>_unrelaxed_rank_1_model_4_scores.json
    <job>_predicted_aligned_error_v1.json                           the PAE of rank 1 again, for the AlphaFold DB viewer
    config.json                                                     settings of the run
    <job>_env/templates_101/1abc.cif                                inputs, not loaded

The sample is the number of the parameter set (1-5), which with the seed tells the predictions of a job apart. `.r3` is
the structure after recycle 3; scores are of the last.
"""

import re
from pathlib import PurePath
from typing import Any

from .found import Beside, Companion, Recognised, Tool, number, recognised, stem_of_path
from .readers import aligned_error, only_document, scores
from .scores import Scores

__all__ = ["TOOL"]

_NAME = re.compile(
    r"(?P<job>.+)_(?P<relaxed>un)?relaxed_"
    r"(?P<tag>rank_(?P<rank>\d{1,6})_(?:(?P<network>[A-Za-z]\w*?)_)?model_(?P<sample>\d)(?:_seed_(?P<seed>\d+))?)"
    r"(?:\.r(?P<recycle>\d{1,4}))?"
)


def recognise(path: PurePath, beside: Beside) -> Recognised | None:
    """A structure of ColabFold."""
    found = _NAME.fullmatch(stem_of_path(path))
    if found is None:
        return None
    details: dict[str, Any] = {"relaxed": found["relaxed"] is None}
    if found["recycle"] is not None:
        details["recycle"] = number(found["recycle"])
    return recognised(found["network"] or "ColabFold", found, details=details)


def _final(told: Recognised) -> bool:
    return "recycle" not in told.details


def _best(told: Recognised) -> bool:
    return _final(told) and told.rank == 1


def _settings(document: Any, into: Scores, told: Recognised) -> None:
    version = only_document(document).get("version")
    if isinstance(version, str):
        into.source["predictor_version"] = version


TOOL = Tool(
    "ColabFold",
    recognise,
    (
        Companion("{job}_scores_{tag}.json", scores, _final),
        Companion("{job}_unrelaxed_{tag}_scores.json", scores, _final),
        Companion("{job}_relaxed_{tag}_scores.json", scores, _final),
        Companion("{job}_predicted_aligned_error_v1.json", aligned_error, _best),
        Companion("config.json", _settings),
    ),
    inputs=re.compile(r"templates_\d+/.*"),
)
