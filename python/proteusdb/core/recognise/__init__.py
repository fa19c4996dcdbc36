"""What a file's name says about the prediction in it: one small file for each predictor.

::

    AF-P12345-F1-model_v4.cif.gz                          AlphaFold, accession P12345
    7eb38_unrelaxed_rank_001_alphafold2_ptm_model_4_seed_000.pdb
                                                          alphafold2_ptm, job 7eb38, rank 1, seed 0, sample 4
    run_seed_42_sample_1_model.cif                        OpenFold3, job run, seed 42, sample 1

A predictor's file holds `recognise(path)`, which answers None for names that are not its own. A recognised predictor
vouches that the B-factor column is a pLDDT, so a name is recognised only where it is telling enough.
"""

from pathlib import PurePath

from . import alphafold2, alphafold3, alphafold_db, boltz, chai, colabfold, esmfold, openfold3
from .found import Recognised
from .software import known_software

__all__ = ["Recognised", "known_software", "recognise"]

_PREDICTORS = (alphafold_db, colabfold, esmfold, openfold3, alphafold3, boltz, chai, alphafold2)
"""In the order of how telling their names are."""


def recognise(path: PurePath) -> Recognised | None:
    """What the first predictor that knows this name says about it."""
    return next((found for each in _PREDICTORS if (found := each.recognise(path)) is not None), None)
