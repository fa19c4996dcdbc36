"""From a predictor to the database: each sequence is predicted once for a model, and stored as it comes.

::

    sequences ─> stored for this model? ──yes──────────────────────────────> report.found
                        └no─> predictor, alone or in batches ─> check ─> one transaction ─> report.predicted
                                        └ raises, hangs, nonsense ─────> a row that tells why ─> report.failed

>>> from proteusdb.interfaces import ModelInterface

`model.py` is what users hold; `run.py` the road above; `calls.py` calls a predictor within a time; `results.py`,
`outputs.py` and `folders.py` understand what it hands out; `shelf.py` finds and stores.
"""

from .folders import from_folder
from .model import ModelInterface
from .outputs import from_esmfold, from_openfold
from .report import PredictReport

__all__ = ["ModelInterface", "PredictReport", "from_esmfold", "from_folder", "from_openfold"]
