"""The steps between versions of the tables, each in a file of its own; what all engines of rows say of them.

::

    schema 1 ──histories──> 2

An engine has the statements of each step (`Tables.alter`); what a step is for, costs and would lose stands here.
"""

from . import histories
from .step import Step

__all__ = ["LATEST", "STEPS", "Step"]

STEPS: tuple[Step, ...] = (histories.STEP,)
"""In order; the first leads from 1 to 2."""
LATEST = 1 + len(STEPS)
"""The schema this program writes."""
