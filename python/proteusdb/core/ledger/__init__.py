"""Ledgers: many workers share one list of what is to be predicted, and nothing is done twice.

::

    book.py      Ledger, what users hold
    adding.py    tasks into it         claiming.py   tasks out of it
    pages.py     how they are kept     stored.py     what is predicted already
    clock.py     when a lease is over  task.py       what a task is

A ledger is a few notes (`Backend.notes`) that are read, changed and exchanged as a whole, so it is the same on every
back end, and a worker that is killed at any moment leaves it as it was before or after a step.
"""

from .adding import Added
from .book import Ledger
from .status import LedgerStatus
from .task import Failure, Task, Wanted

__all__ = ["Added", "Failure", "Ledger", "LedgerStatus", "Task", "Wanted"]
