"""AlphaFold 3, and what writes its files: AlphaPulldown, RoseTTAFold3.

::

    fold_<job>_model_0.cif                                  the server; the number is the rank
    fold_<job>_full_data_0.json                             PAE, contacts, pLDDT of atoms, the tokens
    fold_<job>_summary_confidences_0.json                   pTM, ipTM, ranking score ...
    fold_<job>_job_request.json                             the seed
    templates/fold_<job>_template_hit_0_chains_a.cif        an input, not loaded

    <job>/seed-1_sample-0/<job>_seed-1_sample-0_model.cif   version 3.0.1; beside it ..._confidences.json and
                                                            ..._summary_confidences.json
    <job>/seed-1_sample-0/model.cif                         version 3.0.0; beside it confidences.json ...
    <job>/<job>_model.cif                                   a copy of the best, with its own copies of the scores
    <job>/<job>_ranking_scores.csv, <job>/ranking_scores.csv
"""

import re
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from .found import Beside, Companion, Recognised, Tool, number, recognised, stem_of_path
from .readers import scores
from .scores import Scores

__all__ = ["TOOL"]

_SERVER = re.compile(r"(?P<job>.+)_model_(?P<rank>\d{1,6})")
_LOCAL = re.compile(r"(?P<job>.+)_(?P<run>seed-(?P<seed>\d+)_sample-(?P<sample>\d+))_model")
_FOLDER = re.compile(r"seed-(?P<seed>\d+)_sample-(?P<sample>\d+)")
_BEST = re.compile(r"(?P<job>.+)_model")


def recognise(path: PurePath, beside: Beside) -> Recognised | None:
    """A structure of AlphaFold 3."""
    stem = stem_of_path(path)
    local = _LOCAL.fullmatch(stem)
    if local is not None:
        return recognised("AlphaFold3", local)
    folder = _FOLDER.fullmatch(path.parent.name)
    if folder is not None and stem == "model":
        return recognised("AlphaFold3", folder, job=path.parent.parent.name or None)
    return _server(stem, beside) or _best(stem, beside)


def _server(stem: str, beside: Beside) -> Recognised | None:
    found = _SERVER.fullmatch(stem)
    if found is None:
        return None
    job, rank = found["job"], found["rank"]
    summary = beside(f"{job}_summary_confidences_{rank}.json") or beside(f"{job}_full_data_{rank}.json")
    if not (summary or (job.startswith("fold_") and len(rank) == 1)):
        return None
    return recognised("AlphaFold3", found, job=job.removeprefix("fold_"))


def _best(stem: str, beside: Beside) -> Recognised | None:
    found = _BEST.fullmatch(stem)
    if found is None or not beside(f"{found['job']}_summary_confidences.json"):
        return None
    return recognised("AlphaFold3", found)


def _request(document: Any, into: Scores, told: Recognised) -> None:
    requests = document if isinstance(document, list) else [document]
    first = requests[0] if requests and isinstance(requests[0], Mapping) else {}
    seeds = [str(seed) for seed in first.get("modelSeeds", ())]
    if len(seeds) == 1 and seeds[0].isdigit():
        into.seed = number(seeds[0])


def _ranking(document: Any, into: Scores, told: Recognised) -> None:
    for row in document:
        if (number(row.get("seed")), number(row.get("sample"))) == (told.seed, told.sample):
            into.value("ranking_score", float(row["ranking_score"]))


def _copies(told: Recognised) -> tuple[str, ...]:
    sample = "sample" in told.texts or "rank" in told.texts
    return () if sample else ("seed-*_sample-*/model", "seed-*_sample-*/*_model")


def _in_folder(told: Recognised) -> bool:
    return "sample" in told.texts and "run" not in told.texts


def _is_sample(told: Recognised) -> bool:
    return "sample" in told.texts


def _is_best(told: Recognised) -> bool:
    return not told.texts.keys() & {"rank", "sample"}


TOOL = Tool(
    "AlphaFold3",
    recognise,
    (
        Companion("{job}_full_data_{rank}.json", scores),
        Companion("{job}_summary_confidences_{rank}.json", scores),
        Companion("{job}_job_request.json", _request),
        Companion("{job}_{run}_confidences.json", scores),
        Companion("{job}_{run}_summary_confidences.json", scores),
        Companion("confidences.json", scores, _in_folder),
        Companion("summary_confidences.json", scores, _in_folder),
        Companion("{job}_confidences.json", scores, _is_best),
        Companion("{job}_summary_confidences.json", scores, _is_best),
        Companion("../{job}_ranking_scores.csv", _ranking, _is_sample),
        Companion("../ranking_scores.csv", _ranking, _is_sample),
    ),
    copies=_BEST,
    inputs=re.compile(r".*_template_hit_\d+_chains_\w+\.\w+"),
    copies_of=_copies,
)
