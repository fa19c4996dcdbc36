"""ColabFold.

::

    <job>_unrelaxed_rank_001_alphafold2_ptm_model_4_seed_000.pdb    since version 1.5
    <job>_relaxed_rank_1_model_4.pdb                                before

The sample is the number of the parameter set (1-5), which with the seed tells the predictions of a job apart.
"""

import re
from pathlib import PurePath

from .found import Recognised, number, stem_of_path

__all__ = ["recognise"]

_NAME = re.compile(
    r"(?P<job>.+)_(?P<relaxed>un)?relaxed_rank_(?P<rank>\d{1,6})_(?:(?P<network>[A-Za-z]\w*?)_)?model_(?P<set>\d)"
    r"(?:_seed_(?P<seed>\d+))?(?:\.r\d+)?"
)


def recognise(path: PurePath) -> Recognised | None:
    """A structure of ColabFold."""
    found = _NAME.fullmatch(stem_of_path(path))
    if found is None:
        return None
    return Recognised(
        found["network"] or "ColabFold",
        job=found["job"],
        seed=number(found["seed"]),
        sample=number(found["set"]),
        rank=number(found["rank"]),
        details={"relaxed": found["relaxed"] is None},
    )
