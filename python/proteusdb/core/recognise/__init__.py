"""What predictors leave behind, one small file for each: what a structure's name says, and which files belong to it.

::

    AF-P12345-F1-model_v4.cif.gz                          AlphaFold, accession P12345
    7eb38_unrelaxed_rank_001_alphafold2_ptm_model_4_seed_000.pdb
                                                          alphafold2_ptm, job 7eb38, rank 1, seed 0, sample 4
      7eb38_scores_rank_001_alphafold2_ptm_model_4_seed_000.json    its pLDDT, PAE and pTM
    run_seed_42_sample_1_model.cif                        OpenFold3, job run, seed 42, sample 1

How to add a tool
-----------------
1. Write `recognise/<tool>.py`, beginning with a picture of the folder it leaves. It holds one `TOOL`:
   `recognise(path, beside)` answers a `Recognised` for the names of its structures and None for others, and each
   `Companion` names a file with the texts found in the structure's name and says how it is read (`readers.scores` reads
   whatever has the usual keys).
2. Add it to `TOOLS` here, before those whose names are less telling.
3. Add a row to the tables in `tests/load/test_names.py`, and the folder it leaves to `testing/synthetic/layouts`, from
   where every test of loading takes it.

A recognised predictor vouches that the B-factor column is a pLDDT (`writes_plddt`), so a name is recognised only where
it is telling enough; where it is not, `beside` tells whether the tool's other files are there too.
"""

from pathlib import PurePath

from . import (
    alphafold2,
    alphafold3,
    alphafold_db,
    boltz,
    chai,
    colabfold,
    esmfold,
    helixfold,
    openfold,
    openfold3,
    protenix,
    rosettafold,
    simplefold,
)
from .beside import companion_named
from .found import TWIN, Beside, Companion, Recognised, Tool
from .scores import Scores
from .software import known_software

__all__ = [
    "TOOLS",
    "TWIN",
    "Companion",
    "Recognised",
    "Scores",
    "Tool",
    "known_software",
    "recognise",
    "tool_of_companion",
]

TOOLS: tuple[Tool, ...] = tuple(
    module.TOOL
    for module in (
        alphafold_db,
        colabfold,
        esmfold,
        openfold3,
        protenix,
        helixfold,
        simplefold,
        boltz,
        alphafold3,
        chai,
        alphafold2,
        openfold,
        rosettafold,
    )
)
"""In the order of how telling their names are."""

_KINDS = [(companion.pattern(), companion, tool) for tool in TOOLS for companion in tool.companions]


def recognise(path: PurePath, beside: Beside = lambda name: False) -> tuple[Tool, Recognised] | None:
    """The first tool that knows this structure's name, and what it says about it."""
    for tool in TOOLS:
        told = tool.recognise(path, beside)
        if told is not None:
            return tool, told
    return None


def tool_of_companion(rest: str, known: Tool | None) -> tuple[Companion, Tool | None] | None:
    """How a file is read whose name is that of its structure followed by `rest`.

    Parameters
    ----------
    rest : str
        `.confidences.json`, `_pae.npy`, `.job_predicted_aligned_error_v1.json`, without a suffix of compression.
    known : Tool or None
        Whose the structure is; its own names come first.

    Returns
    -------
    (Companion, Tool or None) or None
        None where no score file has such a name; no tool where it is nobody's in particular.
    """
    if rest.startswith("."):
        kinds = sorted(_KINDS, key=lambda kind: kind[2] is not known) if known is not None else _KINDS
        for pattern, companion, tool in kinds:
            if companion.read is not None and pattern.fullmatch(rest[1:]):
                return companion, tool
    named = companion_named(rest)
    return None if named is None else (named, None)
